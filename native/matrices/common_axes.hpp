// Axes that several scatter matrices share as nearly as can be.
#pragma once

#include <cstddef>

namespace gaussmix {

struct CommonAxes {
  ptrdiff_t d, k;
  const double* sum_weight;  // (k)
  bool equal_volume;         // whether all covariances are to have one determinant
  ptrdiff_t most_sweeps;
  double tolerance;  // nats a unit of weight that one more sweep must gain
  double* axes;      // IN OUT (d, d), one a line
  double* turned;    // IN OUT (k, d, d): scatter along these axes
  double worth;      // OUT: of these axes, nats a unit of weight up to a constant
};

// Turns the axes two at a time, each pair as far as is best, until a sweep over all pairs gains nothing. Returns the
// number of the first component that has no variance along one of them, or -1.
ptrdiff_t turn_axes(CommonAxes& task);

}  // namespace gaussmix
