// With the best volumes put in the objective is concave, in the logarithm of the shape or along geodesics of matrices:
// there is one optimum, and every turn raises the objective.
#include "proportional.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../pass/factors.hpp"

namespace gaussmix {
namespace {

// A shape, of determinant 1.
class Shape {
 public:
  explicit Shape(ptrdiff_t d) : size(d), inverse(size_t(d)) {}

  bool take(double* weighted) {
    double logs = 0;
    for (ptrdiff_t p = 0; p < size; ++p) {
      if (!(weighted[p] > 0)) return false;
      logs += std::log(weighted[p]);
    }
    const double mean = std::exp(logs / double(size));
    for (ptrdiff_t p = 0; p < size; ++p) inverse[size_t(p)] = 1 / (weighted[p] /= mean);
    return true;
  }

  const ptrdiff_t size;         // numbers of a component's scatter
  std::vector<double> inverse;  // so many
};

// A matrix, of determinant 1.
class Matrix {
 public:
  Matrix(const Level& level, ptrdiff_t d) : size(d * d), inverse(size_t(d * d)), level_(level), d_(d), factor_(size_t(d * d)) {}

  bool take(double* weighted) {
    if (precision_factors(level_, 1, d_, weighted, factor_.data()) >= 0) return false;
    double logs = 0;
    for (ptrdiff_t p = 0; p < d_; ++p) logs += std::log(factor_[size_t(p * d_ + p)]);
    const double mean = std::exp(-2 * logs / double(d_));
    for (ptrdiff_t e = 0; e < size; ++e) weighted[e] /= mean;
    for (ptrdiff_t p = 0; p < d_; ++p)
      for (ptrdiff_t q = 0; q <= p; ++q) {
        double sum = 0;  // upper triangular: nothing before column p
        for (ptrdiff_t r = p; r < d_; ++r) sum += factor_[size_t(p * d_ + r)] * factor_[size_t(q * d_ + r)];
        inverse[size_t(p * d_ + q)] = inverse[size_t(q * d_ + p)] = mean * sum;
      }
    return true;
  }

  const ptrdiff_t size;
  std::vector<double> inverse;

 private:
  const Level& level_;
  const ptrdiff_t d_;
  std::vector<double> factor_;
};

// Volumes tr(C^-1 S_c) / (d N_c) for what is common. Returns -1 or the first component that has none.
template <class Common>
ptrdiff_t measure(const Proportional& task, const Common& common) {
  for (ptrdiff_t c = 0; c < task.k; ++c) {
    double sum = 0;
    for (ptrdiff_t e = 0; e < common.size; ++e) sum += task.scatter[c * common.size + e] * common.inverse[size_t(e)];
    task.volume[c] = sum / (double(task.d) * task.sum_weight[c]);
    if (!(task.volume[c] > 0 && std::isfinite(task.volume[c]))) return c;
  }
  return -1;
}

template <class Common>
ptrdiff_t by_turns(const Proportional& task, Common common) {
  if (!common.take(task.common)) return task.k;
  ptrdiff_t bad = measure(task, common);
  std::vector<double> before(size_t(task.k));
  for (ptrdiff_t turn = 0; bad < 0 && turn < task.most_turns; ++turn) {
    std::fill_n(task.common, common.size, 0.0);
    for (ptrdiff_t c = 0; c < task.k; ++c)
      for (ptrdiff_t e = 0; e < common.size; ++e)
        task.common[e] += task.scatter[c * common.size + e] / task.volume[c];
    if (!common.take(task.common)) return task.k;
    std::copy_n(task.volume, task.k, before.begin());
    bad = measure(task, common);
    bool changed = false;
    for (ptrdiff_t c = 0; c < task.k; ++c)
      changed |= !(std::fabs(task.volume[c] - before[size_t(c)]) <= task.tolerance * before[size_t(c)]);
    if (!changed) break;
  }
  return bad;
}

}  // namespace

ptrdiff_t common_shape(const Proportional& task) { return by_turns(task, Shape(task.d)); }

ptrdiff_t common_matrix(const Level& level, const Proportional& task) { return by_turns(task, Matrix(level, task.d)); }

}  // namespace gaussmix
