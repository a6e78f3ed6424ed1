// The points about which moments are summed, where those are not the components' own pivots.
#pragma once

#include <vector>

#include "near_origin.hpp"
#include "stages.hpp"

namespace gaussmix {

// A component joins the first anchor that lies within this many standard deviations of it; if there is none it
// becomes one. Components whose rows overlap are nearer to each other than that, so that most rows have shares at one
// anchor only.
constexpr double anchor_reach = near_reach;

class Anchors {
 public:
  // Each component its own: its pivot.
  Anchors(ptrdiff_t k, ptrdiff_t d, const double* pivot);
  // Distances |factor^T (a - b)|, factor (d, d) upper triangular.
  Anchors(ptrdiff_t k, ptrdiff_t d, const double* pivot, const double* factor);

  // The origin for components that are within reach of it.
  void move_to_origin(NearOrigin is_near, const double* factors, double reach);

  Centres centres() const;

 private:
  ptrdiff_t k_, d_;
  const double* pivot_;
  std::vector<int32_t> group_;
  std::vector<double> anchor_;
  std::vector<uint8_t> at_origin_;
};

}  // namespace gaussmix
