#include "expect_cells.hpp"

#include <atomic>

#include "anchors.hpp"
#include "levels.hpp"

namespace gaussmix {
namespace {

constexpr int64_t rows_a_component = 8, least_rows = 4096;

// Where the sums of all components lie in a packed vector, and those of some of them in a shorter one.
struct Places {
  Places(ptrdiff_t k, ptrdiff_t d, size_t scatter, bool shared)
      : k(size_t(k)), d(size_t(d)), scatter(shared ? scatter : scatter / size_t(k)), shared(shared) {}

  // Adds sums of `count` components, times 2^exponent.
  void add(const double* some, const int32_t* number, size_t count, int exponent, double* all) const {
    const double scale = std::ldexp(1.0, exponent);
    const double* sum_x = some + count;
    const double* from = sum_x + count * d;
    double* to = all + k + k * d;
    for (size_t i = 0; i < count; ++i) {
      const size_t c = size_t(number[i]);
      // Most candidates have a share in few cells only.
      if (some[i] == 0) continue;
      all[c] += scale * some[i];
      add_run(sum_x + i * d, d, scale, all + k + c * d);
      if (!shared) add_run(from + i * scatter, scatter, scale, to + c * scatter);
    }
    if (shared) add_run(from, scatter, scale, to);
  }

  size_t k, d, scatter;  // of one component, or of all together
  bool shared;

 private:
  static void add_run(const double* from, size_t count, double scale, double* to) {
    for (size_t j = 0; j < count; ++j) to[j] += scale * from[j];
  }
};

// The stages and buffers of one thread.
template <class T>
class Worker {
 public:
  Worker(const Kernels<T>& kernels, const CellsTask& task, const Scorer<T>& whole, const Rows& rows, const Places& places)
      : kernels_(kernels),
        score_(kernels.score[task.pass.score_form]),
        gather_(kernels.gather[task.pass.gather_form]),
        task_(task),
        places_(places),
        pivot_(size_t(task.cells.candidates * task.pass.model.d)),
        selection_(score_, task.pass.score_form, whole, task.cells.candidates),
        space_(task.cells.candidates, rows.d, gather_.needs_rows(rows.d), 0),
        gathered_(rows, space_.rows) {}

  // Adds the rows at these places in order to packed sums. False if the pass was stopped.
  bool add(int64_t first, int64_t last, double* packed, Control& control, bool calling_thread) {
    for (int64_t place = first; place < last;) {
      const ptrdiff_t cell = task_.cells.cell_at(place);
      const int64_t end = std::min(last, task_.cells.begin[cell + 1]);
      if (!add_piece(cell, place, end, packed, control, calling_thread)) return false;
      place = end;
    }
    return true;
  }

 private:
  bool add_piece(ptrdiff_t cell, int64_t first, int64_t last, double* packed, Control& control, bool calling_thread) {
    const ptrdiff_t count = task_.cells.candidates, d = task_.pass.model.d;
    const int32_t* number = task_.cells.candidate + cell * count;
    selection_.take(number, count);
    for (ptrdiff_t i = 0; i < count; ++i)
      std::copy_n(task_.pass.pivot + number[i] * d, d, pivot_.data() + i * d);
    const Anchors about = anchors();
    const Centres centres = about.centres();
    resize(sums_, gather_.sums_size(centres));
    resize(scratch_, gather_.scratch_size(space_.rows, centres));
    resize(some_, size_t(count) * (1 + places_.d) + (places_.shared ? 1 : size_t(count)) * places_.scatter);
    double log_likelihood[panel_rows] = {};
    const int exponent = gathered_.weight_exponent(task_.cells.order + first, ptrdiff_t(last - first));
    for (int64_t place = first; place < last; place += space_.rows) {
      if (!control.go_on(calling_thread)) return false;
      const ptrdiff_t rows = ptrdiff_t(std::min<int64_t>(space_.rows, last - place));
      kernels_.load(gathered_.take(task_.cells.order + place, rows, exponent), 0, rows, space_.tile);
      score_.run(selection_.scorer, space_.tile, space_.shares);
      kernels_.share[mode_soft].run(selection_.scorer, space_.tile, space_.shares, log_likelihood);
      if (task_.log_density)
        for (ptrdiff_t r = 0; r < rows; ++r)
          task_.log_density[task_.cells.order[place + r]] = double(space_.shares.log_density[r]);
      gather_.run(space_.tile, space_.shares, centres, sums_.data(), scratch_.data());
    }
    for (double part : log_likelihood) packed[0] += std::ldexp(part, exponent);
    gather_.finish(centres, sums_.data(), some_.data());
    places_.add(some_.data(), number, size_t(count), exponent, packed + 1);
    return true;
  }

  Anchors anchors() const {
    const ptrdiff_t count = task_.cells.candidates, d = task_.pass.model.d;
    if (gather_.shares_anchors) return {count, d, pivot_.data(), task_.pass.gather_factor};
    return {count, d, pivot_.data()};
  }

  template <class Number>
  static void resize(std::vector<Number>& values, size_t size) {
    values.assign(size, Number());
  }

  const Kernels<T>& kernels_;
  const ScoreStage<T>& score_;
  const GatherStage<T>& gather_;
  const CellsTask& task_;
  const Places& places_;
  std::vector<double> pivot_;
  Selection<T> selection_;
  Workspace<T> space_;
  Gathered<T> gathered_;
  std::vector<double> sums_, some_;
  std::vector<T> scratch_;
};

template <class T>
std::vector<TreeSum::Node> expect_cells_in(const Level& level, const CellsTask& task, Interrupt interrupt,
                                           bool& interrupted) {
  const Kernels<T>& kernels = kernels_of<T>(level);
  const ptrdiff_t k = task.pass.model.k, d = task.pass.rows.d;
  const PaddedFrame frame(task.pass.rows.multiplier, task.pass.rows.shift, d);
  Rows rows = task.pass.rows;
  rows.multiplier = frame.multiplier.data();
  rows.shift = frame.shift.data();
  const size_t length = packed_length(level, task.pass);
  const Places places(k, d, kernels.gather[task.pass.gather_form].scatter_size(k, d, 0),
                      task.pass.gather_form == form_tied);
  const Packed<T> packed(kernels.score[task.pass.score_form], task.pass.model);
  const int64_t unit = unit_rows(k), units = (rows.n + unit - 1) / unit;

  TreeSum tree(length);
  Control control(interrupt);
  std::atomic<int64_t> next{0};
  const auto work = [&](int thread) {
    Worker<T> worker(kernels, task, packed.scorer, rows, places);
    for (int64_t number; (number = next.fetch_add(1)) < units;) {
      TreeSum::Sums sums = tree.take();
      std::fill_n(sums.get(), length, 0.0);
      if (!worker.add(number * unit, std::min<int64_t>((number + 1) * unit, rows.n), sums.get(), control, thread == 0))
        return;
      tree.add(number, std::move(sums));
    }
  };
  const ptrdiff_t count = task.cells.candidates;
  const double operations = double(rows.n) * (kernels.score[task.pass.score_form].operations(count, d, 0) +
                                              kernels.gather[task.pass.gather_form].operations(count, d, 0) + 30 * double(count));
  interrupted = !run_threads(worthwhile_threads(task.pass.n_threads, operations, units), control, work);
  return tree.finish();
}

}  // namespace

int64_t unit_rows(ptrdiff_t k) { return std::max<int64_t>(least_rows, rows_a_component * k); }

std::vector<TreeSum::Node> expect_cells(const Level& level, const CellsTask& task, Interrupt interrupt,
                                        bool& interrupted) {
  if (task.pass.rows.storage == storage_float32) return expect_cells_in<float>(level, task, interrupt, interrupted);
  return expect_cells_in<double>(level, task, interrupt, interrupted);
}

}  // namespace gaussmix
