// Moments for full covariances where most components have a share in most rows: products of features once for all
// components.
//
// A matrix product: for each row the products z_i z_j (i >= j) and z, times the shares of the components. Against rows
// scaled for each component (gather_full_wide.hpp) it saves the scaling, and the upper halves of the blocks on the
// diagonal. Products lie in lanes without gaps, a few vectors at a time, so that they, the rows and their shares stay
// in the first-level cache. Rows are measured from the origin, which all components must be near.
#pragma once

#include "active_rows.hpp"
#include "move_scatter.hpp"
#include "working_sum.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Vectors of products and components whose sums are in registers together.
constexpr int dense_vectors = registers >= 32 ? 3 : 2;
constexpr int dense_components = registers >= 32 ? 8 : 4;
// Rows at a time. Their products take 8 KiB, their features 16 KiB at d = 64.
constexpr ptrdiff_t dense_rows = 32;
// With fewer components products cost more than they save.
constexpr ptrdiff_t dense_least_components = 16;
// Sums are read and written every 32 rows, which costs too much where they leave the second-level cache.
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
inline size_t gather_full_dense_scratch() {
  return size_t(dense_rows * products_stride<T>);
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

// Products of one feature, or of one (i < 0), with a vector of features from j on. A multiplication and a store a row.
template <class T>
inline void multiply_features(ptrdiff_t rows, const T* row, ptrdiff_t length, ptrdiff_t i, ptrdiff_t j, T* products) {
  if (i < 0) {
    for (ptrdiff_t r = 0; r < rows; ++r) store(products + r * products_stride<T>, load(row + r * length + j));
    return;
  }
#pragma GCC unroll 4  // counters and branches cost as much as a product
  for (ptrdiff_t r = 0; r < rows; ++r, row += length, products += products_stride<T>)
    store(products, row[i] * load(row + j));
}

// One block of products times the shares of C components. sums (C, block).
// C vectors of multiply-adds a row and vector of products, C + dense_vectors loads a row. `next`: from the sums to those
// of the next block, which are fetched meanwhile.
template <class T, int C>
inline void gather_products(ptrdiff_t panels, const T* products, const T* share, ptrdiff_t panel_stride, double* sums,
                            ptrdiff_t next) {
  constexpr int w = Simd<T>::width, n = dense_vectors;
  Vector<T> sum[C][n];
  unroll<0, C * n>([&](auto i) GAUSSMIX_LAMBDA {
    sum[i / n][i % n] = begin_sum<T>(sums + i * w);
    __builtin_prefetch(sums + next + i * w, 1);
  });
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
  unroll<0, C * n>([&](auto i) GAUSSMIX_LAMBDA { end_sum<T>(sums + i * w, sum[i / n][i % n]); });
}

// Some panels of a tile. row: the first of their rows.
template <class T>
inline void gather_full_dense_panels(ptrdiff_t panels, ptrdiff_t d, const T* row, ptrdiff_t length, ptrdiff_t k,
                                     const T* share, ptrdiff_t panel_stride, double* sums, T* products) {
  constexpr ptrdiff_t block = block_products<T>;
  ptrdiff_t filled = 0;
  const auto end = [&] {
    if (!filled) return;
    filled = 0;
    for (ptrdiff_t c = 0; c < k; c += dense_components)
      with_const<1, dense_components + 1>(k - c < dense_components ? k - c : dense_components, [&](auto there) {
        gather_products<T, decltype(there)::value>(panels, products, share + c * panel_rows, panel_stride,
                                                   sums + c * block, k * block);
      });
    sums += k * block;
  };
  const auto put = [&](ptrdiff_t i, ptrdiff_t j, ptrdiff_t count) {
    while (count) {
      multiply_features(panels * panel_rows, row, length, i, j, products + filled);
      const ptrdiff_t room = block - filled, taken = count < room ? count : room;
      filled += taken;
      j += taken;
      count -= taken;
      if (filled == block) end();
    }
  };
  for_products<T>(d, put, end);
}

// IN: tile.by_row, shares. IN/OUT: sums. SCRATCH: gather_full_dense_scratch.
// (d + 1) (d + 2) / 2 multiply-adds a row and component, and as many products a row. Shares that do not count are
// multiplied too: they are below the rounding of the sums.
template <class T>
inline void gather_full_dense_tile(const Tile<T>& tile, const Shares<T>& shares, double* sums, T* scratch) {
  constexpr ptrdiff_t together = dense_rows / panel_rows;
  for (ptrdiff_t c = 0; c < shares.k; ++c) sums[c] += double(sum_of_shares(shares, tile.panels, c));
  for (ptrdiff_t first = 0; first < tile.panels; first += together) {
    const ptrdiff_t panels = tile.panels - first < together ? tile.panels - first : together;
    gather_full_dense_panels(panels, tile.d, tile.by_row + first * panel_rows * tile.row_length, tile.row_length,
                             shares.k, shares.value + first * shares.panel_stride, shares.panel_stride,
                             sums + shares.k, scratch);
  }
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
