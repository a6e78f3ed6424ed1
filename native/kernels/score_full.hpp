// Scores under full covariances: log_constant - |P (z - mean)|^2 / 2, P lower triangular (P = U^T).
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Up to here the number of features is a template parameter and a centred row never leaves the registers.
constexpr int score_full_narrow = 8;
// Rows of P and vectors of rows whose products are in registers at once. P begins with a tile of the rows that are left
// over, a multiple of `step`: rows that are not there are zero.
template <int R, int V, int S>
struct FactorShape {
  static constexpr int rows = R, vectors = V, step = S;
};
// What limits them is the number of instructions beside the multiply-adds: 10 loads for 24 of 32 registers, or 6 for
// 8 of 16.
typedef FactorShape<(registers >= 32 ? 6 : 4), (registers >= 32 ? 4 : 2), 1> WideShape;
// From here on the centred rows of a wide shape, d x 32, take more than half of the first-level cache. A tall one has
// half as many rows there and 14 loads for 24; with d < 96 more of its work is on the diagonal, where it is slower.
// Its step is 4, as twelve lengths of a first tile would take minutes to compile.
constexpr ptrdiff_t tall_from = 96;
typedef FactorShape<(registers >= 32 ? 12 : 4), 2, 4> TallShape;

struct FactorTiles {
  ptrdiff_t rows;   // of a whole tile
  ptrdiff_t short_rows, first;  // of the first: those of P, and with zeros
};

template <class Shape>
inline FactorTiles tiles_of(ptrdiff_t d) {
  const ptrdiff_t left_over = d % Shape::rows ? d % Shape::rows : Shape::rows;
  return {Shape::rows, left_over, round_up(left_over, Shape::step)};
}

inline FactorTiles factor_tiles(ptrdiff_t d) {
  if (d <= score_full_narrow) return {1, 1, 1};
  return d < tall_from ? tiles_of<WideShape>(d) : tiles_of<TallShape>(d);
}

// Packed parameters of one component:
//   narrow (d <= 8): log_constant, mean (d), P row by row (d (d + 1) / 2)
//   wide:            log_constant, mean (d), then P in tiles of a shape's rows (the first tile is the short one):
//                    for each column of the tile its entries on and below the diagonal.
inline size_t score_full_component(ptrdiff_t d) {
  const FactorTiles tiles = factor_tiles(d);
  const ptrdiff_t zeros = (tiles.first * (tiles.first + 1) - tiles.short_rows * (tiles.short_rows + 1)) / 2;
  return size_t(1 + d + d * (d + 1) / 2 + zeros);
}

inline size_t score_full_size(ptrdiff_t k, ptrdiff_t d) { return size_t(k) * score_full_component(d); }

template <class T>
inline void score_full_pack(const Model& model, T* packed) {
  const ptrdiff_t d = model.d;
  const FactorTiles tiles = factor_tiles(d);
  for (ptrdiff_t c = 0; c < model.k; ++c) {
    const double* factor = model.factor + c * d * d;
    *packed++ = T(model.log_constant[c]);
    for (ptrdiff_t j = 0; j < d; ++j) *packed++ = T(model.means[c * d + j]);
    for (ptrdiff_t j = 0; j < tiles.first; ++j)
      for (ptrdiff_t i = j; i < tiles.first; ++i) *packed++ = i < tiles.short_rows ? T(factor[j * d + i]) : T(0);
    for (ptrdiff_t begin = tiles.short_rows; begin < d; begin += tiles.rows)
      for (ptrdiff_t j = 0; j < begin + tiles.rows; ++j)
        for (ptrdiff_t i = j > begin ? j : begin; i < begin + tiles.rows; ++i) *packed++ = T(factor[j * d + i]);
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

// The first tile of P: R rows or `step` fewer, or again fewer. Inlined: a call would send the squares through memory,
// 25 cycles a vector of rows.
template <class T, int N, int stride, int R, int step>
GAUSSMIX_INLINE const T* first_factor_tile(ptrdiff_t rows, const T* factor, const T* centred, Vector<T> (*square)[N]) {
  if constexpr (R > step)
    if (rows < R) return first_factor_tile<T, N, stride, R - step, step>(rows, factor, centred, square);
  return factor_tile<T, N, stride, R>(factor, 0, centred, square);
}

// Centred rows (d, rows) against P, N vectors of rows; out: N / (panel_rows / width) panels,
// `out_stride` apart.
template <class T, class Shape, int N, int stride>
inline void score_centred(const T* packed, ptrdiff_t d, const T* centred, T* out, ptrdiff_t out_stride) {
  constexpr int w = Simd<T>::width;
  const FactorTiles tiles = tiles_of<Shape>(d);
  Vector<T> square[2][N] = {};
  const T* factor =
      first_factor_tile<T, N, stride, Shape::rows, Shape::step>(tiles.first, packed + 1 + d, centred, square);
  for (ptrdiff_t full = tiles.short_rows; full < d; full += Shape::rows)
    factor = factor_tile<T, N, stride, Shape::rows>(factor, full, centred, square);
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
    score_centred<T, Shape, n, stride>(packed, d, centred + r, out + r / panel_rows * out_stride + r % panel_rows, out_stride);
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
