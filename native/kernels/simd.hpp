// Vectors of one instruction level, in the vector extensions of GCC and Clang.
//
// Every file of this folder is compiled once for each level, into the namespace GAUSSMIX_LEVEL. Only raw
// pointers, builtins and own templates are used here: an inline std:: function would be emitted by several
// levels under one name, and the linker might keep the copy that an older processor cannot run.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#ifndef GAUSSMIX_LEVEL
#error "GAUSSMIX_LEVEL names the namespace of the instruction level"
#endif

#define GAUSSMIX_INLINE inline __attribute__((always_inline))
#define GAUSSMIX_LAMBDA __attribute__((always_inline))

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
constexpr int registers = 32;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
constexpr int registers = 16;
#elif defined(__aarch64__)
constexpr int vector_bytes = 16;
constexpr int registers = 32;
#else
constexpr int vector_bytes = 16;
constexpr int registers = 16;
#endif

template <class T>
struct Simd;

template <>
struct Simd<double> {
  typedef double V __attribute__((vector_size(vector_bytes)));
  typedef uint64_t I __attribute__((vector_size(vector_bytes)));
  // The same vector where it lies in memory: at any address, beside scalar accesses.
  typedef double Unaligned __attribute__((vector_size(vector_bytes), aligned(8), may_alias));
  static constexpr int width = vector_bytes / 8;
};

template <class T>
using Vector = typename Simd<T>::V;

template <class T>
GAUSSMIX_INLINE Vector<T> load(const T* p) {
  return *reinterpret_cast<const typename Simd<T>::Unaligned*>(p);
}

template <class T>
GAUSSMIX_INLINE void store(T* p, Vector<T> v) {
  *reinterpret_cast<typename Simd<T>::Unaligned*>(p) = v;
}

// x - 0 is x for every x (x + 0 is not, for -0), so the compiler makes a plain broadcast of it.
template <class T>
GAUSSMIX_INLINE Vector<T> broadcast(T x) {
  return x - Vector<T>{};
}

template <class V>
GAUSSMIX_INLINE V smaller(V a, V b) {
  return a < b ? a : b;  // b where a is not a number
}

template <class V>
GAUSSMIX_INLINE V larger(V a, V b) {
  return a > b ? a : b;  // b where a is not a number
}

// One bit for each lane in which a > b.
GAUSSMIX_INLINE unsigned bits_greater(Vector<double> a, Vector<double> b) {
#if defined(__AVX512F__)
  return _mm512_cmp_pd_mask(reinterpret_cast<__m512d>(a), reinterpret_cast<__m512d>(b), _CMP_GT_OQ);
#elif defined(__AVX__)
  return static_cast<unsigned>(_mm256_movemask_pd(reinterpret_cast<__m256d>(a > b)));
#elif defined(__SSE2__)
  return static_cast<unsigned>(_mm_movemask_pd(reinterpret_cast<__m128d>(a > b)));
#else
  auto greater = a > b;
  unsigned bits = 0;
  for (int lane = 0; lane < Simd<double>::width; ++lane) bits |= unsigned(greater[lane] & 1) << lane;
  return bits;
#endif
}

// A number known at compile time, handed to the body of an unrolled loop.
template <int I>
struct Const {
  static constexpr int value = I;
  constexpr operator int() const { return I; }
};

// f(Const<begin>), f(Const<begin + 1>), ... : a loop that is certainly unrolled, so that an array of vectors
// indexed by its counter lives in registers.
template <int begin, int end, class F>
GAUSSMIX_INLINE void unroll(F&& f) {
  if constexpr (begin < end) {
    f(Const<begin>{});
    unroll<begin + 1, end>(static_cast<F&&>(f));
  }
}

// The root of positive numbers. One instruction for 8 lanes takes as long as some 48 multiply-adds; a first guess of
// 14 bits, two steps of Newton's method for the root and half its inverse, and a last one for the root alone take a
// quarter of that.
GAUSSMIX_INLINE Vector<double> square_root(Vector<double> x) {
#if defined(__AVX512F__)
  Vector<double> half = reinterpret_cast<Vector<double>>(_mm512_maskz_rsqrt14_pd(0xff, reinterpret_cast<__m512d>(x)));
  Vector<double> root = x * half;
  half = 0.5 * half;
  unroll<0, 2>([&](auto) GAUSSMIX_LAMBDA {
    const Vector<double> error = 0.5 - root * half;
    root += root * error;
    half += half * error;
  });
  return root + (x - root * root) * half;
#else
  Vector<double> root;
  for (int lane = 0; lane < Simd<double>::width; ++lane) root[lane] = __builtin_sqrt(x[lane]);
  return root;
#endif
}

// The lanes added from first to last.
template <class T>
GAUSSMIX_INLINE T sum_lanes(const T* lanes) {
  T sum = lanes[0];
  for (int lane = 1; lane < Simd<T>::width; ++lane) sum += lanes[lane];
  return sum;
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
