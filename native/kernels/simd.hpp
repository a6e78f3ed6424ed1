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

template <>
struct Simd<float> {
  typedef float V __attribute__((vector_size(vector_bytes)));
  typedef uint32_t I __attribute__((vector_size(vector_bytes)));
  typedef float Unaligned __attribute__((vector_size(vector_bytes), aligned(4), may_alias));
  typedef float Half __attribute__((vector_size(vector_bytes / 2)));  // as many as a vector has doubles
  static constexpr int width = vector_bytes / 4;
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

GAUSSMIX_INLINE unsigned bits_greater(Vector<float> a, Vector<float> b) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), _CMP_GT_OQ);
#elif defined(__AVX__)
  return static_cast<unsigned>(_mm256_movemask_ps(reinterpret_cast<__m256>(a > b)));
#elif defined(__SSE2__)
  return static_cast<unsigned>(_mm_movemask_ps(reinterpret_cast<__m128>(a > b)));
#else
  auto greater = a > b;
  unsigned bits = 0;
  for (int lane = 0; lane < Simd<float>::width; ++lane) bits |= unsigned(greater[lane] & 1) << lane;
  return bits;
#endif
}

// The first and the second half of a vector of floats, as doubles; and back, rounded.
GAUSSMIX_INLINE void widen(Vector<float> v, Vector<double>& first, Vector<double>& second) {
  Simd<float>::Half half[2];
  __builtin_memcpy(half, &v, sizeof v);
  first = __builtin_convertvector(half[0], Vector<double>);
  second = __builtin_convertvector(half[1], Vector<double>);
}

GAUSSMIX_INLINE Vector<float> narrow(Vector<double> first, Vector<double> second) {
  const Simd<float>::Half half[2] = {__builtin_convertvector(first, Simd<float>::Half),
                                     __builtin_convertvector(second, Simd<float>::Half)};
  Vector<float> v;
  __builtin_memcpy(&v, half, sizeof v);
  return v;
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

// f(Const<n>) for that n of begin ... end - 1 which a number of run time is. False if it is none of them.
template <int begin, int end, class F>
GAUSSMIX_INLINE bool with_const(ptrdiff_t number, F&& f) {
  if constexpr (begin < end) {
    if (number != begin) return with_const<begin + 1, end>(number, static_cast<F&&>(f));
    f(Const<begin>{});
    return true;
  }
  return false;
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

// 14 bits and one step of Newton's method, which gives twice as many.
GAUSSMIX_INLINE Vector<float> square_root(Vector<float> x) {
#if defined(__AVX512F__)
  const Vector<float> half = reinterpret_cast<Vector<float>>(_mm512_maskz_rsqrt14_ps(0xffff, reinterpret_cast<__m512>(x)));
  const Vector<float> root = x * half;
  return root + (x - root * root) * (0.5f * half);
#else
  Vector<float> root;
  for (int lane = 0; lane < Simd<float>::width; ++lane) root[lane] = __builtin_sqrtf(x[lane]);
  return root;
#endif
}

// The lanes of a vector of T, which may have been added up in another type, added from first to last.
template <class T, class E>
GAUSSMIX_INLINE E sum_lanes(const E* lanes) {
  E sum = lanes[0];
  for (int lane = 1; lane < Simd<T>::width; ++lane) sum += lanes[lane];
  return sum;
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
