#include "iteration.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "full_update.hpp"

namespace gaussmix {
namespace {

double sum_of(const double* values, ptrdiff_t count) {
  double sum = 0;
  for (ptrdiff_t i = 0; i < count; ++i) sum += values[i];
  return sum;
}

// From the last to the first, as the nodes of a source that hands over its rows piece by piece are.
Numbers total(std::vector<TreeSum::Node> nodes, size_t length) {
  if (nodes.empty()) return Numbers(new double[length]());
  Numbers sums = std::move(nodes.back().sums);
  for (size_t node = nodes.size() - 1; node-- > 0;)
    for (size_t i = 0; i < length; ++i) sums[i] = nodes[node].sums[i] + sums[i];
  return sums;
}

Numbers room(ptrdiff_t length) { return Numbers(new double[size_t(length)]); }

bool all_have_weight(const double* sum_weight, ptrdiff_t k, double least_part) {
  return *std::min_element(sum_weight, sum_weight + k) > least_part * sum_of(sum_weight, k);
}

}  // namespace

void to_user_units(double* sums, ptrdiff_t k, double log_volume) { sums[0] -= sum_of(sums + 1, k) * log_volume; }

void parts_of_sum(const double* sum_weight, ptrdiff_t k, double* parts) {
  const double sum = sum_of(sum_weight, k);
  for (ptrdiff_t c = 0; c < k; ++c) parts[c] = sum_weight[c] / sum;
}

void centres_update(ptrdiff_t k, ptrdiff_t d, const double* sum_weight, const double* sum_x, const double* pivot,
                    double* means) {
  for (ptrdiff_t c = 0; c < k; ++c) {
    const double size = sum_weight[c] > 0 ? sum_weight[c] : 1.0;
    for (ptrdiff_t i = c * d; i < (c + 1) * d; ++i) means[i] = pivot[i] + sum_x[i] / size;
  }
}

Iteration iterate(const Level& level, const IterationTask& task, Interrupt interrupt) {
  Iteration made;
  std::vector<TreeSum::Node> nodes = expect(level, task.pass, interrupt, made.interrupted);
  if (made.interrupted) return made;
  const ptrdiff_t k = task.pass.model.k, d = task.pass.rows.d;
  made.length = packed_length(level, task.pass);
  made.sums = total(std::move(nodes), made.length);
  to_user_units(made.sums.get(), k, task.log_volume);
  const double *sum_weight = made.sums.get() + 1, *sum_x = sum_weight + k, *scatter = sum_x + k * d;
  made.parts = room(k);
  parts_of_sum(sum_weight, k, made.parts.get());
  if (task.update == update_centres) {
    made.means = room(k * d);
    centres_update(k, d, sum_weight, sum_x, task.pass.pivot, made.means.get());
    made.updated = true;
  } else if (task.update == update_full && all_have_weight(sum_weight, k, task.least_part)) {
    made.means = room(k * d);
    made.factors = room(k * d * d);
    made.log_determinant = room(k);
    const FullUpdateTask update = {k, d, sum_weight, sum_x, scatter, task.pass.pivot, task.scatter_diagonal,
                                   task.covariance_diagonal};
    made.updated = full_update(level, update, made.means.get(), made.factors.get(), made.log_determinant.get()) < 0;
  }
  return made;
}

}  // namespace gaussmix
