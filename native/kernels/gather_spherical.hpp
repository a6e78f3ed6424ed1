// Moments for spherical covariances: sum_weight, sum_x and the sum of squared distances from a pivot.
#pragma once

#include "gather_diagonal.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

template <class T>
inline size_t gather_spherical_sums(const Centres& centres) {
  return size_t(centres.k * gather_features_component<T, Moments::norm>(centres.d));
}

inline size_t gather_spherical_scatter(ptrdiff_t k, ptrdiff_t) { return size_t(k); }

inline double gather_spherical_operations(ptrdiff_t k, ptrdiff_t d) { return 2.0 * double(k) * double(d); }

template <class T>
inline void gather_spherical(const Tile<T>& tile, const Shares<T>& shares, const Centres& centres, double* sums,
                             T* scratch) {
  gather_features<T, Moments::norm>(tile, shares, anchor_points(centres), sums, scratch);
}

// As gather_diagonal_finish, all features added.
template <class T>
inline void gather_spherical_finish(const Centres& centres, double* sums, double* packed) {
  const ptrdiff_t d = centres.d;
  double* scatter = packed + centres.k * (1 + d);
  gather_features_finish<T, Moments::norm>(
      centres, anchor_points(centres), sums, packed,
      [&](ptrdiff_t c, const double* squares, ptrdiff_t n, const double* pivot, const double* x, const double* about) {
        double sum = 0;
        for (ptrdiff_t i = 0; i < n; ++i) sum += squares[i];
        for (ptrdiff_t j = 0; pivot && j < d; ++j) sum -= pivot[j] * (x[j] + about[j]);
        scatter[c] = sum;
      });
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
