// Blocks of a scatter whose sums stay in registers: a broadcast feature times vectors of features.
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"
#include "working_sum.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Vectors in a group of features, whatever their type.
constexpr int group_vectors = 64 / vector_bytes;
// Column groups whose sums are in registers at once, and feature rows beside them: 8 x 3 vectors of 32 registers;
// or 4 x 2 (one group of two vectors), or 2 x 4, of 16.
constexpr int block_groups = group_vectors == 1 ? 3 : 1;
constexpr int block_rows = registers >= 32 ? (group_vectors == 1 ? 8 : 4) : 8 / group_vectors;
// Where a group is one vector, the triangle of two groups (8 + 2 x 8 vectors) is gathered at once: a block on the
// diagonal of its own would have 9 loads for 8 multiply-adds.
// Groups of 16 floats have no room for one.
template <class T>
constexpr bool block_triangle = group_vectors == 1 && group_features<T> == 8;

// I rows of features times G groups: sums[g] (I, group) += feature[:, I]^T columns[g].
// I * G groups of multiply-adds a row, I features and G groups a row from the first- or second-level cache.
template <class T, int I, int G>
inline void scatter_block(ptrdiff_t rows, const T* feature, const T* columns, ptrdiff_t group_stride,
                          double* const* sums) {
  constexpr int w = Simd<T>::width, v = int(group_features<T>) / w;
  Vector<T> sum[I][G * v];
  unroll<0, I>([&](auto i) GAUSSMIX_LAMBDA {
    unroll<0, G * v>([&](auto j) GAUSSMIX_LAMBDA { sum[i][j] = begin_sum<T>(sums[j / v] + i * group_features<T> + j % v * w); });
  });
#pragma GCC unroll 4  // counters and branches cost as much as a broadcast
  for (ptrdiff_t r = 0; r < rows; ++r, feature += group_features<T>, columns += group_features<T>) {
    Vector<T> column[G * v];
    unroll<0, G * v>([&](auto j) GAUSSMIX_LAMBDA { column[j] = load(columns + j / v * group_stride + j % v * w); });
    unroll<0, I>([&](auto i) GAUSSMIX_LAMBDA {
      unroll<0, G * v>([&](auto j) GAUSSMIX_LAMBDA { sum[i][j] += feature[i] * column[j]; });
    });
  }
  unroll<0, I>([&](auto i) GAUSSMIX_LAMBDA {
    unroll<0, G * v>([&](auto j) GAUSSMIX_LAMBDA { end_sum<T>(sums[j / v] + i * group_features<T> + j % v * w, sum[i][j]); });
  });
}

template <class T, int G>
inline void scatter_rows(ptrdiff_t features, ptrdiff_t rows, const T* feature, const T* columns, ptrdiff_t stride,
                         double* const* sums) {
  with_const<1, block_rows + 1>(features, [&](auto i) {
    scatter_block<T, decltype(i)::value, G>(rows, feature, columns, stride, sums);
  });
}

// The triangle of a whole group and I features of the next. first, second: the two groups of columns;
// sums: (8 + I, 8) of the first, (I, 8) of the second. 8 + 2 I multiply-adds and 10 + I loads a row.
template <class T, int I>
inline void scatter_triangle(ptrdiff_t rows, const T* first, const T* second, double* first_sums, double* second_sums) {
  constexpr int n = int(group_features<T>);
  static_assert(Simd<T>::width == n || !block_triangle<T>, "a group is one vector");
  Vector<T> left[n + I], right[I];
  unroll<0, n + I>([&](auto i) GAUSSMIX_LAMBDA { left[i] = begin_sum<T>(first_sums + i * n); });
  unroll<0, I>([&](auto i) GAUSSMIX_LAMBDA { right[i] = begin_sum<T>(second_sums + i * n); });
#pragma GCC unroll 4  // counters and branches cost as much as a broadcast
  for (ptrdiff_t r = 0; r < rows; ++r, first += n, second += n) {
    const Vector<T> a = load(first), b = load(second);
    unroll<0, n>([&](auto i) GAUSSMIX_LAMBDA { left[i] += first[i] * a; });
    unroll<0, I>([&](auto i) GAUSSMIX_LAMBDA {
      left[n + i] += second[i] * a;
      right[i] += second[i] * b;
    });
  }
  unroll<0, n + I>([&](auto i) GAUSSMIX_LAMBDA { end_sum<T>(first_sums + i * n, left[i]); });
  unroll<0, I>([&](auto i) GAUSSMIX_LAMBDA { end_sum<T>(second_sums + i * n, right[i]); });
}

template <class T>
inline void scatter_triangle_rows(ptrdiff_t features, ptrdiff_t rows, const T* first, const T* second,
                                  double* first_sums, double* second_sums) {
  with_const<1, int(group_features<T>) + 1>(features, [&](auto i) {
    scatter_triangle<T, decltype(i)::value>(rows, first, second, first_sums, second_sums);
  });
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
