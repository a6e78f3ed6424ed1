// Factors of precisions: U^T covariance U = 1 at every level, and singular covariances by number.
#include <cmath>
#include <random>
#include <vector>

#include "../pass/factors.hpp"
#include "../pass/levels.hpp"
#include "check.hpp"

using gaussmix::Level;

static std::vector<double> covariance(std::mt19937_64& random, size_t d) {
  std::normal_distribution<double> normal;
  std::vector<double> root(d * d), out(d * d);
  for (double& each : root) each = normal(random);
  for (size_t i = 0; i < d; ++i)
    for (size_t j = 0; j < d; ++j) {
      out[i * d + j] = i == j;  // keeps the condition number small
      for (size_t m = 0; m < d; ++m) out[i * d + j] += root[i * d + m] * root[j * d + m] / double(d);
    }
  return out;
}

static double worst_of_identity(size_t d, const double* matrix, const double* factor) {
  double worst = 0;
  for (size_t i = 0; i < d; ++i)
    for (size_t j = 0; j < d; ++j) {
      double sum = 0;
      for (size_t a = 0; a < d; ++a)
        for (size_t b = 0; b < d; ++b) sum += factor[a * d + i] * matrix[a * d + b] * factor[b * d + j];
      worst = std::fmax(worst, std::fabs(sum - double(i == j)));
      if (j < i) worst = std::fmax(worst, std::fabs(factor[i * d + j]));
    }
  return worst;
}

static void test_identity(const Level& level) {
  std::mt19937_64 random(1);
  for (size_t d = 1; d <= 35; ++d) {
    const std::vector<double> matrix = covariance(random, d);
    std::vector<double> factor(d * d);
    const ptrdiff_t singular = gaussmix::precision_factors(level, 1, ptrdiff_t(d), matrix.data(), factor.data());
    CHECK(singular == -1, "%s: d = %zu counts as singular", level.name, d);
    const double worst = worst_of_identity(d, matrix.data(), factor.data());
    CHECK(worst < 1e-13, "%s: d = %zu is %g off", level.name, d, worst);
  }
}

static void test_singular(const Level& level) {
  const double matrices[12] = {1, 0, 0, 1, 4, 2, 2, 1, 1, 0, 0, 1};
  double factors[12];
  const ptrdiff_t singular = gaussmix::precision_factors(level, 3, 2, matrices, factors);
  CHECK(singular == 1, "%s: got %td", level.name, singular);
}

int main() {
  for (const Level* level : gaussmix::levels()) {
    test_identity(*level);
    test_singular(*level);
  }
  return report("factors");
}
