// The pass over rows by cells against plain loops, cell by cell; and what a search leaves.
#include <algorithm>
#include <numeric>
#include <set>

#include "../pass/expect_cells.hpp"
#include "../pass/find_neighbours.hpp"
#include "check.hpp"
#include "naive.hpp"

using namespace gaussmix;

// Rows in cells, and candidates, by chance; the last cell is empty.
struct CellsAtRandom {
  std::vector<int64_t> order, begin;
  std::vector<int32_t> candidate;
  Cells cells;

  CellsAtRandom(const Problem& p, ptrdiff_t count, unsigned seed) {
    std::mt19937_64 random(seed);
    const size_t k = size_t(p.k);
    std::vector<std::vector<int64_t>> rows(k);
    for (int64_t r = 0; r < p.n; ++r) rows[random() % std::max<size_t>(k - 1, 1)].push_back(r);
    begin.push_back(0);
    for (size_t c = 0; c < k; ++c) {
      order.insert(order.end(), rows[c].begin(), rows[c].end());
      begin.push_back(int64_t(order.size()));
      std::vector<int32_t> others(k);
      std::iota(others.begin(), others.end(), 0);
      std::swap(others[0], others[c]);
      std::shuffle(others.begin() + 1, others.end(), random);
      candidate.insert(candidate.end(), others.begin(), others.begin() + count);
    }
    cells = {p.k, count, order.data(), begin.data(), candidate.data()};
  }
};

// The rows of a cell and its candidates.
static Problem part(const Problem& p, const Cells& cells, size_t cell) {
  const size_t d = size_t(p.d), count = size_t(cells.candidates);
  Problem q = p;
  q.n = ptrdiff_t(cells.begin[cell + 1] - cells.begin[cell]);
  q.k = cells.candidates;
  for (size_t r = 0; r < size_t(q.n); ++r) {
    const size_t row = size_t(cells.order[size_t(cells.begin[cell]) + r]);
    std::copy_n(&p.x[row * d], d, &q.x[r * d]);
    q.weight[r] = p.weight[row];
  }
  for (size_t i = 0; i < count; ++i) {
    const size_t c = size_t(cells.candidate[cell * count + i]);
    std::copy_n(&p.means[c * d], d, &q.means[i * d]);
    std::copy_n(&p.pivot[c * d], d, &q.pivot[i * d]);
    std::copy_n(&p.inverse_deviation[c * d], d, &q.inverse_deviation[i * d]);
    std::copy_n(&p.inverse_radius[c * d], d, &q.inverse_radius[i * d]);
    std::copy_n(&p.upper[c * d * d], d * d, &q.upper[i * d * d]);
    q.log_constant[i] = p.log_constant[c];
  }
  return q;
}

static std::vector<long double> naive(const Problem& p, const Cells& cells, Form form, size_t length) {
  const size_t k = size_t(p.k), d = size_t(p.d), count = size_t(cells.candidates);
  const size_t scatter = (length - 1 - k - k * d) / (form == form_tied ? 1 : k);
  std::vector<long double> sum(length);
  for (size_t cell = 0; cell < k; ++cell) {
    Problem q = part(p, cells, cell);
    if (form == form_tied) std::copy_n(p.upper.begin(), d * d, q.upper.begin());
    const std::vector<long double> some = naive_expect(q, naive_rows(q, form, mode_soft), form);
    sum[0] += some[0];
    const auto add = [&](size_t from, size_t to, size_t size) {
      for (size_t i = 0; i < size; ++i) sum[to + i] += some[from + i];
    };
    for (size_t i = 0; i < count; ++i) {
      const size_t c = size_t(cells.candidate[cell * count + i]);
      add(1 + i, 1 + c, 1);
      add(1 + count + i * d, 1 + k + c * d, d);
      if (form != form_tied) add(1 + count + count * d + i * scatter, 1 + k + k * d + c * scatter, scatter);
    }
    if (form == form_tied) add(1 + count + count * d, 1 + k + k * d, scatter);
  }
  return sum;
}

static void test_sums(const Problem& p, ptrdiff_t count) {
  const CellsAtRandom at(p, count, unsigned(p.n));
  for (Form form : {form_full, form_diagonal, form_spherical, form_tied})
    for (const Level* level : levels()) {
      CellsTask task = {p.task(form, mode_soft, form), at.cells, nullptr};
      bool interrupted = false;
      const size_t length = packed_length(*level, task.pass);
      const std::vector<double> got = flat(expect_cells(*level, task, {}, interrupted), length);
      const std::vector<long double> wanted = naive(p, at.cells, form, length);
      long double largest = 1, worst = 0;
      for (size_t i = 0; i < length; ++i) {
        largest = std::max(largest, std::fabs(wanted[i]));
        worst = std::max(worst, std::fabs(got[i] - wanted[i]));
      }
      const long double close = p.narrow.empty() ? 1e-13L : 1e-6L * std::max<ptrdiff_t>(p.d, 4);
      CHECK(worst <= close * largest, "%s form %d n=%td d=%td k=%td: %Lg of %Lg", level->name, int(form), p.n, p.d, p.k,
            worst, largest);
    }
}

// Each row is with the best of what was tried, and a cell has its own component first and each once.
static void test_search(const Problem& p, ptrdiff_t count, ptrdiff_t trials) {
  const CellsAtRandom at(p, count, unsigned(p.n) + 1);
  const size_t k = size_t(p.k);
  std::vector<double> mass(k * size_t(count)), chosen_mass(mass.size());
  std::vector<int32_t> drawn(k), label(size_t(p.n)), chosen(mass.size());
  for (size_t c = 0; c < k; ++c) drawn[c] = int32_t((c + 3) % k);
  for (Form form : {form_full, form_diagonal, form_spherical, form_tied})
    for (const Level* level : levels()) {
      const NeighboursTask task = {p.rows(),     p.model(form), form, at.cells,     mass.data(),   trials,
                                   1,            drawn.data(),  1,    label.data(), chosen.data(), chosen_mass.data()};
      CHECK(find_neighbours(*level, task, {}), "%s", level->name);
      for (size_t cell = 0; cell < k; ++cell) {
        const int32_t* own = &chosen[cell * size_t(count)];
        CHECK(own[0] == int32_t(cell), "%s cell %zu begins with %d", level->name, cell, own[0]);
        CHECK(std::set<int32_t>(own, own + count).size() == size_t(count), "%s cell %zu", level->name, cell);
      }
      for (size_t cell = 0; cell < k; ++cell)
        for (int64_t place = at.begin[cell]; place < at.begin[cell + 1]; ++place) {
          const size_t row = size_t(at.order[size_t(place)]);
          if (p.weight[row] == 0) continue;
          const std::vector<long double> score = naive_scores(p, form, ptrdiff_t(row));
          for (ptrdiff_t i = 0; i < count; ++i) {
            const size_t tried = size_t(at.candidate[cell * size_t(count) + size_t(i)]);
            CHECK(score[size_t(label[row])] >= score[tried] - 1e-3L * (1 + std::fabs(score[tried])), "%s row %zu", level->name, row);
          }
        }
    }
}

int main() {
  unsigned seed = 0;
  for (ptrdiff_t d : {1, 2, 5, 8, 9, 17, 33})
    for (ptrdiff_t k : {2, 6, 25}) {
      const ptrdiff_t count = k < 4 ? 1 : k / 2;
      test_sums(Problem(300, d, k, ++seed), count);
      test_sums(Problem(300, d, k, ++seed).in_float32(), count);
      test_sums(Problem(40, d, k, ++seed), k);
      test_search(Problem(300, d, k, ++seed), count, 1);
      test_search(Problem(300, d, k, ++seed).in_float32(), count, k - count);
    }
  Problem far(200, 6, 9, ++seed);  // rows beyond the range of squares are decided by scaled distances
  for (size_t i = 0; i < 60; ++i) far.x[i] *= 1e200;
  test_search(far, 4, 3);
  return report("cells");
}
