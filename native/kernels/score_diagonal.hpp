// Scores under diagonal covariances: log_constant - sum_j ((z_j - mean_j) factor_j)^2 / 2, factor = 1 / standard
// deviation; and under spherical ones, whose factor is the same for all features.
#pragma once

#include "../pass/near_origin.hpp"
#include "score_full.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Components scored side by side, for which a vector of rows is loaded once. With two vectors of rows they are 8 chains of
// multiply-adds, as many as cover a latency of 4 on two units.
constexpr int score_diagonal_components = registers >= 32 ? 4 : 2;

// How the deviation y of a coordinate z comes from two parameters a and b of a component.
enum class Deviation {
  exact,   // y = (z - a) b, a = mean, b = factor
  offset,  // y = z b + a, a = -mean factor, one multiply-add: off by some roundings of a, so for small a only
  common,  // y = z - a; the squares are multiplied by one factor squared after they were added
};

// Packed: for each group of components, for each feature: a of the group, b of the group; then for each component its
// log constant, for each its factor squared, and for each group how its deviations are made. A last, incomplete group
// is filled with zeros.
inline size_t score_diagonal_size(ptrdiff_t k, ptrdiff_t d) {
  const ptrdiff_t filled = round_up(k, score_diagonal_components);
  return size_t(filled * (2 * d + 2) + filled / score_diagonal_components);
}

template <class T>
inline void pack_deviations(const Model& model, ptrdiff_t first, Deviation way, T* packed) {
  constexpr ptrdiff_t g = score_diagonal_components;
  for (ptrdiff_t j = 0; j < model.d; ++j, packed += 2 * g)
    for (ptrdiff_t i = 0; i < g; ++i) {
      const bool there = first + i < model.k;
      const double mean = there ? model.means[(first + i) * model.d + j] : 0;
      const double factor = there ? model.factor[(first + i) * model.d + j] : 0;
      packed[i] = T(way == Deviation::offset ? -mean * factor : mean);
      packed[g + i] = T(factor);
    }
}

// `way(c)`: how the deviations of component c may be made beside exactly. A group has one way.
template <class T, class Way>
inline void pack_diagonal(const Model& model, T* packed, Way way) {
  constexpr ptrdiff_t g = score_diagonal_components;
  const ptrdiff_t d = model.d, filled = round_up(model.k, g);
  T* log_constant = packed + filled * 2 * d;
  T* square = log_constant + filled;
  T* ways = square + filled;
  for (ptrdiff_t first = 0; first < filled; first += g) {
    Deviation all = way(first);
    for (ptrdiff_t c = first + 1; c < first + g && c < model.k; ++c)
      if (way(c) != all) all = Deviation::exact;
    pack_deviations(model, first, all, packed + first * 2 * d);
    ways[first / g] = T(int(all));
  }
  for (ptrdiff_t c = 0; c < filled; ++c) {
    log_constant[c] = c < model.k ? T(model.log_constant[c]) : T(0);
    square[c] = c < model.k ? T(model.factor[c * d] * model.factor[c * d]) : T(0);
  }
}

template <class T>
inline void score_diagonal_pack(const Model& model, T* packed) {
  pack_diagonal(model, packed, [&](ptrdiff_t c) {
    const bool near = is_near_along_axes(model.d, model.means + c * model.d, model.factor, c, near_reach);
    return near ? Deviation::offset : Deviation::exact;
  });
}

// Where the factor is of another order than rows ever are, squares of differences could leave the range of T.
template <class T>
inline void score_spherical_pack(const Model& model, T* packed) {
  pack_diagonal(model, packed, [&](ptrdiff_t c) {
    const double factor = model.factor[c * model.d];
    const bool ordinary = factor < Limits<T>::ordinary && factor * Limits<T>::ordinary > 1;
    return ordinary ? Deviation::common : Deviation::exact;
  });
}

inline double score_diagonal_operations(ptrdiff_t k, ptrdiff_t d) { return 2.0 * double(k) * double(d); }

// Vectors of rows scored together, for which parameters are broadcast once, and the panels that they take.
constexpr int score_diagonal_vectors = registers >= 32 ? 4 : 2;
template <class T>
constexpr int score_diagonal_panels =
    score_diagonal_vectors * Simd<T>::width > panel_rows ? score_diagonal_vectors * Simd<T>::width / panel_rows : 1;

// `there` components of one group for P panels.
template <class T, Deviation way, int P>
GAUSSMIX_INLINE void score_diagonal_group(const T* packed, const T* log_constant, const T* factor_square,
                                          ptrdiff_t there, ptrdiff_t d, const T* z, T* out, ptrdiff_t out_stride) {
  constexpr int w = Simd<T>::width, g = score_diagonal_components;
  constexpr int most = P * panel_rows / w, n = most < score_diagonal_vectors ? most : score_diagonal_vectors;
  for (int first = 0; first < most; first += n) {
    const auto panel = [&](int v) GAUSSMIX_LAMBDA { return (first + v) * w / panel_rows; };
    const auto row = [&](int v) GAUSSMIX_LAMBDA { return (first + v) * w % panel_rows; };
    Vector<T> square[g][n] = {};
    const T* parameters = packed;
    for (ptrdiff_t j = 0; j < d; ++j, parameters += 2 * g) {
      Vector<T> own[n];
      unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA { own[v] = load(z + (panel(v) * d + j) * panel_rows + row(v)); });
      unroll<0, g>([&](auto i) GAUSSMIX_LAMBDA {
        const T a = parameters[i], b = parameters[g + i];
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
          Vector<T> y;
          if constexpr (way == Deviation::exact) y = (own[v] - a) * b;
          else if constexpr (way == Deviation::offset) y = own[v] * b + a;
          else y = own[v] - a;
          square[i][v] += y * y;
        });
      });
    }
    unroll<0, g>([&](auto i) GAUSSMIX_LAMBDA {
      if (i < there)
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
          if constexpr (way == Deviation::common) square[i][v] *= factor_square[i];
          store(out + panel(v) * out_stride + i * panel_rows + row(v), score_of<T>(log_constant[i], square[i][v]));
        });
    });
  }
}

// IN: tile.by_feature, packed. OUT: shares.value.
// 2 d operations a row and component, 3 d where deviations are exact; the panels (up to 256 d bytes) stay in the
// first-level cache while the parameters (16 d bytes a component) pass by.
template <class T>
inline void score_diagonal(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares) {
  constexpr ptrdiff_t g = score_diagonal_components;
  const ptrdiff_t d = tile.d, k = shares.k, filled = round_up(k, g);
  const T* log_constant = scorer.packed + filled * 2 * d;
  const T* factor_square = log_constant + filled;
  const T* ways = factor_square + filled;
  const auto score = [&](ptrdiff_t p, auto panels) GAUSSMIX_LAMBDA {
    for (ptrdiff_t c = 0; c < k; c += g)
      with_const<int(Deviation::exact), int(Deviation::common) + 1>(ptrdiff_t(ways[c / g]), [&](auto way) {
        score_diagonal_group<T, Deviation(decltype(way)::value), decltype(panels)::value>(
            scorer.packed + c * 2 * d, log_constant + c, factor_square + c, k - c, d,
            tile.by_feature + p * d * panel_rows, shares.value + p * shares.panel_stride + c * panel_rows,
            shares.panel_stride);
      });
  };
  constexpr int together = score_diagonal_panels<T>;
  ptrdiff_t p = 0;
  for (; p + together <= tile.panels; p += together) score(p, Const<together>{});
  for (; p < tile.panels; ++p) score(p, Const<1>{});
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
