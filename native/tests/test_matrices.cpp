// Common axes and multiples of one matrix: what is found is what was put in.
#include <cmath>
#include <random>
#include <vector>

#include "../matrices/common_axes.hpp"
#include "../matrices/proportional.hpp"
#include "../pass/levels.hpp"
#include "check.hpp"

using gaussmix::Level;

static std::vector<double> rotation(std::mt19937_64& random, size_t d) {
  std::normal_distribution<double> normal;
  std::vector<double> rows(d * d);
  for (size_t i = 0; i < d; ++i) {  // Gram and Schmidt
    double* row = &rows[i * d];
    for (size_t a = 0; a < d; ++a) row[a] = normal(random);
    for (int twice = 0; twice < 2; ++twice)
      for (size_t j = 0; j < i; ++j) {
        double dot = 0;
        for (size_t a = 0; a < d; ++a) dot += row[a] * rows[j * d + a];
        for (size_t a = 0; a < d; ++a) row[a] -= dot * rows[j * d + a];
      }
    double length = 0;
    for (size_t a = 0; a < d; ++a) length += row[a] * row[a];
    for (size_t a = 0; a < d; ++a) row[a] /= std::sqrt(length);
  }
  return rows;
}

static void test_axes(size_t d, size_t k, bool equal_volume) {
  std::mt19937_64 random(d);
  std::uniform_real_distribution<double> uniform(0.5, 4.0);
  const std::vector<double> truth = rotation(random, d);
  std::vector<double> scatter(k * d * d), axes(d * d), weight(k, 10.0);
  for (size_t c = 0; c < k; ++c)
    for (size_t p = 0; p < d; ++p) {
      const double variance = uniform(random);
      for (size_t i = 0; i < d; ++i)
        for (size_t j = 0; j < d; ++j) scatter[(c * d + i) * d + j] += variance * truth[p * d + i] * truth[p * d + j];
    }
  for (size_t i = 0; i < d; ++i) axes[i * d + i] = 1;
  gaussmix::CommonAxes task = {ptrdiff_t(d), ptrdiff_t(k), weight.data(), equal_volume, 200, 1e-14, axes.data(), scatter.data(), 0};
  CHECK(gaussmix::turn_axes(task) == -1, "d = %zu counts as singular", d);
  double worst = 0;
  for (size_t c = 0; c < k; ++c)
    for (size_t i = 0; i < d; ++i)
      for (size_t j = 0; j < i; ++j) worst = std::fmax(worst, std::fabs(scatter[(c * d + i) * d + j]));
  CHECK(worst < 1e-6, "d = %zu, equal volume %d: %g is left", d, int(equal_volume), worst);
  task.turned[0] = 0;
  CHECK(gaussmix::turn_axes(task) == 0, "d = %zu: no variance, and nothing said", d);
}

static void test_multiples(const Level& level, size_t d, size_t k) {
  std::mt19937_64 random(d);
  const std::vector<double> axes = rotation(random, d);
  std::vector<double> matrix(d * d), scatter(k * d * d), weight(k), volume(k), common(d * d);
  for (size_t p = 0; p < d; ++p)
    for (size_t i = 0; i < d; ++i)
      for (size_t j = 0; j < d; ++j) matrix[i * d + j] += double(p + 1) * axes[p * d + i] * axes[p * d + j];
  for (size_t c = 0; c < k; ++c) weight[c] = 3.0 + double(c);
  for (size_t c = 0; c < k; ++c)
    for (size_t e = 0; e < d * d; ++e) scatter[c * d * d + e] = weight[c] * double(c + 1) * matrix[e];
  for (size_t i = 0; i < d; ++i) common[i * d + i] = 7;
  const gaussmix::Proportional task = {ptrdiff_t(k), ptrdiff_t(d),  scatter.data(), weight.data(),
                                       100,          1e-13,         common.data(),  volume.data()};
  CHECK(gaussmix::common_matrix(level, task) == -1, "%s: d = %zu counts as singular", level.name, d);
  double worst = 0;
  for (size_t c = 0; c < k; ++c)
    for (size_t e = 0; e < d * d; ++e)
      worst = std::fmax(worst, std::fabs(volume[c] * common[e] - double(c + 1) * matrix[e]));
  CHECK(worst < 1e-11 * double(k * d), "%s: d = %zu is %g off", level.name, d, worst);
}

int main() {
  for (size_t d = 1; d <= 9; ++d)
    for (const bool equal_volume : {false, true}) test_axes(d, 3, equal_volume);
  for (const Level* level : gaussmix::levels())
    for (size_t d = 1; d <= 9; ++d) test_multiples(*level, d, 4);
  return report("matrices");
}
