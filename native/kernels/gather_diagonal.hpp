// Moments for diagonal covariances: sum_weight, sum_x and the sum of squares of each feature about a pivot.
#pragma once

#include "gather_features.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

template <class T>
inline size_t gather_diagonal_sums(const Centres& centres) {
  return size_t(centres.k * gather_features_component<T, Moments::squares>(centres.d));
}

template <class T>
inline size_t gather_diagonal_scratch(ptrdiff_t rows, const Centres& centres) {
  const size_t lists = gather_features_scratch(rows, centres.d);
  return lists ? lists + dense_scratch<T>(centres.k) : 0;
}

inline size_t gather_diagonal_scatter(ptrdiff_t k, ptrdiff_t d) { return size_t(k * d); }

inline double gather_diagonal_operations(ptrdiff_t k, ptrdiff_t d) { return 3.0 * double(k) * double(d); }

inline Points anchor_points(const Centres& centres) { return {centres.anchor, centres.at_origin}; }

template <class T>
inline void gather_diagonal(const Tile<T>& tile, const Shares<T>& shares, const Centres& centres, double* sums,
                            T* scratch) {
  gather_features<T, Moments::squares>(tile, shares, anchor_points(centres), sums, scratch);
}

// About the pivot p of sums about the origin: sum x^2 - p (sum x + sum (x - p)).
template <class T>
inline void gather_diagonal_finish(const Centres& centres, double* sums, double* packed) {
  double* scatter = packed + centres.k * (1 + centres.d);
  gather_features_finish<T, Moments::squares>(
      centres, anchor_points(centres), sums, packed,
      [&](ptrdiff_t c, const double* squares, ptrdiff_t d, const double* pivot, const double* x, const double* about) {
        for (ptrdiff_t j = 0; j < d; ++j)
          scatter[c * d + j] = pivot ? squares[j] - pivot[j] * (x[j] + about[j]) : squares[j];
      });
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
