// Model-based agglomeration (Banfield & Raftery 1993): the two groups whose union costs least likelihood become one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gaussmix {

struct Agglomeration {
  ptrdiff_t m, d;
  const double* points;  // (m, d), in coordinates whose variances are summing to one
  const double* weight;  // (m), summing to one
  ptrdiff_t n_groups;    // so many are merged as ellipsoids, what is more before as balls
  // Every ellipsoid's covariance has an inverse Wishart prior worth so much weight of this variance.
  double prior_weight, prior_variance;
  int64_t* merges;  // OUT (m - 1, 2): numbers of two points; the group of the second joins that of the first
};

// Memory: costs of all pairs of points, m * m / 2 numbers.
void agglomerate(const Agglomeration& task);

}  // namespace gaussmix
