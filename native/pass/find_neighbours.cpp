#include "find_neighbours.hpp"

#include <atomic>
#include <limits>

#include "levels.hpp"

namespace gaussmix {
namespace {

// Rows of a piece of a cell: large cells are shared among threads. Not threads but pieces make the sums of shares.
constexpr int64_t piece_rows = 4096;

struct Piece {
  ptrdiff_t cell;
  int64_t first, last;  // places in Cells::order
};

std::vector<Piece> pieces_of(const Cells& cells) {
  std::vector<Piece> pieces;
  for (ptrdiff_t c = 0; c < cells.k; ++c)
    for (int64_t first = cells.begin[c]; first < cells.begin[c + 1]; first += piece_rows)
      pieces.push_back({c, first, std::min(first + piece_rows, cells.begin[c + 1])});
  return pieces;
}

// The first `count` numbers in falling order of value, the smaller number first of equals.
template <class Value>
void put_best_first(std::vector<int32_t>& number, size_t count, const Value& value) {
  count = std::min(count, number.size());
  std::partial_sort(number.begin(), number.begin() + ptrdiff_t(count), number.end(), [&](int32_t a, int32_t b) {
    const double x = value(a), y = value(b);
    return x != y ? x > y : a < b;
  });
}

// What each cell tries: its candidates and, behind them, those who stand beside these, the nearest first. Two steps of a
// walk over rows' shares, from the cell to a candidate and from that one's cell to its candidates, say who is near.
class Proposals {
 public:
  explicit Proposals(const NeighboursTask& task)
      : task_(task), near_(size_t(task.cells.k)), seen_(size_t(task.cells.k)) {}

  std::vector<int32_t> of(ptrdiff_t cell) {
    const ptrdiff_t count = task_.cells.candidates;
    const int32_t* own = task_.cells.candidate + cell * count;
    std::vector<int32_t> tried(own, own + count), found;
    for (int32_t c : tried) seen_[size_t(c)] = 1;
    for (ptrdiff_t i = 0; i < count; ++i) {
      const double way = part(cell, i);
      const int32_t* theirs = task_.cells.candidate + own[i] * count;
      for (ptrdiff_t j = 0; j < count; ++j) {
        const size_t c = size_t(theirs[j]);
        if (seen_[c] == 1) continue;
        if (!seen_[c]) found.push_back(theirs[j]);
        seen_[c] = 2;
        near_[c] += way * part(own[i], j);
      }
    }
    const size_t walked = size_t(task_.trials - task_.strangers);
    put_best_first(found, walked, [&](int32_t c) { return near_[size_t(c)]; });
    for (size_t i = 0; i < found.size() && i < walked; ++i) {
      tried.push_back(found[i]);
      seen_[size_t(found[i])] = 1;
    }
    for (ptrdiff_t i = 0; i < task_.strangers; ++i) {
      const int32_t c = task_.drawn[cell * task_.strangers + i];
      if (seen_[size_t(c)] != 1) tried.push_back(c);
      seen_[size_t(c)] = 1;
    }
    for (int32_t c : found) near_[size_t(c)] = seen_[size_t(c)] = 0;
    for (int32_t c : tried) seen_[size_t(c)] = 0;
    return tried;
  }

 private:
  // Of a cell's rows the part that candidate i has; those that have none, or of an empty cell, come last.
  double part(ptrdiff_t cell, ptrdiff_t i) const {
    constexpr double none = 1e-6;
    const double* mass = task_.mass + cell * task_.cells.candidates;
    double sum = 0;
    for (ptrdiff_t j = 0; j < task_.cells.candidates; ++j) sum += mass[j];
    return none + (sum > 0 ? mass[i] / sum : 0);
  }

  const NeighboursTask& task_;
  std::vector<double> near_;
  std::vector<uint8_t> seen_;  // 1: tried already, 2: found
};

// The stages and buffers of one thread.
template <class T>
class Worker {
 public:
  Worker(const Kernels<T>& kernels, const NeighboursTask& task, const Scorer<T>& whole, const Rows& rows)
      : kernels_(kernels),
        score_(kernels.score[task.score_form]),
        task_(task),
        most_(task.cells.candidates + task.trials),
        selection_(score_, task.score_form, whole, most_),
        space_(most_, rows.d, false, 0),
        gathered_(rows, space_.rows) {}

  // OUT mass (tried), labels of the rows. False if the pass was stopped.
  bool try_out(const Piece& piece, const std::vector<int32_t>& tried, double* mass, Control& control, bool calling_thread) {
    const ptrdiff_t count = ptrdiff_t(tried.size());
    selection_.take(tried.data(), count);
    space_.shares.k = count;
    space_.shares.panel_stride = (count | 1) * panel_rows;
    const int exponent = gathered_.weight_exponent(task_.cells.order + piece.first, ptrdiff_t(piece.last - piece.first));
    for (int64_t place = piece.first; place < piece.last; place += space_.rows) {
      if (!control.go_on(calling_thread)) return false;
      const ptrdiff_t rows = ptrdiff_t(std::min<int64_t>(space_.rows, piece.last - place));
      double log_likelihood[panel_rows] = {};  // not used
      kernels_.load(gathered_.take(task_.cells.order + place, rows, exponent), 0, rows, space_.tile);
      score_.run(selection_.scorer, space_.tile, space_.shares);
      kernels_.share_rows.run(selection_.scorer, space_.tile, space_.shares, log_likelihood);
      for (ptrdiff_t r = 0; r < rows; ++r)
        task_.label[task_.cells.order[place + r]] = tried[size_t(space_.shares.best[r])];
      const Shares<T>& shares = space_.shares;
      for (ptrdiff_t p = 0; p < space_.tile.panels; ++p)
        for (ptrdiff_t i = 0; i < count; ++i) {
          const T* value = shares.value + p * shares.panel_stride + i * panel_rows;
          T sum = 0;
          for (ptrdiff_t r = 0; r < panel_rows; ++r) sum += value[r];
          mass[i] += std::ldexp(double(sum), exponent);
        }
    }
    return true;
  }

 private:
  const Kernels<T>& kernels_;
  const ScoreStage<T>& score_;
  const NeighboursTask& task_;
  ptrdiff_t most_;
  Selection<T> selection_;
  Workspace<T> space_;
  Gathered<T> gathered_;
};

// The candidates of a cell from all that were tried, by the mass in each piece of it.
void choose(const NeighboursTask& task, ptrdiff_t cell, const std::vector<int32_t>& tried,
            const std::vector<const double*>& mass_of_pieces) {
  const ptrdiff_t count = task.cells.candidates;
  std::vector<double> mass(tried.size(), 0.0);
  for (const double* piece : mass_of_pieces)
    for (size_t i = 0; i < mass.size(); ++i) mass[i] += piece[i];
  std::vector<int32_t> place(tried.size());
  for (size_t i = 0; i < place.size(); ++i) place[i] = int32_t(i);
  // Of equals (none has any, in an empty cell) those that were tried first, as they came, with its own before all.
  put_best_first(place, size_t(count), [&](int32_t i) {
    return tried[size_t(i)] == cell ? std::numeric_limits<double>::infinity() : mass[size_t(i)];
  });
  for (ptrdiff_t i = 0; i < count; ++i) {
    task.candidate[cell * count + i] = tried[size_t(place[size_t(i)])];
    task.chosen_mass[cell * count + i] = mass[size_t(place[size_t(i)])];
  }
}

template <class T>
bool find_neighbours_in(const Level& level, const NeighboursTask& task, Interrupt interrupt) {
  const Kernels<T>& kernels = kernels_of<T>(level);
  const ptrdiff_t d = task.rows.d, most = task.cells.candidates + task.trials;
  const PaddedFrame frame(task.rows.multiplier, task.rows.shift, d);
  Rows rows = task.rows;
  rows.multiplier = frame.multiplier.data();
  rows.shift = frame.shift.data();
  const Packed<T> packed(kernels.score[task.score_form], task.model);
  const std::vector<Piece> pieces = pieces_of(task.cells);
  std::vector<std::vector<int32_t>> tried(size_t(task.cells.k));
  std::vector<std::vector<double>> mass(pieces.size());

  Control control(interrupt);
  const double a_row = kernels.score[task.score_form].operations(most, d, 0) + 30 * double(most);
  const int threads = worthwhile_threads(task.n_threads, double(rows.n) * a_row, int64_t(pieces.size()));
  std::atomic<ptrdiff_t> next_cell{0};
  const auto propose = [&](int thread) {
    Proposals proposals(task);
    for (ptrdiff_t cell; (cell = next_cell.fetch_add(1)) < task.cells.k;) {
      if (!control.go_on(thread == 0)) return;
      tried[size_t(cell)] = proposals.of(cell);
    }
  };
  if (!run_threads(threads, control, propose)) return false;
  std::atomic<size_t> next_piece{0};
  const auto try_out = [&](int thread) {
    Worker<T> worker(kernels, task, packed.scorer, rows);
    for (size_t number; (number = next_piece.fetch_add(1)) < pieces.size();) {
      const std::vector<int32_t>& theirs = tried[size_t(pieces[number].cell)];
      mass[number].assign(theirs.size(), 0.0);
      if (!worker.try_out(pieces[number], theirs, mass[number].data(), control, thread == 0)) return;
    }
  };
  if (!run_threads(threads, control, try_out)) return false;
  size_t piece = 0;
  for (ptrdiff_t cell = 0; cell < task.cells.k; ++cell) {
    std::vector<const double*> theirs;
    for (; piece < pieces.size() && pieces[piece].cell == cell; ++piece) theirs.push_back(mass[piece].data());
    choose(task, cell, tried[size_t(cell)], theirs);
  }
  return true;
}

}  // namespace

bool find_neighbours(const Level& level, const NeighboursTask& task, Interrupt interrupt) {
  if (task.rows.storage == storage_float32) return find_neighbours_in<float>(level, task, interrupt);
  return find_neighbours_in<double>(level, task, interrupt);
}

}  // namespace gaussmix
