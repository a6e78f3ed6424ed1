// The power of two by which weights are divided, and sums multiplied, so that float32 holds any weights.
#pragma once

#include <algorithm>
#include <cmath>

namespace gaussmix {

// That of the largest weight, within the normal numbers: 0 where rows weigh 1, as most do.
inline int weight_exponent(double largest) {
  return largest > 0 ? std::min(std::max(std::ilogb(largest), -1000), 1000) : 0;
}

}  // namespace gaussmix
