// Axes that all components share, turned two at a time.
#pragma once

#include <cstddef>

namespace gaussmix {

// Which variances along the axes are the best.
enum class Volumes { varying, equal };

// Turns common axes until a sweep over all pairs gains less than `tolerance` nats a unit of weight, or for at most
// `most` rounds of d / 2 turns (but always a whole sweep). Returns the first component without a positive variance
// along some axis, at which it stops, or -1.
//
// IN OUT axes (d, d), orthogonal, in columns. IN scatter (k, d, d), symmetric, sum_weight (k), positive. OUT worth: what
// the covariances along these axes are worth a unit of weight, up to a constant. Flops a round: 8 k d^2.
ptrdiff_t turn_common_axes(ptrdiff_t k, ptrdiff_t d, const double* scatter, const double* sum_weight, Volumes volumes,
                           ptrdiff_t most, double tolerance, double* axes, double* worth);

}  // namespace gaussmix
