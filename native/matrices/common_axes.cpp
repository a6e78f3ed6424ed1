// Rotations in planes of two axes (Flury & Gautschi 1986).
//
// With the best variances along given axes put in, the M-step of covariances D diag(a_c) D^T maximises
// -1/2 sum_c N_c log|diag a_c|, a_c = diag(D^T S_c D) / N_c, or where all have one volume -N/2 log sum_c g_c,
// g_c = |diag(D^T S_c D)|^(1/d). For variances that are held, both ask for the least sum_c u_c sum_p S_c(p, p) / a_c(p)
// with u = N, or u = g and a = S(p, p): a sum over the axes, so that the best angle in a plane is a closed form. The
// variances follow at once after every turn, so that no turn lowers the objective.
//
// Components lie innermost: all of them turn by the same angle.
#include "common_axes.hpp"

#include <cmath>
#include <vector>

namespace gaussmix {
namespace {

void rotate(ptrdiff_t count, double cosine, double sine, double* first, double* second) {
  for (ptrdiff_t i = 0; i < count; ++i) {
    const double one = first[i], other = second[i];
    first[i] = cosine * one + sine * other;
    second[i] = cosine * other - sine * one;
  }
}

class Turning {
 public:
  explicit Turning(const CommonAxes& task)
      : task_(task), unit_(task.sum_weight, task.sum_weight + task.k), before_(size_t(task.k)) {
    for (const double each : unit_) total_ += each;
  }

  // The first component without variance along an axis, or -1. Where volumes are equal they are computed anew: turns
  // only multiply them.
  ptrdiff_t measure(double& worth) {
    double sum = 0;
    for (ptrdiff_t c = 0; c < task_.k; ++c) {
      double log_determinant = 0;
      for (ptrdiff_t p = 0; p < task_.d; ++p) {
        const double along = row(c, p)[p];
        if (!(along > 0 && std::isfinite(along))) return c;
        log_determinant += std::log(along);
      }
      if (task_.equal_volume) sum += unit_[size_t(c)] = std::exp(log_determinant / double(task_.d));
      else sum += task_.sum_weight[c] / total_ * log_determinant;
    }
    worth = -0.5 * (task_.equal_volume ? double(task_.d) * std::log(sum) : sum);
    return -1;
  }

  void sweep() {
    for (ptrdiff_t p = 0; p + 1 < task_.d; ++p)
      for (ptrdiff_t q = p + 1; q < task_.d; ++q) turn(p, q);
  }

 private:
  double* row(ptrdiff_t c, ptrdiff_t p) const { return task_.turned + (c * task_.d + p) * task_.d; }

  // By an angle t the sum becomes a constant - even cos 2t - odd sin 2t. As even >= 0, 2t is at most a right angle.
  void turn(ptrdiff_t p, ptrdiff_t q) {
    double even = 0, odd = 0;
    for (ptrdiff_t c = 0; c < task_.k; ++c) {
      const double one = row(c, p)[p], other = row(c, q)[q], both = row(c, p)[q];
      before_[size_t(c)] = one * other;
      const double gap = one - other, part = unit_[size_t(c)] / before_[size_t(c)] * gap;
      even += 0.5 * part * gap;
      odd += part * both;
    }
    const double length = std::hypot(even, odd);
    if (odd == 0 || !(length > 0)) return;
    const double cosine = std::sqrt(0.5 * (1 + even / length)), sine = 0.5 * (odd / length) / cosine;
    rotate(task_.d, cosine, sine, task_.axes + p * task_.d, task_.axes + q * task_.d);
    for (ptrdiff_t c = 0; c < task_.k; ++c) turn_matrix(row(c, 0), p, q, cosine, sine);
    if (!task_.equal_volume) return;
    for (ptrdiff_t c = 0; c < task_.k; ++c) {
      const double ratio = row(c, p)[p] * row(c, q)[q] / before_[size_t(c)];
      if (ratio > 0) unit_[size_t(c)] *= std::pow(ratio, 1 / double(task_.d));  // else measure() will tell
    }
  }

  // Lines and columns of a symmetric matrix: turned lines are the turned columns, but for the four entries in both.
  void turn_matrix(double* matrix, ptrdiff_t p, ptrdiff_t q, double cosine, double sine) {
    const ptrdiff_t d = task_.d;
    double *one = matrix + p * d, *other = matrix + q * d;
    rotate(d, cosine, sine, one, other);
    rotate(1, cosine, sine, one + p, one + q);
    rotate(1, cosine, sine, other + p, other + q);
    one[q] = other[p] = 0.5 * (one[q] + other[p]);
    for (ptrdiff_t i = 0; i < d; ++i) {
      matrix[i * d + p] = one[i];
      matrix[i * d + q] = other[i];
    }
  }

  const CommonAxes& task_;
  std::vector<double> unit_, before_;
  double total_ = 0;
};

}  // namespace

ptrdiff_t turn_axes(CommonAxes& task) {
  Turning turning(task);
  ptrdiff_t bad = turning.measure(task.worth);
  for (ptrdiff_t sweep = 0; bad < 0 && sweep < task.most_sweeps; ++sweep) {
    const double before = task.worth;
    turning.sweep();
    bad = turning.measure(task.worth);
    if (task.worth - before < task.tolerance) break;
  }
  return bad;
}

}  // namespace gaussmix
