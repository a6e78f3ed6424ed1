#include "factors.hpp"

#include <limits>

#include "workspace.hpp"

namespace gaussmix {

ptrdiff_t precision_factors(const Level& level, ptrdiff_t k, ptrdiff_t d, const double* covariances, double* factors) {
  // A pivot is what a feature keeps of its variance beside those before it. No more than the rounding of d products
  // means: it is, as far as float64 knows, a combination of them.
  const double least = double(d) * std::numeric_limits<double>::epsilon();
  Buffer<double> scratch(level.factor_scratch(d));
  for (ptrdiff_t c = 0; c < k; ++c)
    if (!level.precision_factor(d, covariances + c * d * d, least, factors + c * d * d, scratch.get())) return c;
  return -1;
}

}  // namespace gaussmix
