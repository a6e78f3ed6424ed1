// How much rows say of the sums of a pass: the squares of what they add, for few rows and few sums.
#pragma once

#include "stages.hpp"

namespace gaussmix {

struct InformationTask {
  Rows rows;  // stored as float64
  Model model;
  Form form;            // of the scores and of the sums; not tied
  const double* pivot;  // (k, d)
};

// Sums of all components, k (1 + d + the length of a scatter).
ptrdiff_t information_length(const Level& level, const InformationTask& task);

// OUT whole, observed (length, length): summed over rows by weight, the products of what a row adds to the sums of a
// component, times its share once, and those of what it adds to the sums of all components, times both their shares.
void information(const Level& level, const InformationTask& task, double* whole, double* observed);

}  // namespace gaussmix
