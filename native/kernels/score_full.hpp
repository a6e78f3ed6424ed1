// Scores under full covariances: log_constant - |P (z - mean)|^2 / 2, P lower triangular (P = U^T).
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Up to here the number of features is a template parameter and a centred row never leaves the registers.
constexpr int score_full_narrow = 8;
// Rows of P and vectors of rows whose products are in registers at once.
template <int R, int V>
struct FactorShape {
  static constexpr int rows = R, vectors = V;
};
// What limits them is the number of instructions beside the multiply-adds: 10 loads for 24 of 32 registers, or 6 for
// 8 of 16.
typedef FactorShape<(registers >= 32 ? 6 : 4), (registers >= 32 ? 4 : 2)> WideShape;
// From here on the centred rows of a wide shape, d x 32, take more than half of the first-level cache. A tall one has
// half as many rows there and 14 loads for 24; with d < 96 more of its work is on the diagonal, where it is slower.
constexpr ptrdiff_t tall_from = 96;
typedef FactorShape<(registers >= 32 ? 12 : 4), 2> TallShape;

// Packed parameters of one component:
//   narrow (d <= 8): log_constant, mean (d), P row by row (d (d + 1) / 2)
//   wide:            log_constant, mean (d), then P in tiles of a shape's rows (the first tile is the short one):
//                    for each column of the tile its entries on and below the diagonal.
inline size_t score_full_component(ptrdiff_t d) { return size_t(1 + d + d * (d + 1) / 2); }

inline size_t score_full_size(ptrdiff_t k, ptrdiff_t d) { return size_t(k) * score_full_component(d); }

template <class T>
inline void score_full_pack(const Model& model, T* packed) {
  const ptrdiff_t d = model.d;
  const ptrdiff_t tile = d <= score_full_narrow ? 1 : d < tall_from ? WideShape::rows : TallShape::rows;
  for (ptrdiff_t c = 0; c < model.k; ++c) {
    const double* factor = model.factor + c * d * d;
    *packed++ = T(model.log_constant[c]);
    for (ptrdiff_t j = 0; j < d; ++j) *packed++ = T(model.means[c * d + j]);
    ptrdiff_t end = d % tile ? d % tile : tile;
    for (ptrdiff_t begin = 0; begin < d; begin = end, end += tile)
      for (ptrdiff_t j = 0; j < end; ++j)
        for (ptrdiff_t i = j > begin ? j : begin; i < end; ++i) *packed++ = T(factor[j * d + i]);
  }
}

// Half a squared distance off the constant; a square out of range counts as square_limit.
template <class T>
GAUSSMIX_INLINE Vector<T> score_of(T log_constant, Vector<T> square) {
  return log_constant - T(0.5) * smaller(square, broadcast(T(square_limit)));
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

// One tile of R rows of P times N vectors of centred rows (features `stride` apart): `full` columns left of the
// diagonal, then the triangle. Adds the squares of the results. IN/OUT square. Returns the end of the tile's entries.
template <class T, int N, int stride, int R>
GAUSSMIX_INLINE const T* factor_tile(const T* factor, ptrdiff_t full, const T* centred, Vector<T> (*square)[N]) {
  constexpr int w = Simd<T>::width;
  Vector<T> y[R][N] = {};
#pragma GCC unroll 4  // counters and branches cost as much as a load of the factor
  for (ptrdiff_t j = 0; j < full; ++j, factor += R, centred += stride) {
    Vector<T> z[N];
    unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { z[v] = load(centred + v * w); });
    unroll<0, R>([&](auto i) GAUSSMIX_LAMBDA {
      unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { y[i][v] += factor[i] * z[v]; });
    });
  }
  unroll<0, R>([&](auto j) GAUSSMIX_LAMBDA {
    constexpr int column = decltype(j)::value;
    Vector<T> z[N];
    unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { z[v] = load(centred + v * w); });
    unroll<column, R>([&](auto i) GAUSSMIX_LAMBDA {
      unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { y[i][v] += *factor * z[v]; });
      ++factor;
    });
    centred += stride;
  });
  unroll<0, R>([&](auto i) GAUSSMIX_LAMBDA {
    unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { square[i % 2][v] += y[i][v] * y[i][v]; });
  });
  return factor;
}

// The first tile, which may be short. Inlined: a call would send the squares through memory, 25 cycles a vector of rows.
template <class T, int N, int stride, int R>
GAUSSMIX_INLINE const T* first_factor_tile(int rows, const T* factor, const T* centred, Vector<T> (*square)[N]) {
  if constexpr (R > 1)
    if (rows < R) return first_factor_tile<T, N, stride, R - 1>(rows, factor, centred, square);
  return factor_tile<T, N, stride, R>(factor, 0, centred, square);
}

// Centred rows (d, rows) against P in tiles of R rows, N vectors of rows; out: N / (panel_rows / width) panels,
// `out_stride` apart.
template <class T, int N, int stride, int R>
inline void score_centred(const T* packed, ptrdiff_t d, const T* centred, T* out, ptrdiff_t out_stride) {
  constexpr int w = Simd<T>::width;
  const int short_tile = int(d % R ? d % R : R);
  Vector<T> square[2][N] = {};
  const T* factor = first_factor_tile<T, N, stride, R>(short_tile, packed + 1 + d, centred, square);
  for (ptrdiff_t full = short_tile; full < d; full += R)
    factor = factor_tile<T, N, stride, R>(factor, full, centred, square);
  unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA {
    constexpr int row = decltype(v)::value * w;
    store(out + row / panel_rows * out_stride + row % panel_rows, score_of<T>(packed[0], square[0][v] + square[1][v]));
  });
}

// One component and P panels. SCRATCH centred (d, P * panel_rows), which stays in the first-level cache up to
// d = 128; P streams past it once.
template <class T, class Shape, int P>
inline void score_full_wide_panels(const T* packed, ptrdiff_t d, const T* z, T* centred, T* out, ptrdiff_t out_stride) {
  constexpr int w = Simd<T>::width, all = P * int(panel_rows) / w;
  constexpr int n = all < Shape::vectors ? all : Shape::vectors;
  constexpr int stride = P * int(panel_rows);
  const T* mean = packed + 1;
  for (ptrdiff_t j = 0; j < d; ++j)
    unroll<0, P>([&](auto p) GAUSSMIX_LAMBDA {
      unroll<0, panel_rows / w>([&](auto v) GAUSSMIX_LAMBDA {
        store(centred + j * stride + p * panel_rows + v * w, load(z + (p * d + j) * panel_rows + v * w) - mean[j]);
      });
    });
  for (int r = 0; r < P * panel_rows; r += n * w)
    score_centred<T, n, stride, Shape::rows>(packed, d, centred + r, out + r / panel_rows * out_stride + r % panel_rows, out_stride);
}

// IN: tile.by_feature, packed. OUT: shares.value.
// d (d + 1) / 2 + 2 d multiply-adds a row and component; P is read once for score_panels panels and component.
template <class T, class Shape>
inline void score_full_wide_tile(const T* packed, const Tile<T>& tile, Shares<T>& shares) {
  constexpr int together = Simd<T>::width * Shape::vectors > panel_rows ? int(score_panels) : 1;
  const ptrdiff_t d = tile.d, stride = shares.panel_stride;
  const size_t component = score_full_component(d);
  for (ptrdiff_t c = 0; c < shares.k; ++c, packed += component) {
    const T* z = tile.by_feature;
    T* out = shares.value + c * panel_rows;
    ptrdiff_t p = 0;
    for (; p + together <= tile.panels; p += together)
      score_full_wide_panels<T, Shape, together>(packed, d, z + p * d * panel_rows, shares.scratch, out + p * stride, stride);
    if constexpr (together > 1)
      for (; p < tile.panels; ++p)
        score_full_wide_panels<T, Shape, 1>(packed, d, z + p * d * panel_rows, shares.scratch, out + p * stride, stride);
  }
}

template <class T>
inline void score_full(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares) {
  switch (tile.d) {
    case 1: return score_full_narrow_tile<T, 1>(scorer.packed, tile, shares);
    case 2: return score_full_narrow_tile<T, 2>(scorer.packed, tile, shares);
    case 3: return score_full_narrow_tile<T, 3>(scorer.packed, tile, shares);
    case 4: return score_full_narrow_tile<T, 4>(scorer.packed, tile, shares);
    case 5: return score_full_narrow_tile<T, 5>(scorer.packed, tile, shares);
    case 6: return score_full_narrow_tile<T, 6>(scorer.packed, tile, shares);
    case 7: return score_full_narrow_tile<T, 7>(scorer.packed, tile, shares);
    case 8: return score_full_narrow_tile<T, 8>(scorer.packed, tile, shares);
  }
  if (tile.d < tall_from) return score_full_wide_tile<T, WideShape>(scorer.packed, tile, shares);
  score_full_wide_tile<T, TallShape>(scorer.packed, tile, shares);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
