#include "row_results.hpp"

#include <algorithm>
#include <atomic>

#include "workspace.hpp"

namespace gaussmix {
namespace {

typedef double Compute;

template <class Out>
void write_shares(const Tile<Compute>& tile, const Shares<Compute>& shares, Out* out) {
  for (ptrdiff_t r = 0; r < tile.rows; ++r) {
    const Compute* value = shares.value + r / panel_rows * shares.panel_stride + r % panel_rows;
    for (ptrdiff_t c = 0; c < shares.k; ++c) *out++ = Out(value[c * panel_rows]);
  }
}

void write_tile(const RowResultsTask& task, ptrdiff_t first, const Tile<Compute>& tile, const Shares<Compute>& shares) {
  for (ptrdiff_t r = 0; r < tile.rows && task.log_density; ++r) task.log_density[first + r] = shares.log_density[r];
  for (ptrdiff_t r = 0; r < tile.rows && task.label; ++r) task.label[first + r] = int64_t(shares.best[r]);
  if (!task.share) return;
  if (task.share_storage == storage_float32)
    write_shares(tile, shares, static_cast<float*>(task.share) + first * shares.k);
  else
    write_shares(tile, shares, static_cast<double*>(task.share) + first * shares.k);
}

}  // namespace

bool row_results(const Level& level, const RowResultsTask& task, Interrupt interrupt) {
  const Kernels<Compute>& kernels = level.float64;
  const ScoreStage<Compute>& score = kernels.score[task.score_form];
  const ptrdiff_t k = task.model.k, d = task.rows.d;
  const PaddedFrame frame(task.rows.multiplier, task.rows.shift, d);
  Rows rows = task.rows;
  rows.multiplier = frame.multiplier.data();
  rows.shift = frame.shift.data();
  rows.weight = nullptr;
  const Packed<Compute> packed(score, task.model);
  const ptrdiff_t length = tile_rows(k, d);
  const int64_t tiles = (rows.n + length - 1) / length;

  Control control(interrupt);
  std::atomic<int64_t> next{0};
  const auto work = [&](int thread) {
    Workspace<Compute> space(k, d, false, 0);
    double log_likelihood[panel_rows] = {};  // not used
    for (int64_t tile; (tile = next.fetch_add(1)) < tiles;) {
      if (!control.go_on(thread == 0)) return;
      const ptrdiff_t first = ptrdiff_t(tile) * length;
      kernels.load[rows.storage](rows, first, std::min(length, rows.n - first), space.tile);
      score.run(packed.scorer, space.tile, space.shares);
      kernels.share_rows.run(packed.scorer, space.tile, space.shares, log_likelihood);
      write_tile(task, first, space.tile, space.shares);
    }
  };
  const double operations = double(rows.n) * (score.operations(k, d) + 30 * double(k));
  return run_threads(worthwhile_threads(task.n_threads, operations, tiles), control, work);
}

}  // namespace gaussmix
