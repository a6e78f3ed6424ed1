// Scores under one covariance that all components share: log_constant - |y - m|^2 / 2 with whitened rows
// y = P (z - centre) and whitened means m = P (mean - centre).
//
// A row is whitened once, not once for each component. The centre lies amid the means; what is lost beside
// P (z - mean) is the rounding of y, which is to 1 as the distance from the centre is to a deviation. Rows in
// internal coordinates are already rounded by as much.
#pragma once

#include "score_diagonal.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// P goes row by row where d is small, else in tall tiles: one panel of rows is whitened at a time.
inline FactorTiles score_tied_tiles(ptrdiff_t d) {
  return d <= score_full_narrow ? FactorTiles{1, 1, 1} : tiles_of<TallShape>(d);
}

// Packed: centre (d), P, whitened means, log constants (k).
// Means: narrow (k, d); wide: for each group of components, for each feature those of the group, the last group
// filled with zeros.
inline ptrdiff_t score_tied_filled(ptrdiff_t k, ptrdiff_t d) {
  return d <= score_full_narrow ? k : round_up(k, score_diagonal_components);
}

inline size_t score_tied_size(ptrdiff_t k, ptrdiff_t d) {
  return size_t(d) + packed_factor_size(d, score_tied_tiles(d)) + size_t(score_tied_filled(k, d) * (d + 1));
}

template <class T>
inline void score_tied_pack(const Model& model, T* packed) {
  const ptrdiff_t k = model.k, d = model.d, filled = score_tied_filled(k, d);
  const bool narrow = d <= score_full_narrow;
  const ptrdiff_t group = narrow ? 1 : score_diagonal_components;
  T* centre = packed;
  for (ptrdiff_t j = 0; j < d; ++j) {
    double sum = 0;
    for (ptrdiff_t c = 0; c < k; ++c) sum += model.means[c * d + j];
    centre[j] = T(sum / double(k));
  }
  T* means = pack_factor(model.factor, d, score_tied_tiles(d), packed + d);
  for (ptrdiff_t c = 0; c < filled; ++c) {
    T* out = means + c / group * group * d + c % group;
    for (ptrdiff_t i = 0; i < d; ++i) {
      double whitened = 0;
      if (c < k)
        for (ptrdiff_t j = 0; j <= i; ++j)
          whitened += model.factor[j * d + i] * (model.means[c * d + j] - double(centre[j]));
      out[i * group] = T(whitened);
    }
    means[filled * d + c] = c < k ? T(model.log_constant[c]) : T(0);
  }
}

inline double score_tied_operations(ptrdiff_t k, ptrdiff_t d) { return double(d) * double(d + 2 * k); }

// IN: tile.by_feature, packed. OUT: shares.value.
// d (d + 3) / 2 operations a row and 2 d a row and component; the whitened row never leaves the registers.
template <class T, int D>
inline void score_tied_narrow_tile(const T* packed, const Tile<T>& tile, Shares<T>& shares) {
  constexpr int w = Simd<T>::width;
  constexpr int n = panel_rows / w >= 2 && 2 * D + 4 <= registers ? 2 : 1;
  const T* factor = packed + D;
  const T* means = factor + D * (D + 1) / 2;
  const T* log_constant = means + shares.k * D;
  for (ptrdiff_t p = 0; p < tile.panels; ++p) {
    const T* z = tile.by_feature + p * D * panel_rows;
    for (int r = 0; r < panel_rows; r += n * w) {
      Vector<T> y[D][n];
      unroll<0, D>([&](auto j) GAUSSMIX_LAMBDA {
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA { y[j][v] = load(z + j * panel_rows + r + v * w) - packed[j]; });
      });
      // From the last row of P up: what it replaces no other row needs.
      unroll<0, D>([&](auto back) GAUSSMIX_LAMBDA {
        constexpr int i = D - 1 - decltype(back)::value;
        const T* row = factor + i * (i + 1) / 2;
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
          y[i][v] *= row[i];
          unroll<0, i>([&](auto j) GAUSSMIX_LAMBDA { y[i][v] += row[j] * y[j][v]; });
        });
      });
      T* out = shares.value + p * shares.panel_stride + r;
      const T* mean = means;
      for (ptrdiff_t c = 0; c < shares.k; ++c, mean += D, out += panel_rows)
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
          Vector<T> square = {};
          unroll<0, D>([&](auto j) GAUSSMIX_LAMBDA {
            const Vector<T> difference = y[j][v] - mean[j];
            square += difference * difference;
          });
          store(out + v * w, score_of<T>(log_constant[c], square));
        });
    }
  }
}

// One panel of whitened rows against `there` components of a group.
template <class T>
GAUSSMIX_INLINE void score_tied_group(const T* means, const T* log_constant, ptrdiff_t there, ptrdiff_t d, const T* y,
                                      T* out) {
  constexpr int w = Simd<T>::width, g = score_diagonal_components;
  constexpr int n = panel_rows / w >= 2 ? 2 : 1;
  for (int r = 0; r < panel_rows; r += n * w) {
    Vector<T> square[g][n] = {};
    const T* mean = means;
    for (ptrdiff_t j = 0; j < d; ++j, mean += g) {
      Vector<T> own[n];
      unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA { own[v] = load(y + j * panel_rows + r + v * w); });
      unroll<0, g>([&](auto i) GAUSSMIX_LAMBDA {
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
          const Vector<T> difference = own[v] - mean[i];
          square[i][v] += difference * difference;
        });
      });
    }
    unroll<0, g>([&](auto i) GAUSSMIX_LAMBDA {
      if (i < there)
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
          store(out + i * panel_rows + r + v * w, score_of<T>(log_constant[i], square[i][v]));
        });
    });
  }
}

// IN: tile.by_feature, packed. OUT: shares.value. SCRATCH shares.scratch: a panel centred, and whitened.
// d (d + 3) / 2 operations a row and 2 d a row and component. P (4 d (d + 1) bytes) and the means (8 d a component)
// pass by once a panel, from the second-level cache where they are large.
template <class T>
inline void score_tied_wide_tile(const T* packed, const Tile<T>& tile, Shares<T>& shares) {
  constexpr int w = Simd<T>::width, whole = int(panel_rows) / w;
  constexpr int n = whole < TallShape::vectors ? whole : TallShape::vectors;
  constexpr ptrdiff_t g = score_diagonal_components;
  const ptrdiff_t d = tile.d, k = shares.k;
  const T* factor = packed + d;
  const FactorTiles tiles = score_tied_tiles(d);
  const T* means = factor + packed_factor_size(d, tiles);
  const T* log_constant = means + round_up(k, g) * d;
  T* centred = shares.scratch;
  T* whitened = centred + d * panel_rows;
  for (ptrdiff_t p = 0; p < tile.panels; ++p) {
    const T* z = tile.by_feature + p * d * panel_rows;
    for (ptrdiff_t j = 0; j < d; ++j)
      unroll<0, whole>([&](auto v) GAUSSMIX_LAMBDA {
        store(centred + j * panel_rows + v * w, load(z + j * panel_rows + v * w) - packed[j]);
      });
    for (int r = 0; r < panel_rows; r += n * w)
      multiply_factor<T, TallShape, n>(
          factor, d, PanelRows<T>{centred + r, 0}, [](ptrdiff_t) GAUSSMIX_LAMBDA { return Vector<T>{}; },
          [&](auto rows, ptrdiff_t first, Vector<T>(*y)[n]) GAUSSMIX_LAMBDA {
            const ptrdiff_t there = first ? decltype(rows)::value : tiles.short_rows;
            unroll<0, decltype(rows)::value>([&](auto i) GAUSSMIX_LAMBDA {
              if (i < there)
                unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
                  store(whitened + (first + i) * panel_rows + r + v * w, y[i][v]);
                });
            });
          });
    T* out = shares.value + p * shares.panel_stride;
    for (ptrdiff_t c = 0; c < k; c += g)
      score_tied_group(means + c * d, log_constant + c, k - c, d, whitened, out + c * panel_rows);
  }
}

template <class T>
inline void score_tied(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares) {
  const auto narrow = [&](auto d) { score_tied_narrow_tile<T, decltype(d)::value>(scorer.packed, tile, shares); };
  if (!with_const<1, score_full_narrow + 1>(tile.d, narrow)) score_tied_wide_tile<T>(scorer.packed, tile, shares);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
