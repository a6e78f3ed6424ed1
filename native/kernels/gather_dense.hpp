// Sums over rows of products of features times the shares of components, as a matrix product: where most components have
// a share in most rows, products made once for all components cost less than a list of rows for each.
//
// A few vectors of products (a block) are taken through all rows of a tile before the next: their sums stay in the
// first-level cache. Rows are measured from the origin, which all components must be near.
#pragma once

#include "active_rows.hpp"
#include "working_sum.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Vectors of products and components whose sums are in registers together.
constexpr int dense_vectors = registers >= 32 ? 3 : 2;
constexpr int dense_components = registers >= 32 ? 8 : 4;
// Rows at a time, whose products take 8 KiB: twice or four times as many cost a few per cent, also of floats.
constexpr ptrdiff_t dense_rows = 32;

template <class T>
constexpr ptrdiff_t block_products = dense_vectors * Simd<T>::width;
// From one row's products to the next's: a vector more, into which the last store may reach.
template <class T>
constexpr ptrdiff_t products_stride = block_products<T> + Simd<T>::width;

template <class T>
inline size_t dense_scratch(ptrdiff_t k) {
  const ptrdiff_t own = sizeof(T) == sizeof(double) ? 0 : k * block_products<T>;
  return size_t(dense_rows * products_stride<T> + own);
}

// Whether all of at least `least` components are measured from the origin.
inline bool all_at_origin(ptrdiff_t k, const uint8_t* at_origin, ptrdiff_t least) {
  if (!at_origin || k < least) return false;
  for (ptrdiff_t c = 0; c < k; ++c)
    if (!at_origin[c]) return false;
  return true;
}

// Whether no product of two coordinates of a tile leaves the range of T: its square would, and 0 times that, the share of
// a component in a row far out, is no number. Lists of rows multiply by the share first, and leave those shares out.
template <class T>
inline bool products_are_numbers(const Tile<T>& tile) {
  constexpr int w = Simd<T>::width;
  Vector<T> sum[2] = {};
  const T* z = tile.by_feature;
  for (ptrdiff_t p = 0; p < tile.panels * tile.d; ++p, z += panel_rows)
    unroll<0, panel_rows / w>([&](auto v) GAUSSMIX_LAMBDA { sum[v % 2] += load(z + v * w) * load(z + v * w); });
  T lanes[w];
  store(lanes, sum[0] + sum[1]);
  return sum_lanes<T>(lanes) < T(__builtin_inf());
}

// Whether at least half of the shares of a tile count, else products are made for nothing; and whether they can be made.
template <class T>
inline bool is_dense(const Tile<T>& tile, const Shares<T>& shares) {
  ptrdiff_t active = 0;
  for (ptrdiff_t i = 0; i < tile.panels * shares.k; ++i) active += __builtin_popcount(shares.active[i]);
  return 2 * active >= tile.rows * shares.k && products_are_numbers(tile);
}

// A block of N vectors of products times the shares of C components, whose sums lie `stride` apart.
// C N multiply-adds a row, C + N loads.
template <class T, int C, int N>
inline void gather_products(ptrdiff_t panels, const T* products, const T* share, ptrdiff_t panel_stride, T* sums,
                            ptrdiff_t stride) {
  constexpr int w = Simd<T>::width;
  Vector<T> sum[C][N];
  T* own = sums;
  unroll<0, C>([&](auto c) GAUSSMIX_LAMBDA {
    unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { sum[c][v] = load(own + v * w); });
    own += stride;
  });
  for (ptrdiff_t p = 0; p < panels; ++p, share += panel_stride) {
#pragma GCC unroll 4  // counters and branches cost as much as a broadcast
    for (int r = 0; r < panel_rows; ++r, products += products_stride<T>) {
      Vector<T> product[N];
      unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { product[v] = load(products + v * w); });
      unroll<0, C>([&](auto c) GAUSSMIX_LAMBDA {
        unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { sum[c][v] += share[c * panel_rows + r] * product[v]; });
      });
    }
  }
  unroll<0, C>([&](auto c) GAUSSMIX_LAMBDA {
    unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { store(sums + v * w, sum[c][v]); });
    sums += stride;
  });
}

// A block of a tile, some rows at a time. multiply(rows, first of these rows, products) makes them.
template <class T, int N, class Multiply>
inline void gather_block(const Tile<T>& tile, const Shares<T>& shares, Multiply& multiply, T* sums, ptrdiff_t stride,
                         T* products) {
  constexpr ptrdiff_t together = dense_rows / panel_rows;
  const ptrdiff_t k = shares.k;
  for (ptrdiff_t first = 0; first < tile.panels; first += together) {
    const ptrdiff_t panels = tile.panels - first < together ? tile.panels - first : together;
    const T* share = shares.value + first * shares.panel_stride;
    multiply(panels * panel_rows, tile.by_row + first * panel_rows * tile.row_length, products);
    const auto gather = [&](ptrdiff_t c, auto components) {
      gather_products<T, decltype(components)::value, N>(panels, products, share + c * panel_rows, shares.panel_stride,
                                                         sums + c * stride, stride);
    };
    ptrdiff_t c = 0;
    for (; c + dense_components <= k; c += dense_components) gather(c, Const<dense_components>{});
    with_const<1, dense_components>(k - c, [&](auto left) { gather(c, left); });
  }
}

// IN: tile.by_row, shares. IN/OUT: sums of `vectors` (up to dense_vectors) vectors of products, those of the components
// `stride` apart. SCRATCH: dense_scratch. Floats have sums of the tile's rows alone first: see working_sum.hpp. Shares
// that do not count are multiplied too: they are below the rounding of the sums.
template <class T, class Multiply>
inline void add_block(const Tile<T>& tile, const Shares<T>& shares, ptrdiff_t vectors, Multiply multiply, double* sums,
                      ptrdiff_t stride, T* scratch) {
  with_const<1, dense_vectors + 1>(vectors, [&](auto n) {
    constexpr int N = decltype(n)::value;
    if constexpr (sizeof(T) == sizeof(double)) {
      gather_block<T, N>(tile, shares, multiply, sums, stride, scratch);
    } else {
      constexpr ptrdiff_t w = Simd<T>::width;
      T* own = scratch + dense_rows * products_stride<T>;
      for (ptrdiff_t e = 0; e < shares.k * N * w; e += w) store(own + e, Vector<T>{});
      gather_block<T, N>(tile, shares, multiply, own, N * w, scratch);
      for (ptrdiff_t c = 0; c < shares.k; ++c)
        for (ptrdiff_t v = 0; v < N; ++v) add_sum<T>(sums + c * stride + v * w, load(own + (c * N + v) * w));
    }
  });
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
