// Rows of a component made ready for their products: centred, and scaled by the root of their share.
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"
#include "working_sum.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

template <class T>
inline void take_roots(ptrdiff_t count, const T* share, T* root) {
  constexpr int w = Simd<T>::width;
  // Both lists have room for whole vectors; what stands beyond the last share is not used.
  for (ptrdiff_t a = 0; a < count; a += w) store(root + a, square_root(load(share + a)));
}

// Vectors of features whose pivots and sums are in registers together, for two rows at a time.
constexpr int scale_vectors = registers >= 32 ? 4 : 2;

// N vectors of features from j on: scaled (rows of a group's features, groups `stride` apart) = root * (pivot - row), whose
// products do not depend on the sign and whose subtrahend comes straight from memory; sum_x -= root * scaled. Rows
// are taken by turns into two sets of sums: one chain would wait for its own additions.
template <class T, int N>
inline void scale_features(const T* by_row, ptrdiff_t row_length, ptrdiff_t j, const T* pivot, ptrdiff_t count,
                           const int32_t* index, const T* root, T* scaled, ptrdiff_t stride, double* sum_x) {
  constexpr int w = Simd<T>::width;
  Vector<T> about[N], sum[2][N] = {};
  T* out[N];
  unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA {
    about[v] = load(pivot + v * w);
    out[v] = scaled + (j + v * w) / group_features<T> * stride + (j + v * w) % group_features<T>;
  });
  const auto scale = [&](ptrdiff_t a, auto u) GAUSSMIX_LAMBDA {
    const T* row = by_row + j + index[a] * row_length;
    const Vector<T> by = broadcast(root[a]);
    unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA {
      const Vector<T> y = by * (about[v] - load(row + v * w));
      store(out[v] + a * group_features<T>, y);
      sum[u][v] -= by * y;
    });
  };
  ptrdiff_t a = 0;
  for (; a + 2 <= count; a += 2) unroll<0, 2>([&](auto u) GAUSSMIX_LAMBDA { scale(a + u, u); });
  if (a < count) scale(a, Const<0>{});
  unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA {
    add_sum<T>(sum_x + j + v * w, sum[0][v] + sum[1][v]);
  });
}

// All features of `count` rows. 3 operations and a store a vector.
template <class T>
inline void scale_rows(const Tile<T>& tile, const double* pivot, ptrdiff_t count, const int32_t* index, const T* root,
                       T* scaled, ptrdiff_t stride, double* sum_x) {
  constexpr int w = Simd<T>::width;
  const ptrdiff_t length = tile.row_length;
  ptrdiff_t j = 0;
  while (j < length) {
    T about[scale_vectors * w];
    for (ptrdiff_t i = 0; i < scale_vectors * w; ++i) about[i] = j + i < tile.d ? T(pivot[j + i]) : T(0);
    const auto put = [&](auto n) GAUSSMIX_LAMBDA {
      scale_features<T, decltype(n)::value>(tile.by_row, length, j, about, count, index, root, scaled, stride, sum_x);
      j += n * w;
    };
    const ptrdiff_t left = (length - j) / w;
    if (left >= scale_vectors) put(Const<scale_vectors>{});
    else if (left >= 2) put(Const<2>{});
    else put(Const<1>{});
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
