#include "full_update.hpp"

#include <vector>

#include "factors.hpp"

namespace gaussmix {

ptrdiff_t full_update(const Level& level, const FullUpdateTask& task, double* means, double* factors) {
  const ptrdiff_t k = task.k, d = task.d;
  std::vector<double> covariances(size_t(k * d * d)), step(static_cast<size_t>(d));
  const double* packed = task.scatter;
  for (ptrdiff_t c = 0; c < k; ++c) {
    const double size = task.sum_weight[c];
    double* covariance = covariances.data() + c * d * d;
    for (ptrdiff_t i = 0; i < d; ++i) {
      step[size_t(i)] = task.sum_x[c * d + i] / size;
      means[c * d + i] = task.pivot[c * d + i] + step[size_t(i)];
    }
    for (ptrdiff_t i = 0; i < d; ++i)
      for (ptrdiff_t j = 0; j <= i; ++j) {
        double scatter = *packed++ - size * step[size_t(i)] * step[size_t(j)];
        if (i == j) scatter += task.scatter_diagonal[i];
        covariance[i * d + j] = covariance[j * d + i] = scatter / size;
      }
    for (ptrdiff_t i = 0; i < d; ++i) covariance[i * d + i] += task.covariance_diagonal[i];
  }
  return precision_factors(level, k, d, covariances.data(), factors);
}

}  // namespace gaussmix
