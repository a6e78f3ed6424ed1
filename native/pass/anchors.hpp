// Which components share an anchor, about which the scatter that all of them have in common is summed.
#pragma once

#include <vector>

#include "stages.hpp"

namespace gaussmix {

// A component joins the first anchor that lies within this many standard deviations of it; if there is none it
// becomes one. Moving the scatter from anchor to pivot then costs at most its square, 2.4 of 16 digits. Components
// whose rows overlap are nearer to each other than that, so that most rows have shares at one anchor only.
constexpr double anchor_reach = 16;

class Anchors {
 public:
  // Each component its own.
  Anchors(ptrdiff_t k, ptrdiff_t d, const double* pivot);
  // Distances |factor^T (a - b)|, factor (d, d) upper triangular.
  Anchors(ptrdiff_t k, ptrdiff_t d, const double* pivot, const double* factor);

  Centres centres() const;

 private:
  ptrdiff_t k_, d_;
  const double* pivot_;
  std::vector<int32_t> group_;
  std::vector<double> anchor_;
};

}  // namespace gaussmix
