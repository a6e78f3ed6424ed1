// Components so near the origin of the frame that nothing is lost by measuring from there.
#pragma once

#include <stddef.h>

namespace gaussmix {

// Standard deviations. What is measured from a point so far from a mean is off by as many roundings, squares by the
// square of that: 2.4 of 16 digits at most.
constexpr double near_reach = 16;

// Whether a component is near: its mean `point`, number `component` of the factors. Along the axes, factors (k, d) inverse
// standard deviations; in all directions, factors (k, d, d) upper triangles of precisions.
typedef bool (*NearOrigin)(ptrdiff_t d, const double* point, const double* factors, ptrdiff_t component, double reach);

bool is_near_along_axes(ptrdiff_t d, const double* point, const double* factors, ptrdiff_t component, double reach);
bool is_near_in_all_directions(ptrdiff_t d, const double* point, const double* factors, ptrdiff_t component, double reach);

}  // namespace gaussmix
