// Components so near the origin of the frame that nothing is lost by measuring from there.
#pragma once

#include <stddef.h>

namespace gaussmix {

// Standard deviations. What is measured from a point so far from a mean is off by as many roundings, squares by the
// square of that: 2.4 of 16 digits at most.
constexpr double near_reach = 16;

// Whether each coordinate of a point is within so many standard deviations of the origin; factor: their inverses.
bool is_near_origin(ptrdiff_t d, const double* point, const double* factor, double reach);

}  // namespace gaussmix
