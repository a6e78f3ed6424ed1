// Scores under full covariances: log_constant - |P (z - mean)|^2 / 2, P lower triangular (P = U^T).
#pragma once

#include "../pass/stages.hpp"
#include "factor_product.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Packed parameters of one component:
//   narrow (d <= 8): log_constant, mean (d), P row by row (d (d + 1) / 2)
//   wide:            log_constant, 1 if it is near the origin or else 0, mean (d), what P z begins with (d), then P in tiles
//                    of a shape's rows (the first tile is the short one): for each column of the tile its entries on and
//                    below the diagonal.
// P z begins with -P mean where the component is near, so that its rows need not be centred: up to so many times the
// roundings that a centred row has, as the mean has deviations. Floats have few digits, and terms of P z where columns are
// collinear are many times their sum: they are as near as for moments. Else it begins with 0.
inline size_t score_full_component(ptrdiff_t d) {
  const ptrdiff_t beside = d <= score_full_narrow ? 1 + d : 2 + 2 * d;
  return size_t(beside) + packed_factor_size(d, factor_tiles(d));
}

inline size_t score_full_size(ptrdiff_t k, ptrdiff_t d) { return size_t(k) * score_full_component(d); }

template <class T>
inline T* pack_beginning(const Model& model, ptrdiff_t c, T* packed) {
  constexpr ptrdiff_t together = 64;  // sums held beside each other while rows of the factor pass by
  const ptrdiff_t d = model.d;
  const double *mean = model.means + c * d, *factor = model.factor + c * d * d;
  T *near = packed, *begin = packed + 1 + d;
  for (ptrdiff_t j = 0; j < d; ++j) packed[1 + j] = T(mean[j]);
  double square = 0;
  for (ptrdiff_t first = 0; first < d; first += together) {
    const ptrdiff_t end = d - first < together ? d : first + together;
    double whitened[together] = {};
    for (ptrdiff_t j = 0; j < end; ++j)
      for (ptrdiff_t i = j > first ? j : first; i < end; ++i) whitened[i - first] += factor[j * d + i] * mean[j];
    for (ptrdiff_t i = first; i < end; ++i) {
      square += whitened[i - first] * whitened[i - first];
      begin[i] = T(-whitened[i - first]);
    }
  }
  const bool is_near = square <= Limits<T>::gather_reach * Limits<T>::gather_reach;
  *near = T(is_near);
  for (ptrdiff_t i = 0; !is_near && i < d; ++i) begin[i] = 0;
  return begin + d;
}

template <class T>
inline void score_full_pack(const Model& model, T* packed) {
  const ptrdiff_t d = model.d;
  for (ptrdiff_t c = 0; c < model.k; ++c) {
    *packed++ = T(model.log_constant[c]);
    if (d <= score_full_narrow)
      for (ptrdiff_t j = 0; j < d; ++j) *packed++ = T(model.means[c * d + j]);
    else
      packed = pack_beginning(model, c, packed);
    packed = pack_factor(model.factor + c * d * d, d, factor_tiles(d), packed);
  }
}

inline double score_full_operations(ptrdiff_t k, ptrdiff_t d) { return double(k) * double(d) * double(d); }

// Half a squared distance off the constant; a square out of range counts as square_limit.
template <class T>
GAUSSMIX_INLINE Vector<T> score_of(T log_constant, Vector<T> square) {
  return log_constant - T(0.5) * smaller(square, broadcast(Limits<T>::square));
}

// IN: tile.by_feature, packed. OUT: shares.value.
// d (d + 1) / 2 multiply-adds and d subtractions, all operands but P in registers; 8 (d + 1) bytes a row and component.
template <class T, int D>
inline void score_full_narrow_tile(const T* packed, const Tile<T>& tile, Shares<T>& shares) {
  constexpr int w = Simd<T>::width;
  // Two vectors at a time where the centred row leaves room: each entry of P then serves two.
  constexpr int n = panel_rows / w >= 2 && 2 * D + 4 <= registers ? 2 : 1;
  for (ptrdiff_t c = 0; c < shares.k; ++c, packed += 1 + D + D * (D + 1) / 2) {
    const T* mean = packed + 1;
    const T* factor = packed + 1 + D;
    T* out = shares.value + c * panel_rows;
    for (ptrdiff_t p = 0; p < tile.panels; ++p, out += shares.panel_stride) {
      const T* z = tile.by_feature + p * D * panel_rows;
      for (int r = 0; r < panel_rows; r += n * w) {
        Vector<T> centred[D][n], square[n] = {};
        unroll<0, D>([&](auto j) GAUSSMIX_LAMBDA {
          unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
            centred[j][v] = load(z + j * panel_rows + r + v * w) - mean[j];
          });
        });
        unroll<0, D>([&](auto i) GAUSSMIX_LAMBDA {
          constexpr int row = decltype(i)::value;
          Vector<T> y[n];
          unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA { y[v] = factor[row * (row + 1) / 2] * centred[0][v]; });
          unroll<1, row + 1>([&](auto j) GAUSSMIX_LAMBDA {
            unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA { y[v] += factor[row * (row + 1) / 2 + j] * centred[j][v]; });
          });
          unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA { square[v] += y[v] * y[v]; });
        });
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA { store(out + r + v * w, score_of<T>(packed[0], square[v])); });
      }
    }
  }
}

// Rows against P, N vectors of them; out: N / (panel_rows / width) panels, `out_stride` apart.
template <class T, int N>
inline void score_wide_rows(T log_constant, const T* begin, ptrdiff_t d, PanelRows<T> rows, T* out,
                            ptrdiff_t out_stride) {
  constexpr int w = Simd<T>::width;
  Vector<T> square[2][N] = {};
  multiply_factor<T, WideShape, N>(
      begin + d, d, rows, [&](ptrdiff_t i) GAUSSMIX_LAMBDA { return broadcast(begin[i]); },
      [&](auto there, ptrdiff_t, Vector<T>(*y)[N]) GAUSSMIX_LAMBDA {
        unroll<0, decltype(there)::value>([&](auto i) GAUSSMIX_LAMBDA {
          unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { square[i % 2][v] += y[i][v] * y[i][v]; });
        });
      });
  unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA {
    constexpr int row = decltype(v)::value * w;
    store(out + row / panel_rows * out_stride + row % panel_rows, score_of<T>(log_constant, square[0][v] + square[1][v]));
  });
}

// P panels, from which a point is taken.
template <class T, int P>
inline void centre_panels(ptrdiff_t d, const T* z, const T* mean, T* centred) {
  constexpr int w = Simd<T>::width;
  for (int p = 0; p < P; ++p)
    for (ptrdiff_t j = 0; j < d; ++j, z += panel_rows, centred += panel_rows)
      unroll<0, panel_rows / w>([&](auto v) GAUSSMIX_LAMBDA { store(centred + v * w, load(z + v * w) - mean[j]); });
}

// One component and P panels. SCRATCH centred (P, d, panel_rows). The panels stay in the first-level cache up to
// d = 128; P streams past them once.
template <class T, int P>
inline void score_full_wide_panels(const T* packed, ptrdiff_t d, const T* z, T* centred, T* out, ptrdiff_t out_stride) {
  constexpr int w = Simd<T>::width, all = P * int(panel_rows) / w;
  constexpr int n = all < WideShape::vectors ? all : WideShape::vectors;
  const bool near = packed[1] != 0;
  const T* mean = packed + 2;
  if (!near) {
    centre_panels<T, P>(d, z, mean, centred);
    z = centred;
  }
  for (int r = 0; r < P * panel_rows; r += n * w)
    score_wide_rows<T, n>(packed[0], mean + d, d, {z + r / panel_rows * d * panel_rows + r % panel_rows, d * panel_rows},
                          out + r / panel_rows * out_stride + r % panel_rows, out_stride);
}

// IN: tile.by_feature, packed. OUT: shares.value.
// d (d + 1) / 2 + d multiply-adds a row and component, d more where it is not near the origin; P is
// read once for the panels that are scored together.
template <class T>
inline void score_full_wide_tile(const T* packed, const Tile<T>& tile, Shares<T>& shares) {
  constexpr int fit = Simd<T>::width * WideShape::vectors / int(panel_rows), together = fit > 1 ? fit : 1;
  static_assert(together <= score_panels, "scratch has room for so many");
  const ptrdiff_t d = tile.d, stride = shares.panel_stride;
  const size_t component = score_full_component(d);
  for (ptrdiff_t c = 0; c < shares.k; ++c, packed += component) {
    const T* z = tile.by_feature;
    T* out = shares.value + c * panel_rows;
    ptrdiff_t p = 0;
    for (; p + together <= tile.panels; p += together)
      score_full_wide_panels<T, together>(packed, d, z + p * d * panel_rows, shares.scratch, out + p * stride, stride);
    if constexpr (together > 1)
      for (; p < tile.panels; ++p)
        score_full_wide_panels<T, 1>(packed, d, z + p * d * panel_rows, shares.scratch, out + p * stride, stride);
  }
}

template <class T>
inline void score_full(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares) {
  const auto narrow = [&](auto d) { score_full_narrow_tile<T, decltype(d)::value>(scorer.packed, tile, shares); };
  if (!with_const<1, score_full_narrow + 1>(tile.d, narrow)) score_full_wide_tile<T>(scorer.packed, tile, shares);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
