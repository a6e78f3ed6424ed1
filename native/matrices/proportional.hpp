// Covariances that are multiples of one: volumes and what is common, by turns (Celeux & Govaert 1995).
#pragma once

#include <cstddef>

#include "../pass/stages.hpp"

namespace gaussmix {

struct Proportional {
  ptrdiff_t k, d;
  const double* scatter;     // (k, d), along axes, or (k, d, d)
  const double* sum_weight;  // (k)
  ptrdiff_t most_turns;
  double tolerance;  // relative change of every volume at which turns have come to their end
  double* common;    // IN to begin from, of any volume; OUT of determinant 1: (d) or (d, d)
  double* volume;    // OUT (k)
};

// Both return -1, or the number of the first component without any scatter, or k where what is common is singular.
ptrdiff_t common_shape(const Proportional& task);
ptrdiff_t common_matrix(const Level& level, const Proportional& task);

}  // namespace gaussmix
