// Scores under full covariances: log_constant - |P (z - mean)|^2 / 2, P lower triangular (P = U^T).
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Up to here the number of features is a template parameter and a centred row never leaves the registers.
constexpr int score_full_narrow = 8;
// Rows of P in registers at once, times two vectors of rows: 16 sums of 32 registers, or 8 of 16.
constexpr int factor_rows = registers >= 32 ? 8 : 4;

// Packed parameters of one component:
//   narrow (d <= 8): log_constant, mean (d), P row by row (d (d + 1) / 2)
//   wide:            log_constant, mean (d), then P in tiles of factor_rows rows (the first tile is the short one):
//                    for each column of the tile its entries on and below the diagonal.
inline size_t score_full_component(ptrdiff_t d) { return size_t(1 + d + d * (d + 1) / 2); }

inline size_t score_full_size(ptrdiff_t k, ptrdiff_t d) { return size_t(k) * score_full_component(d); }

template <class T>
inline void score_full_pack(const Model& model, T* packed) {
  const ptrdiff_t d = model.d;
  const ptrdiff_t tile = d <= score_full_narrow ? 1 : factor_rows;
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

// One tile of R rows of P times two vectors of centred rows: `full` columns left of the diagonal, then the
// triangle. Adds the squares of the results. IN/OUT square. Returns the end of the tile's entries.
template <class T, int R>
GAUSSMIX_INLINE const T* factor_tile(const T* factor, ptrdiff_t full, const T* centred, Vector<T>* square) {
  constexpr int w = Simd<T>::width;
  Vector<T> y[R][2] = {};
  for (ptrdiff_t j = 0; j < full; ++j, factor += R) {
    Vector<T> z0 = load(centred + j * panel_rows), z1 = load(centred + j * panel_rows + w);
    unroll<0, R>([&](auto i) GAUSSMIX_LAMBDA {
      y[i][0] += factor[i] * z0;
      y[i][1] += factor[i] * z1;
    });
  }
  centred += full * panel_rows;
  unroll<0, R>([&](auto j) GAUSSMIX_LAMBDA {
    constexpr int column = decltype(j)::value;
    Vector<T> z0 = load(centred + column * panel_rows), z1 = load(centred + column * panel_rows + w);
    unroll<column, R>([&](auto i) GAUSSMIX_LAMBDA {
      y[i][0] += *factor * z0;
      y[i][1] += *factor * z1;
      ++factor;
    });
  });
  unroll<0, R>([&](auto i) GAUSSMIX_LAMBDA {
    square[2 * (i % 2)] += y[i][0] * y[i][0];
    square[2 * (i % 2) + 1] += y[i][1] * y[i][1];
  });
  return factor;
}

template <class T>
inline const T* first_factor_tile(int rows, const T* factor, const T* centred, Vector<T>* square) {
  switch (rows) {
    case 1: return factor_tile<T, 1>(factor, 0, centred, square);
    case 2: return factor_tile<T, 2>(factor, 0, centred, square);
    case 3: return factor_tile<T, 3>(factor, 0, centred, square);
    case 4: return factor_tile<T, 4>(factor, 0, centred, square);
    case 5: return factor_tile<T, 5>(factor, 0, centred, square);
    case 6: return factor_tile<T, 6>(factor, 0, centred, square);
    case 7: return factor_tile<T, 7>(factor, 0, centred, square);
    default: return factor_tile<T, 8>(factor, 0, centred, square);
  }
}

// One component and one panel. SCRATCH centred (d, panel_rows), which stays in the first-level cache up to
// d = 256; P streams past it once for every two vectors.
template <class T>
inline void score_full_wide_panel(const T* packed, ptrdiff_t d, const T* z, T* centred, T* out) {
  constexpr int w = Simd<T>::width;
  const T* mean = packed + 1;
  for (ptrdiff_t j = 0; j < d; ++j)
    unroll<0, panel_rows / w>([&](auto v) GAUSSMIX_LAMBDA {
      store(centred + j * panel_rows + v * w, load(z + j * panel_rows + v * w) - mean[j]);
    });
  const int short_tile = int(d % factor_rows ? d % factor_rows : factor_rows);
  for (int r = 0; r < panel_rows; r += 2 * w) {
    Vector<T> square[4] = {};
    const T* factor = first_factor_tile<T>(short_tile, packed + 1 + d, centred + r, square);
    for (ptrdiff_t full = short_tile; full < d; full += factor_rows)
      factor = factor_tile<T, factor_rows>(factor, full, centred + r, square);
    store(out + r, score_of<T>(packed[0], square[0] + square[2]));
    store(out + r + w, score_of<T>(packed[0], square[1] + square[3]));
  }
}

// IN: tile.by_feature, packed. OUT: shares.value.
// d (d + 1) / 2 + 2 d multiply-adds a row and component; P is read once for a panel and component.
template <class T>
inline void score_full_wide_tile(const T* packed, const Tile<T>& tile, Shares<T>& shares) {
  const ptrdiff_t d = tile.d;
  const size_t component = score_full_component(d);
  for (ptrdiff_t c = 0; c < shares.k; ++c, packed += component)
    for (ptrdiff_t p = 0; p < tile.panels; ++p)
      score_full_wide_panel(packed, d, tile.by_feature + p * d * panel_rows, shares.scratch,
                            shares.value + p * shares.panel_stride + c * panel_rows);
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
    default: return score_full_wide_tile<T>(scorer.packed, tile, shares);
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
