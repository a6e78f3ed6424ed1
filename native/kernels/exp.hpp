// The exponential and the logarithm of a vector of doubles or floats.
#pragma once

#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// exp(x) for x <= 709. At most 1.2 ulp from the truth (tested); exactly 1 at 0; exactly 0 below -708, where the
// true value nears the end of the normal numbers.
//
// x = n ln 2 + r with |r| <= ln 2 / 2; e^r = 1 + r + r^2 q(r), where q of degree 9 interpolates
// (e^r - 1 - r) / r^2 at Chebyshev nodes of [-0.34661, 0.34661]: error of e^r below 1.3e-17.
// 18 vector operations.
GAUSSMIX_INLINE Vector<double> exp(Vector<double> x) {
  typedef Simd<double>::V V;
  typedef Simd<double>::I I;
  constexpr double log2_e = 1.4426950408889634;
  // 1.5 * 2^52: adding it rounds to a whole number, which then stands in the lowest bits.
  constexpr double magic = 6755399441055744.0;
  // ln 2 in two parts; the first has 33 bits, so that n times it is exact without fused operations too.
  constexpr double ln2_high = 6.93147180369123816490e-01;
  constexpr double ln2_low = 1.90821492927058770002e-10;

  V shifted = x * log2_e + magic;
  V n = shifted - magic;
  V r = x - n * ln2_high;
  r = r - n * ln2_low;
  V p = 0x1.af38aa3dc1703p-26 * r + 0x1.289185d3af9d2p-22;
  p = p * r + 0x1.71de0dae2883ep-19;
  p = p * r + 0x1.a019b90ccaa6cp-16;
  p = p * r + 0x1.a01a01a7c42c9p-13;
  p = p * r + 0x1.6c16c1788bf1dp-10;
  p = p * r + 0x1.11111111109b3p-7;
  p = p * r + 0x1.5555555553d63p-5;
  p = p * r + 0x1.5555555555556p-3;
  p = p * r + 0x1.0000000000001p-1;
  p = p * r + 1.0;
  p = p * r + 1.0;
  V scaled = reinterpret_cast<V>(reinterpret_cast<I>(p) + (reinterpret_cast<I>(shifted) << 52));
  return x < -708.0 ? V{} : scaled;
}

// The same for floats, x <= 88. At most 1.2 ulp from the truth (tested); exactly 1 at 0; exactly 0 below -87. q has
// degree 5: error of e^r below 2e-10. 13 vector operations.
GAUSSMIX_INLINE Vector<float> exp(Vector<float> x) {
  typedef Simd<float>::V V;
  typedef Simd<float>::I I;
  constexpr float log2_e = 1.44269504f;
  constexpr float magic = 12582912.0f;  // 1.5 * 2^23
  // ln 2 in two parts; the first has 9 bits, so that n times it is exact without fused operations too.
  constexpr float ln2_high = 0.693359375f;
  constexpr float ln2_low = -2.12194440e-4f;

  V shifted = x * log2_e + magic;
  V n = shifted - magic;
  V r = x - n * ln2_high;
  r = r - n * ln2_low;
  V p = 0x1.a124f2p-13f * r + 0x1.6d4326p-10f;
  p = p * r + 0x1.1110ep-7f;
  p = p * r + 0x1.5554eap-5f;
  p = p * r + 0x1.555556p-3f;
  p = p * r + 0x1.0p-1f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  V scaled = reinterpret_cast<V>(reinterpret_cast<I>(p) + (reinterpret_cast<I>(shifted) << 23));
  return x < -87.0f ? V{} : scaled;
}

// log(x) for 0.75 <= x < 2^1000, which a sum of exponentials is whose largest is 1. At most 1 ulp (tested);
// exactly 0 at 1.
//
// x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); then with s = f / (2 + f)
// log(1 + f) = 2 atanh s, by the polynomial of Sun's fdlibm (e_log.c).
GAUSSMIX_INLINE Vector<double> log(Vector<double> x) {
  typedef Simd<double>::V V;
  typedef Simd<double>::I I;
  constexpr uint64_t sqrt_half = 0x3fe6a09e667f3bcdULL;
  constexpr uint64_t two_52 = 0x4330000000000000ULL;
  constexpr double ln2_high = 6.93147180369123816490e-01;
  constexpr double ln2_low = 1.90821492927058770002e-10;

  I bits = reinterpret_cast<I>(x);
  I exponent = (bits - sqrt_half) >> 52;  // never negative: x >= 0.75
  V f = reinterpret_cast<V>(bits - (exponent << 52)) - 1.0;
  V e = reinterpret_cast<V>(exponent | two_52) - 4503599627370496.0;
  V s = f / (f + 2.0);
  V z = s * s;
  V r = z * 1.479819860511658591e-01 + 1.531383769920937332e-01;
  r = r * z + 1.818357216161805012e-01;
  r = r * z + 2.222219843214978396e-01;
  r = r * z + 2.857142874366239149e-01;
  r = r * z + 3.999999999940941908e-01;
  r = r * z + 6.666666666666735130e-01;
  r = r * z;
  V half_square = 0.5 * f * f;
  return e * ln2_high - ((half_square - (s * (half_square + r) + e * ln2_low)) - f);
}

// The same for floats, x < 2^120. At most 1.2 ulp (tested); exactly 0 at 1.
//
// log(1 + f) = f - f^2 / 2 + f^3 q(f) by the polynomial of Moshier's Cephes (logf.c).
GAUSSMIX_INLINE Vector<float> log(Vector<float> x) {
  typedef Simd<float>::V V;
  typedef Simd<float>::I I;
  constexpr uint32_t sqrt_half = 0x3f3504f3u;
  constexpr uint32_t two_23 = 0x4b000000u;
  constexpr float ln2_high = 0.693359375f;
  constexpr float ln2_low = -2.12194440e-4f;

  I bits = reinterpret_cast<I>(x);
  I exponent = (bits - sqrt_half) >> 23;  // never negative: x >= 0.75
  V f = reinterpret_cast<V>(bits - (exponent << 23)) - 1.0f;
  V e = reinterpret_cast<V>(exponent | two_23) - 8388608.0f;
  V z = f * f;
  V q = 7.0376836292e-2f * f - 1.1514610310e-1f;
  q = q * f + 1.1676998740e-1f;
  q = q * f - 1.2420140846e-1f;
  q = q * f + 1.4249322787e-1f;
  q = q * f - 1.6668057665e-1f;
  q = q * f + 2.0000714765e-1f;
  q = q * f - 2.4999993993e-1f;
  q = q * f + 3.3333331174e-1f;
  V y = f * z * q + e * ln2_low;
  return e * ln2_high + (f + (y - 0.5f * z));
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
