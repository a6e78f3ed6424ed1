// Moments for full covariances where most components have a share in most rows: products of features once for all
// components.
//
// A matrix product: for each row the products z_i z_j (i >= j) and z, times the shares of the components. Against rows
// scaled for each component (gather_full_wide.hpp) it saves the scaling, and the upper halves of the blocks on the
// diagonal. Products lie in lanes without gaps, and a few vectors of them (a block) are taken through all rows of a tile
// before the next: their sums stay in the first-level cache. Rows are measured from the origin, which all components
// must be near.
#pragma once

#include "active_rows.hpp"
#include "move_scatter.hpp"
#include "working_sum.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Vectors of products and components whose sums are in registers together.
constexpr int dense_vectors = registers >= 32 ? 3 : 2;
constexpr int dense_components = registers >= 32 ? 8 : 4;
// Rows at a time, whose products take 8 KiB: twice or four times as many cost a few per cent, also of floats.
constexpr ptrdiff_t dense_rows = 32;
// With fewer components products cost more than they save.
constexpr ptrdiff_t dense_least_components = 16;
// Where sums leave the second-level cache, rows scaled for each component cost less (4 % at d = 128, k = 32).
constexpr ptrdiff_t dense_most_sums = 160 * 1024;

// Standard deviations from the origin, in any direction, up to which components are near: sums lose the square of it in
// roundings, 1.2 digits. What shares most rows with others is seldom farther.
template <class T>
constexpr double gather_full_reach = Limits<T>::gather_reach < 4 ? Limits<T>::gather_reach : 4;

template <class T>
constexpr ptrdiff_t block_products = dense_vectors * Simd<T>::width;
// From one row's products to the next's: a vector more, into which the last store may reach.
template <class T>
constexpr ptrdiff_t products_stride = block_products<T> + Simd<T>::width;

// put(i, j, count) for the products of feature i with features j ... j + count - 1, and of one (i = -1) with them: all of
// a row's, in the order in which they lie. end() where a block ends that may not be full. Vectors left of the diagonal
// blocks come first, because they are whole.
template <class T, class Put, class End>
GAUSSMIX_INLINE void for_products(ptrdiff_t d, Put&& put, End&& end) {
  constexpr ptrdiff_t w = Simd<T>::width;
  for (ptrdiff_t j = 0; j < d; j += w)
    for (ptrdiff_t i = j + w; i < d; ++i) put(i, j, w);
  end();
  for (ptrdiff_t i = 0; i < d; ++i) put(i, i / w * w, i % w + 1);
  for (ptrdiff_t j = 0; j < d; j += w) put(ptrdiff_t(-1), j, d - j < w ? d - j : w);
  end();
}

template <class T>
inline ptrdiff_t product_blocks(ptrdiff_t d) {
  ptrdiff_t products = 0;
  for_products<T>(
      d, [&](ptrdiff_t, ptrdiff_t, ptrdiff_t count) { products += count; },
      [&] { products = round_up(products, block_products<T>); });
  return products / block_products<T>;
}

// Working sums: sum_weight (k), then (block, component, products of a block); for the end of a chunk two rows more.
template <class T>
inline ptrdiff_t gather_full_dense_sums(ptrdiff_t k, ptrdiff_t d) {
  return k + product_blocks<T>(d) * k * block_products<T> + 2 * d;
}

template <class T>
inline size_t gather_full_dense_scratch(ptrdiff_t k) {
  const ptrdiff_t own = sizeof(T) == sizeof(double) ? 0 : k * block_products<T>;
  return size_t(dense_rows * products_stride<T> + own);
}

// Whether sums may be about the origin, and are few enough.
template <class T>
inline bool gather_full_may_be_dense(const Centres& centres) {
  if (!centres.at_origin || centres.k < dense_least_components) return false;
  for (ptrdiff_t c = 0; c < centres.k; ++c)
    if (!centres.at_origin[c]) return false;
  return gather_full_dense_sums<T>(centres.k, centres.d) <= dense_most_sums;
}

// Whether at least half of the shares of a tile count: products of the others would be made for nothing.
template <class T>
inline bool is_dense(const Tile<T>& tile, const Shares<T>& shares) {
  ptrdiff_t active = 0;
  for (ptrdiff_t i = 0; i < tile.panels * shares.k; ++i) active += __builtin_popcount(shares.active[i]);
  return 2 * active >= tile.rows * shares.k;
}

// Products of feature i, or of one (i < 0), with a vector of features from j on, which begin at place `at` of a block.
struct Piece {
  ptrdiff_t i, j, at;
};

// One piece of the products of some rows. A multiplication and a store a row.
template <class T>
inline void multiply_features(ptrdiff_t rows, const T* row, ptrdiff_t length, Piece piece, T* products) {
  products += piece.at;
  const T* many = row + piece.j;
  if (piece.i < 0) {
    for (ptrdiff_t r = 0; r < rows; ++r) store(products + r * products_stride<T>, load(many + r * length));
    return;
  }
  const T* one = row + piece.i;
#pragma GCC unroll 4  // counters and branches cost as much as a product
  for (ptrdiff_t r = 0; r < rows; ++r, one += length, many += length, products += products_stride<T>)
    store(products, *one * load(many));
}

// One block of products times the shares of C components. sums (C, block).
// C vectors of multiply-adds a row and vector of products, C + dense_vectors loads a row.
template <class T, int C>
inline void gather_products(ptrdiff_t panels, const T* products, const T* share, ptrdiff_t panel_stride, T* sums) {
  constexpr int w = Simd<T>::width, n = dense_vectors;
  Vector<T> sum[C][n];
  unroll<0, C * n>([&](auto i) GAUSSMIX_LAMBDA { sum[i / n][i % n] = load(sums + i * w); });
  for (ptrdiff_t p = 0; p < panels; ++p, share += panel_stride) {
#pragma GCC unroll 4  // counters and branches cost as much as a broadcast
    for (int r = 0; r < panel_rows; ++r, products += products_stride<T>) {
      Vector<T> product[n];
      unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA { product[v] = load(products + v * w); });
      unroll<0, C>([&](auto c) GAUSSMIX_LAMBDA {
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA { sum[c][v] += share[c * panel_rows + r] * product[v]; });
      });
    }
  }
  unroll<0, C * n>([&](auto i) GAUSSMIX_LAMBDA { store(sums + i * w, sum[i / n][i % n]); });
}

// One block of a tile, some rows at a time. sums (k, block).
template <class T>
inline void gather_block(const Tile<T>& tile, const Shares<T>& shares, const Piece* pieces, ptrdiff_t n_pieces, T* sums,
                         T* products) {
  constexpr ptrdiff_t block = block_products<T>, together = dense_rows / panel_rows;
  const ptrdiff_t k = shares.k;
  for (ptrdiff_t first = 0; first < tile.panels; first += together) {
    const ptrdiff_t panels = tile.panels - first < together ? tile.panels - first : together;
    const T* row = tile.by_row + first * panel_rows * tile.row_length;
    const T* share = shares.value + first * shares.panel_stride;
    for (ptrdiff_t e = 0; e < n_pieces; ++e)
      multiply_features(panels * panel_rows, row, tile.row_length, pieces[e], products);
    for (ptrdiff_t c = 0; c < k; c += dense_components)
      with_const<1, dense_components + 1>(k - c < dense_components ? k - c : dense_components, [&](auto there) {
        gather_products<T, decltype(there)::value>(panels, products, share + c * panel_rows, shares.panel_stride,
                                                   sums + c * block);
      });
  }
}

// One block of a tile, whose sums floats are made of the tile's rows alone: see working_sum.hpp.
template <class T>
inline void add_block(const Tile<T>& tile, const Shares<T>& shares, const Piece* pieces, ptrdiff_t n_pieces,
                      double* sums, T* scratch) {
  if constexpr (sizeof(T) == sizeof(double)) {
    gather_block(tile, shares, pieces, n_pieces, sums, scratch);
  } else {
    constexpr ptrdiff_t w = Simd<T>::width;
    const ptrdiff_t size = shares.k * block_products<T>;
    T* own = scratch + dense_rows * products_stride<T>;
    for (ptrdiff_t e = 0; e < size; e += w) store(own + e, Vector<T>{});
    gather_block(tile, shares, pieces, n_pieces, own, scratch);
    for (ptrdiff_t e = 0; e < size; e += w) add_sum<T>(sums + e, load(own + e));
  }
}

// IN: tile.by_row, shares. IN/OUT: sums. SCRATCH: gather_full_dense_scratch.
// (d + 1) (d + 2) / 2 multiply-adds a row and component, and as many products a row. Shares that do not count are
// multiplied too: they are below the rounding of the sums.
template <class T>
inline void gather_full_dense_tile(const Tile<T>& tile, const Shares<T>& shares, double* sums, T* scratch) {
  constexpr ptrdiff_t block = block_products<T>;
  for (ptrdiff_t c = 0; c < shares.k; ++c) sums[c] += double(sum_of_shares(shares, tile.panels, c));
  sums += shares.k;
  Piece pieces[block];
  ptrdiff_t n_pieces = 0, filled = 0;
  const auto end = [&] {
    if (!filled) return;
    add_block(tile, shares, pieces, n_pieces, sums, scratch);
    sums += shares.k * block;
    n_pieces = filled = 0;
  };
  const auto put = [&](ptrdiff_t i, ptrdiff_t j, ptrdiff_t count) {
    while (count) {
      pieces[n_pieces++] = {i, j, filled};
      const ptrdiff_t room = block - filled, taken = count < room ? count : room;
      filled += taken;
      j += taken;
      count -= taken;
      if (filled == block) end();
    }
  };
  for_products<T>(tile.d, put, end);
}

// Adds the sums, moved from the origin to the pivots, to packed ones.
template <class T>
inline void gather_full_dense_finish(const Centres& centres, double* sums, double* packed) {
  constexpr ptrdiff_t block = block_products<T>;
  const ptrdiff_t k = centres.k, d = centres.d;
  double* about_pivot = sums + gather_full_dense_sums<T>(k, d) - 2 * d;
  for (ptrdiff_t c = 0; c < k; ++c) {
    const double* pivot = centres.pivot + c * d;
    double* sum_x = packed + k + c * d;
    double* scatter = packed + k + k * d + c * (d * (d + 1) / 2);
    ptrdiff_t product = 0;
    for_products<T>(
        d,
        [&](ptrdiff_t i, ptrdiff_t j, ptrdiff_t count) {
          double* to = i < 0 ? about_pivot + j : scatter + i * (i + 1) / 2 + j;
          for (ptrdiff_t e = 0; e < count; ++e, ++product) {
            const double sum = sums[k + (product / block * k + c) * block + product % block];
            to[e] = i < 0 ? sum - sums[c] * pivot[j + e] : to[e] + sum;
          }
        },
        [&] { product = round_up(product, block); });
    for (ptrdiff_t j = 0; j < d; ++j) sum_x[j] += about_pivot[j];
    packed[c] += sums[c];
    move_scatter(d, sums[c], about_pivot, pivot, about_pivot + d, scatter);
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
