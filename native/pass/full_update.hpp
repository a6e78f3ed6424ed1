// The M-step of components each of which has a whole covariance of its own.
#pragma once

#include "stages.hpp"

namespace gaussmix {

struct FullUpdateTask {
  ptrdiff_t k, d;
  const double* sum_weight;           // (k,), positive
  const double* sum_x;                // (k, d), about pivot
  const double* scatter;              // (k, d (d + 1) / 2), about pivot: lower triangles, line by line
  const double* pivot;                // (k, d)
  const double* scatter_diagonal;     // (d,), added to scatters
  const double* covariance_diagonal;  // (d,), added to covariances
};

// OUT means (k, d); factors (k, d, d) as precision_factors gives them; log_determinant (k,) of the factors. Returns
// what precision_factors does.
ptrdiff_t full_update(const Level& level, const FullUpdateTask& task, double* means, double* factors,
                      double* log_determinant);

}  // namespace gaussmix
