#include "information.hpp"

#include <algorithm>
#include <cmath>

#include "workspace.hpp"

namespace gaussmix {
namespace {

void mirror(ptrdiff_t length, double* sums) {
  for (ptrdiff_t i = 0; i < length; ++i)
    for (ptrdiff_t j = 0; j < i; ++j) sums[i * length + j] = sums[j * length + i];
}

}  // namespace

ptrdiff_t information_length(const Level& level, const InformationTask& task) {
  return task.model.k * level.information_sums(task.form, task.model.d);
}

void information(const Level& level, const InformationTask& task, double* whole, double* observed) {
  const Kernels<double>& kernels = level.float64;
  const ScoreStage<double>& score = kernels.score[task.form];
  const ptrdiff_t k = task.model.k, d = task.model.d, length = information_length(level, task);
  const PaddedFrame frame(task.rows.multiplier, task.rows.shift, d);
  Rows rows = task.rows;
  rows.multiplier = frame.multiplier.data();
  rows.shift = frame.shift.data();
  rows.weight = nullptr;  // shares are to be parts of 1
  const Packed<double> packed(score, task.model);
  Workspace<double> space(k, d, false, level.information_scratch(task.form, tile_rows<double>(k, d), k, d));
  Buffer<double> root(size_t(space.rows));
  double log_likelihood[panel_rows] = {};  // not used
  std::fill_n(whole, length * length, 0.0);
  std::fill_n(observed, length * length, 0.0);
  for (ptrdiff_t first = 0; first < rows.n; first += space.rows) {
    const ptrdiff_t count = std::min(space.rows, rows.n - first);
    for (ptrdiff_t r = 0; r < space.rows; ++r)
      root.get()[r] = r < count ? std::sqrt(task.rows.weight[(first + r) * task.rows.weight_stride]) : 0.0;
    kernels.load(rows, first, count, space.tile);
    score.run(packed.scorer, space.tile, space.shares);
    kernels.share_rows.run(packed.scorer, space.tile, space.shares, log_likelihood);
    level.information_tile(space.tile, space.shares, task.form, task.pivot, root.get(), space.scratch(), whole, observed);
  }
  mirror(length, whole);
  mirror(length, observed);
}

}  // namespace gaussmix
