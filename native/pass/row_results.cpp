#include "row_results.hpp"

#include <algorithm>
#include <atomic>

#include "levels.hpp"
#include "workspace.hpp"

namespace gaussmix {
namespace {

template <class T, class Out>
void write_shares(const Tile<T>& tile, const Shares<T>& shares, Out* out) {
  for (ptrdiff_t r = 0; r < tile.rows; ++r) {
    const T* value = shares.value + r / panel_rows * shares.panel_stride + r % panel_rows;
    for (ptrdiff_t c = 0; c < shares.k; ++c) *out++ = Out(value[c * panel_rows]);
  }
}

template <class T, class Out>
void write_floats(const RowResultsTask& task, ptrdiff_t first, const Tile<T>& tile, const Shares<T>& shares) {
  Out* log_density = static_cast<Out*>(task.log_density);
  for (ptrdiff_t r = 0; r < tile.rows && log_density; ++r) log_density[first + r] = Out(shares.log_density[r]);
  if (task.share) write_shares(tile, shares, static_cast<Out*>(task.share) + first * shares.k);
}

template <class T>
void write_tile(const RowResultsTask& task, ptrdiff_t first, const Tile<T>& tile, const Shares<T>& shares) {
  for (ptrdiff_t r = 0; r < tile.rows && task.label; ++r) task.label[first + r] = int64_t(shares.best[r]);
  if (task.results == storage_float32)
    write_floats<T, float>(task, first, tile, shares);
  else
    write_floats<T, double>(task, first, tile, shares);
}

template <class T>
bool row_results_in(const Level& level, const RowResultsTask& task, Interrupt interrupt) {
  const Kernels<T>& kernels = kernels_of<T>(level);
  const ScoreStage<T>& score = kernels.score[task.score_form];
  const ptrdiff_t k = task.model.k, d = task.rows.d;
  const PaddedFrame frame(task.rows.multiplier, task.rows.shift, d);
  Rows rows = task.rows;
  rows.multiplier = frame.multiplier.data();
  rows.shift = frame.shift.data();
  rows.weight = nullptr;
  const Packed<T> packed(score, task.model);
  const ptrdiff_t length = tile_rows<T>(k, d);
  const int64_t tiles = (rows.n + length - 1) / length;

  Control control(interrupt);
  std::atomic<int64_t> next{0};
  const auto work = [&](int thread) {
    Workspace<T> space(k, d, false, 0);
    double log_likelihood[panel_rows] = {};  // not used
    for (int64_t tile; (tile = next.fetch_add(1)) < tiles;) {
      if (!control.go_on(thread == 0)) return;
      const ptrdiff_t first = ptrdiff_t(tile) * length;
      kernels.load(rows, first, std::min(length, rows.n - first), space.tile);
      score.run(packed.scorer, space.tile, space.shares);
      kernels.share_rows.run(packed.scorer, space.tile, space.shares, log_likelihood);
      write_tile(task, first, space.tile, space.shares);
    }
  };
  const double operations = double(rows.n) * (score.operations(k, d, task.model.rank) + 30 * double(k));
  return run_threads(worthwhile_threads(task.n_threads, operations, tiles), control, work);
}

}  // namespace

bool row_results(const Level& level, const RowResultsTask& task, Interrupt interrupt) {
  if (task.rows.storage == storage_float32) return row_results_in<float>(level, task, interrupt);
  return row_results_in<double>(level, task, interrupt);
}

}  // namespace gaussmix
