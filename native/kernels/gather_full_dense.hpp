// Moments for full covariances where most components have a share in most rows: products of features once for all
// components.
//
// A matrix product (gather_dense.hpp): for each row the products z_i z_j (i >= j) and z, times the shares of the
// components. Against rows scaled for each component (gather_full_wide.hpp) it saves the scaling, and the upper halves of
// the blocks on the diagonal. Products lie in lanes without gaps.
#pragma once

#include "gather_dense.hpp"
#include "move_scatter.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// With fewer components products cost more than they save.
constexpr ptrdiff_t dense_least_components = 16;
// Where sums leave the second-level cache, rows scaled for each component cost less (4 % at d = 128, k = 32).
constexpr ptrdiff_t dense_most_sums = 160 * 1024;

// Standard deviations from the origin, in any direction, up to which components are near: sums lose the square of it in
// roundings, 1.2 digits. What shares most rows with others is seldom farther.
template <class T>
constexpr double gather_full_reach = Limits<T>::gather_reach < 4 ? Limits<T>::gather_reach : 4;

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

// Whether sums may be about the origin, and are few enough.
template <class T>
inline bool gather_full_may_be_dense(const Centres& centres) {
  return all_at_origin(centres.k, centres.at_origin, dense_least_components) &&
         gather_full_dense_sums<T>(centres.k, centres.d) <= dense_most_sums;
}

// Products of features i, i + 1, ... (as many as `factors`), or of one (i < 0), with the vector of features from j on: a
// vector each, the first of which begins at place `at` of a block. The vector is loaded once for them.
struct Piece {
  ptrdiff_t i, j, at;
  int factors;

  // Whether the products of feature `next` with the same vector, at place `from`, are its next vector.
  bool is_continued_by(ptrdiff_t next, ptrdiff_t vector, ptrdiff_t from, ptrdiff_t width) const {
    return i >= 0 && next == i + factors && vector == j && from == at + factors * width;
  }
};

// One piece of the products of some rows. A multiplication and a store a row and factor.
template <class T, int N>
inline void multiply_features(ptrdiff_t rows, const T* row, ptrdiff_t length, Piece piece, T* products) {
  constexpr int w = Simd<T>::width;
  products += piece.at;
  const T* many = row + piece.j;
  if (piece.i < 0) {
    for (ptrdiff_t r = 0; r < rows; ++r) store(products + r * products_stride<T>, load(many + r * length));
    return;
  }
  const T* one = row + piece.i;
#pragma GCC unroll 4  // counters and branches cost as much as a product
  for (ptrdiff_t r = 0; r < rows; ++r, one += length, many += length, products += products_stride<T>) {
    const Vector<T> with = load(many);
    unroll<0, N>([&](auto f) GAUSSMIX_LAMBDA { store(products + f * w, one[f] * with); });
  }
}

// IN: tile.by_row, shares. IN/OUT: sums. SCRATCH: dense_scratch.
// (d + 1) (d + 2) / 2 multiply-adds a row and component, and as many products a row.
template <class T>
inline void gather_full_dense_tile(const Tile<T>& tile, const Shares<T>& shares, double* sums, T* scratch) {
  constexpr ptrdiff_t block = block_products<T>, w = Simd<T>::width;
  for (ptrdiff_t c = 0; c < shares.k; ++c) sums[c] += double(sum_of_shares(shares, tile.panels, c));
  sums += shares.k;
  Piece pieces[block];
  ptrdiff_t n_pieces = 0, filled = 0;
  const auto end = [&] {
    if (!filled) return;
    add_block(
        tile, shares, (filled + w - 1) / w,
        [&](ptrdiff_t rows, const T* row, T* products) {
          for (ptrdiff_t e = 0; e < n_pieces; ++e)
            with_const<1, dense_vectors + 1>(pieces[e].factors, [&](auto n) {
              multiply_features<T, decltype(n)::value>(rows, row, tile.row_length, pieces[e], products);
            });
        },
        sums, block, scratch);
    sums += shares.k * block;
    n_pieces = filled = 0;
  };
  const auto put = [&](ptrdiff_t i, ptrdiff_t j, ptrdiff_t count) {
    while (count) {
      const ptrdiff_t room = block - filled, taken = count < room ? count : room;
      if (taken == w && n_pieces && pieces[n_pieces - 1].is_continued_by(i, j, filled, w))
        ++pieces[n_pieces - 1].factors;
      else
        pieces[n_pieces++] = {i, j, filled, 1};
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
  constexpr ptrdiff_t block = block_products<T>, w = Simd<T>::width;
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
          while (count) {
            const ptrdiff_t at = product % block, room = block - at, taken = count < room ? count : room;
            const double* sum = sums + k + (product / block * k + c) * block + at;
            double* entry = scatter + i * (i + 1) / 2 + j;
            if (i < 0)
              for (ptrdiff_t e = 0; e < taken; ++e) about_pivot[j + e] = sum[e] - sums[c] * pivot[j + e];
            else if (taken == w)  // a length known beforehand: one addition
              for (ptrdiff_t e = 0; e < w; ++e) entry[e] += sum[e];
            else
              for (ptrdiff_t e = 0; e < taken; ++e) entry[e] += sum[e];
            product += taken;
            j += taken;
            count -= taken;
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
