#include "expect.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "anchors.hpp"
#include "levels.hpp"
#include "weight_exponent.hpp"
#include "workspace.hpp"

namespace gaussmix {
namespace {

// The stages of one task, as this level has them.
template <class T>
struct Stages {
  Stages(const Kernels<T>& kernels, const ExpectTask& task)
      : load(kernels.load),
        score(kernels.score[task.score_form]),
        share(kernels.share[task.share_mode]),
        gather(kernels.gather[task.gather_form]) {}
  void (*load)(const Rows&, ptrdiff_t, ptrdiff_t, Tile<T>&);
  const ScoreStage<T>& score;
  const ShareStage<T>& share;
  const GatherStage<T>& gather;
};

// Of a chunk. In float64 that is not needed.
template <class T>
int chunk_exponent(const Rows& rows, ptrdiff_t first, ptrdiff_t count) {
  if (sizeof(T) == sizeof(double) || !rows.weight) return 0;
  double largest = 0;
  const double* weight = rows.weight + first * rows.weight_stride;
  for (ptrdiff_t r = 0; r < count; ++r) largest = std::max(largest, weight[r * rows.weight_stride]);
  return weight_exponent(largest);
}

// One chunk: tile by tile through the stages. OUT packed, of `length` doubles. False if the pass was stopped.
template <class T>
bool pass_chunk(const Stages<T>& stages, Rows rows, const Centres& centres, const Scorer<T>& scorer, ptrdiff_t first,
                ptrdiff_t count, Workspace<T>& space, Buffer<double>& sums, size_t sums_size, double* packed,
                size_t length, Control& control, bool calling_thread) {
  std::memset(sums.get(), 0, sums_size * sizeof(double));
  double log_likelihood[panel_rows] = {};
  const int exponent = chunk_exponent<T>(rows, first, count);
  rows.weight_scale = std::ldexp(1.0, -exponent);
  for (ptrdiff_t done = 0; done < count; done += space.rows) {
    if (!control.go_on(calling_thread)) return false;
    stages.load(rows, first + done, std::min(space.rows, count - done), space.tile);
    stages.score.run(scorer, space.tile, space.shares);
    stages.share.run(scorer, space.tile, space.shares, log_likelihood);
    stages.gather.run(space.tile, space.shares, centres, sums.get(), space.scratch());
  }
  packed[0] = 0;
  for (double part : log_likelihood) packed[0] += part;
  stages.gather.finish(centres, sums.get(), packed + 1);
  if (exponent) {
    const double scale = std::ldexp(1.0, exponent);
    for (size_t i = 0; i < length; ++i) packed[i] *= scale;
  }
  return true;
}

// Roughly, for the choice of threads: moments and distances, and some 30 operations a share.
template <class T>
double operations(const Stages<T>& stages, const ExpectTask& task) {
  const ptrdiff_t k = task.model.k, d = task.rows.d;
  return double(task.rows.n) * (stages.score.operations(k, d, task.model.rank) +
                                stages.gather.operations(k, d, task.gather_rank) + 30 * double(k));
}

template <class T>
Anchors anchors(const Stages<T>& stages, const ExpectTask& task) {
  const ptrdiff_t k = task.model.k, d = task.rows.d;
  // Where a row goes to one component whole, to share an anchor saves nothing.
  if (stages.gather.shares_anchors && task.share_mode != mode_hard)
    return {k, d, task.pivot, task.gather_factor};
  Anchors own(k, d, task.pivot);
  if (stages.gather.is_near) own.move_to_origin(stages.gather.is_near, task.gather_factor, stages.gather.reach);
  return own;
}

template <class T>
std::vector<TreeSum::Node> expect_in(const Level& level, const ExpectTask& task, Interrupt interrupt,
                                     bool& interrupted) {
  const Stages<T> stages(kernels_of<T>(level), task);
  const ptrdiff_t k = task.model.k, d = task.rows.d;
  const PaddedFrame frame(task.rows.multiplier, task.rows.shift, d);
  Rows rows = task.rows;
  rows.multiplier = frame.multiplier.data();
  rows.shift = frame.shift.data();
  const Packed<T> packed(stages.score, task.model);
  const Anchors about = anchors(stages, task);
  Centres centres = about.centres();
  centres.factor = task.gather_factor;
  centres.rank = task.gather_rank;
  const size_t sums_size = stages.gather.sums_size(centres), length = packed_length(level, task);
  const int64_t chunks = (rows.n + task.chunk_length - 1) / task.chunk_length;

  TreeSum tree(length);
  Control control(interrupt);
  std::atomic<int64_t> next{0};
  const auto work = [&](int thread) {
    Workspace<T> space(k, d, stages.gather.needs_rows(d), stages.gather.scratch_size(tile_rows<T>(k, d), centres));
    Buffer<double> sums(sums_size);
    for (int64_t chunk; (chunk = next.fetch_add(1)) < chunks;) {
      const ptrdiff_t first = ptrdiff_t(chunk * task.chunk_length);
      const ptrdiff_t count = ptrdiff_t(std::min<int64_t>(task.chunk_length, rows.n - first));
      TreeSum::Sums result = tree.take();
      if (!pass_chunk(stages, rows, centres, packed.scorer, first, count, space, sums, sums_size, result.get(), length,
                      control, thread == 0))
        return;
      tree.add(task.first_chunk + chunk, std::move(result));
    }
  };
  interrupted = !run_threads(worthwhile_threads(task.n_threads, operations(stages, task), chunks), control, work);
  return tree.finish();
}

}  // namespace

size_t packed_length(const Level& level, const ExpectTask& task) {
  const size_t k = size_t(task.model.k), d = size_t(task.rows.d);
  const auto scatter_size = level.float64.gather[task.gather_form].scatter_size;
  return 1 + k + k * d + scatter_size(task.model.k, task.rows.d, task.gather_rank);
}

std::vector<TreeSum::Node> expect(const Level& level, const ExpectTask& task, Interrupt interrupt, bool& interrupted) {
  if (task.rows.storage == storage_float32) return expect_in<float>(level, task, interrupt, interrupted);
  return expect_in<double>(level, task, interrupt, interrupted);
}

}  // namespace gaussmix
