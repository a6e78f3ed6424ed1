// A scatter about one point, moved to another.
#pragma once

#include <stddef.h>

#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// IN/OUT scatter: a lower triangle about a point, then about that point + shift. IN sum_x about the latter.
// SCRATCH moved (d). With s the sum about the new point it is less by (s + N shift / 2) shift^T and its transpose: the
// difference costs as many digits as the shift is long in deviations of the component, squared.
inline void move_scatter(ptrdiff_t d, double sum_weight, const double* sum_x, const double* shift, double* moved,
                         double* scatter) {
  for (ptrdiff_t j = 0; j < d; ++j) moved[j] = sum_x[j] + 0.5 * sum_weight * shift[j];
  for (ptrdiff_t i = 0; i < d; scatter += ++i)
    for (ptrdiff_t j = 0; j <= i; ++j) scatter[j] -= moved[i] * shift[j] + shift[i] * moved[j];
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
