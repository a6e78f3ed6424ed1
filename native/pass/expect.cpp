#include "expect.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "anchors.hpp"
#include "workspace.hpp"

namespace gaussmix {
namespace {

typedef double Compute;

// The stages of one task, as this level has them.
struct Stages {
  Stages(const Level& level, const ExpectTask& task)
      : load(level.float64.load[task.rows.storage]),
        score(level.float64.score[task.score_form]),
        share(level.float64.share[task.share_mode]),
        gather(level.float64.gather[task.gather_form]) {}
  void (*load)(const Rows&, ptrdiff_t, ptrdiff_t, Tile<Compute>&);
  const ScoreStage<Compute>& score;
  const ShareStage<Compute>& share;
  const GatherStage<Compute>& gather;
};

// One chunk: tile by tile through the stages. OUT packed. False if the pass was stopped.
bool pass_chunk(const Stages& stages, const Rows& rows, const Centres& centres, const Scorer<Compute>& scorer,
                ptrdiff_t first, ptrdiff_t count, Workspace<Compute>& space, Buffer<double>& sums, size_t sums_size,
                double* packed, Control& control, bool calling_thread) {
  std::memset(sums.get(), 0, sums_size * sizeof(double));
  double log_likelihood[panel_rows] = {};
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
  return true;
}

// Roughly, for the choice of threads: moments and distances, and some 30 operations a share.
double operations(const Stages& stages, const ExpectTask& task) {
  const ptrdiff_t k = task.model.k, d = task.rows.d;
  return double(task.rows.n) * (stages.score.operations(k, d) + stages.gather.operations(k, d) + 30 * double(k));
}

Anchors anchors(const Stages& stages, const ExpectTask& task) {
  const ptrdiff_t k = task.model.k, d = task.rows.d;
  // Where a row goes to one component whole, to share an anchor saves nothing.
  if (stages.gather.shares_anchors && task.share_mode != mode_hard) return {k, d, task.pivot, task.gather_factor};
  return {k, d, task.pivot};
}

}  // namespace

size_t packed_length(const Level& level, const ExpectTask& task) {
  const size_t k = size_t(task.model.k), d = size_t(task.rows.d);
  return 1 + k + k * d + level.float64.gather[task.gather_form].scatter_size(task.model.k, task.rows.d);
}

std::vector<TreeSum::Node> expect(const Level& level, const ExpectTask& task, Interrupt interrupt, bool& interrupted) {
  const Stages stages(level, task);
  const ptrdiff_t k = task.model.k, d = task.rows.d;
  const PaddedFrame frame(task.rows.multiplier, task.rows.shift, d);
  Rows rows = task.rows;
  rows.multiplier = frame.multiplier.data();
  rows.shift = frame.shift.data();
  const Packed<Compute> packed(stages.score, task.model);
  const Anchors about = anchors(stages, task);
  const Centres centres = about.centres();
  const size_t sums_size = stages.gather.sums_size(centres);
  const int64_t chunks = (rows.n + task.chunk_length - 1) / task.chunk_length;

  TreeSum tree(packed_length(level, task));
  Control control(interrupt);
  std::atomic<int64_t> next{0};
  const auto work = [&](int thread) {
    Workspace<Compute> space(k, d, stages.gather.needs_rows(d), stages.gather.scratch_size(tile_rows(k, d), centres));
    Buffer<double> sums(sums_size);
    for (int64_t chunk; (chunk = next.fetch_add(1)) < chunks;) {
      const ptrdiff_t first = ptrdiff_t(chunk * task.chunk_length);
      const ptrdiff_t count = ptrdiff_t(std::min<int64_t>(task.chunk_length, rows.n - first));
      TreeSum::Sums result = tree.take();
      if (!pass_chunk(stages, rows, centres, packed.scorer, first, count, space, sums, sums_size, result.get(),
                      control, thread == 0))
        return;
      tree.add(task.first_chunk + chunk, std::move(result));
    }
  };
  interrupted = !run_threads(worthwhile_threads(task.n_threads, operations(stages, task), chunks), control, work);
  return tree.finish();
}

}  // namespace gaussmix
