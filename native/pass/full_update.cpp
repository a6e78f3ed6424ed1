#include "full_update.hpp"

#include <cmath>
#include <vector>

#include "factors.hpp"

namespace gaussmix {

ptrdiff_t full_update(const Level& level, const FullUpdateTask& task, double* means, double* factors,
                      double* log_determinant) {
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
  const ptrdiff_t singular = precision_factors(level, k, d, covariances.data(), factors);
  for (ptrdiff_t c = 0; c < (singular < 0 ? k : singular); ++c) {
    log_determinant[c] = 0;
    for (ptrdiff_t i = 0; i < d; ++i) log_determinant[c] += std::log(factors[(c * d + i) * d + i]);
  }
  return singular;
}

}  // namespace gaussmix
