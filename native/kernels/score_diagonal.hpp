// Scores under diagonal covariances: log_constant - sum_j ((z_j - mean_j) factor_j)^2 / 2, factor = 1 / standard
// deviation.
#pragma once

#include "score_full.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Components scored side by side: 4 components x 2 vectors are 8 independent chains of multiply-adds, as many
// as cover a latency of 4 on two units; a vector of rows is loaded once for the four.
constexpr int score_diagonal_components = registers >= 32 ? 4 : 2;

// Packed: for each group of components, for each feature: means of the group, factors of the group; then the
// log constants of all components. A last, incomplete group is filled with zeros.
inline size_t score_diagonal_size(ptrdiff_t k, ptrdiff_t d) {
  const ptrdiff_t filled = round_up(k, score_diagonal_components);
  return size_t(filled * 2 * d + filled);
}

template <class T>
inline void score_diagonal_pack(const Model& model, T* packed) {
  constexpr ptrdiff_t g = score_diagonal_components;
  const ptrdiff_t filled = round_up(model.k, g);
  for (ptrdiff_t first = 0; first < filled; first += g)
    for (ptrdiff_t j = 0; j < model.d; ++j, packed += 2 * g)
      for (ptrdiff_t i = 0; i < g; ++i) {
        const bool there = first + i < model.k;
        packed[i] = there ? T(model.means[(first + i) * model.d + j]) : T(0);
        packed[g + i] = there ? T(model.factor[(first + i) * model.d + j]) : T(0);
      }
  for (ptrdiff_t c = 0; c < filled; ++c) *packed++ = c < model.k ? T(model.log_constant[c]) : T(0);
}

inline double score_diagonal_operations(ptrdiff_t k, ptrdiff_t d) { return 3.0 * double(k) * double(d); }

// `there` components of one group for one panel.
template <class T>
GAUSSMIX_INLINE void score_diagonal_group(const T* packed, const T* log_constant, ptrdiff_t there, ptrdiff_t d,
                                          const T* z, T* out) {
  constexpr int w = Simd<T>::width;
  constexpr int g = score_diagonal_components;
  constexpr int n = panel_rows / w >= 2 ? 2 : 1;
  for (int r = 0; r < panel_rows; r += n * w) {
    Vector<T> square[g][n] = {};
    const T* parameters = packed;
    for (ptrdiff_t j = 0; j < d; ++j, parameters += 2 * g) {
      Vector<T> own[n];
      unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA { own[v] = load(z + j * panel_rows + r + v * w); });
      unroll<0, g>([&](auto i) GAUSSMIX_LAMBDA {
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
          const Vector<T> y = (own[v] - parameters[i]) * parameters[g + i];
          square[i][v] += y * y;
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

// IN: tile.by_feature, packed. OUT: shares.value.
// 3 d operations a row and component; a panel (128 d bytes) stays in the first-level cache while the
// parameters (16 d bytes a component) pass by.
template <class T>
inline void score_diagonal(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares) {
  constexpr ptrdiff_t g = score_diagonal_components;
  const ptrdiff_t d = tile.d, k = shares.k;
  const T* log_constant = scorer.packed + round_up(k, g) * 2 * d;
  for (ptrdiff_t p = 0; p < tile.panels; ++p)
    for (ptrdiff_t c = 0; c < k; c += g)
      score_diagonal_group(scorer.packed + c * 2 * d, log_constant + c, k - c, d,
                           tile.by_feature + p * d * panel_rows,
                           shares.value + p * shares.panel_stride + c * panel_rows);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
