// The table of one instruction level. This file is compiled once for each, with its own -march and namespace.

#include "../pass/stages.hpp"
#include "factor.hpp"
#include "information.hpp"
#include "nearest.hpp"
#include "peak.hpp"

#define GAUSSMIX_TEXT_OF(name) #name
#define GAUSSMIX_TEXT(name) GAUSSMIX_TEXT_OF(name)

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

const Kernels<double>& float64_stages();
const Kernels<float>& float32_stages();

const Level& table() {
  static const Level level = {GAUSSMIX_TEXT(GAUSSMIX_LEVEL_NAME), float64_stages(), float32_stages(),
                              factor_scratch, precision_factor, information_sums, information_scratch, information_tile,
                              nearest_padding, nearest_centres, shrink_distances,
                              peak_flops};
  return level;
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
