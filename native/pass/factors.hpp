// Factors of the precisions of all components.
#pragma once

#include "stages.hpp"

namespace gaussmix {

// IN covariances (k, d, d). OUT factors (k, d, d), upper triangular U with precision = U U^T. Returns the number of
// the first covariance that is singular to rounding, at which it stops, or -1.
ptrdiff_t precision_factors(const Level& level, ptrdiff_t k, ptrdiff_t d, const double* covariances, double* factors);

}  // namespace gaussmix
