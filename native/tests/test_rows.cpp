// Results of single rows: against plain loops, the same bits wherever a row stands, and far rows.
#include <limits>

#include "../pass/row_results.hpp"
#include "check.hpp"
#include "naive.hpp"

using namespace gaussmix;

struct Results {
  std::vector<double> log_density, share;
  std::vector<int64_t> label;
};

static Results run(const Level& level, const Problem& p, Form form, ptrdiff_t first = 0, int n_threads = 1) {
  const size_t n = size_t(p.n - first);
  Results out = {std::vector<double>(n), std::vector<double>(n * size_t(p.k)), std::vector<int64_t>(n)};
  RowResultsTask task = {p.rows(),        p.model(form),   form, n_threads, out.log_density.data(), out.share.data(),
                         storage_float64, out.label.data()};
  task.rows.x = p.narrow.empty() ? static_cast<const void*>(p.x.data() + first * p.d) : p.narrow.data() + first * p.d;
  task.rows.n = ptrdiff_t(n);
  row_results(level, task, {});
  return out;
}

static void test_values(const Level& level, const Problem& p, Form form) {
  const Results got = run(level, p, form);
  // In float32 a share is off by what its score is, some roundings of it.
  const bool wide = p.narrow.empty();
  const long double close = wide ? 1e-13L : 1e-6L;
  for (size_t r = 0; r < size_t(p.n); ++r) {
    const NaiveRow row = naive_row(p, form, mode_soft, ptrdiff_t(r));
    const long double share_close = wide ? 1e-11L : 1e-6L * (8 + std::fabs(row.log_density));
    const long double off = std::fabs(got.log_density[r] - row.log_density);
    CHECK(off <= close * (1 + std::fabs(row.log_density)), "%s d=%td: log density off by %Lg", level.name, p.d, off);
    CHECK(row.share[row.best] - row.share[size_t(got.label[r])] <= share_close, "%s d=%td: label", level.name, p.d);
    if (wide) CHECK(size_t(got.label[r]) == row.best, "%s d=%td: label", level.name, p.d);
    double sum = 0;
    for (size_t c = 0; c < size_t(p.k); ++c) {
      const double share = got.share[r * size_t(p.k) + c];
      sum += share;
      CHECK(std::fabs(share - row.share[c]) <= share_close, "%s d=%td: share %g", level.name, p.d, share);
    }
    CHECK(std::fabs(sum - 1) < (wide ? 1e-14 : 1e-6), "shares sum to %.17g", sum);
  }
}

// Starting at another row, each row keeps its bits.
static void test_places(const Level& level, const Problem& p, Form form) {
  const Results whole = run(level, p, form, 0, 2);
  for (ptrdiff_t first : {1, 7, 30}) {
    const Results part = run(level, p, form, first);
    for (size_t r = 0; r < part.log_density.size(); ++r) {
      bool same = part.log_density[r] == whole.log_density[r + size_t(first)];
      for (size_t c = 0; c < size_t(p.k); ++c)
        same = same && part.share[r * size_t(p.k) + c] == whole.share[(r + size_t(first)) * size_t(p.k) + c];
      CHECK(same, "%s d=%td: row %zu from %td", level.name, p.d, r, first);
    }
  }
}

// Two unit components at -1 and +1 on the first axis (and one of weight 0 in between), rows beyond all range.
static void test_far(const Level& level, Form form, ptrdiff_t d) {
  Problem p(8, d, 3, 1);
  std::fill(p.x.begin(), p.x.end(), 0.0);
  std::fill(p.shift.begin(), p.shift.end(), 0.0);
  std::fill(p.multiplier.begin(), p.multiplier.end(), 1.0);
  std::fill(p.means.begin(), p.means.end(), 0.0);
  std::fill(p.upper.begin(), p.upper.end(), 0.0);
  std::fill(p.inverse_deviation.begin(), p.inverse_deviation.end(), 1.0);
  std::fill(p.weight.begin(), p.weight.end(), 1.0);
  for (size_t c = 0; c < 3; ++c)
    for (size_t j = 0; j < size_t(d); ++j) p.upper[(c * size_t(d) + j) * size_t(d) + j] = c == 2 ? 2.0 : 1.0;  // tied: the first
  for (size_t j = 0; j < size_t(d); ++j) p.inverse_deviation[2 * size_t(d) + j] = 2.0;
  p.inverse_radius = p.inverse_deviation;
  p.shrink_lines();
  p.means[0] = -1e160;
  p.means[size_t(d)] = 1e160;
  p.log_constant = {-1.0, -2.0, -std::numeric_limits<double>::infinity()};
  const double first[8] = {1e200, -1e200, 1.7e308, -1e155, 3e152, 1e308, 0, 2e160};
  for (size_t r = 0; r < 8; ++r) p.x[r * size_t(d)] = first[r];
  p.multiplier[0] = 1.0;
  const int64_t wanted[8] = {0, 0, 0, 0, 1, 0, 0, 1};  // of equal distances the first wins
  const Results got = run(level, p, form);
  for (size_t r = 0; r < 8; ++r) {
    CHECK(got.label[r] == wanted[r], "%s form %d d=%td row %zu: label %d", level.name, int(form), d, r,
          int(got.label[r]));
    CHECK(!(got.log_density[r] != got.log_density[r]), "log density is not a number");
    for (size_t c = 0; c < 3; ++c)
      CHECK(got.share[3 * r + c] == (int64_t(c) == wanted[r] ? 1 : 0), "%s d=%td row %zu: share %g", level.name, d, r,
            got.share[3 * r + c]);
  }
  CHECK(got.log_density[0] == -std::numeric_limits<double>::infinity(), "%g", got.log_density[0]);
  // Within a double's range a far row has its true log density.
  p.x[0] = 3e153;
  p.means[0] = 0;
  p.means[size_t(d)] = 1e153;
  const Results near = run(level, p, form);
  CHECK(near.label[0] == 1 && std::fabs(near.log_density[0] / -2e306 - 1) < 1e-14, "%s: %g", level.name,
        near.log_density[0]);
}

// The same in float32, whose range ends much earlier.
static void test_far_float32(const Level& level, Form form, ptrdiff_t d) {
  Problem p = Problem(4, d, 2, 1).in_float32();
  std::fill(p.narrow.begin(), p.narrow.end(), 0.0f);
  std::fill(p.shift.begin(), p.shift.end(), 0.0);
  std::fill(p.multiplier.begin(), p.multiplier.end(), 1.0);
  std::fill(p.means.begin(), p.means.end(), 0.0);
  std::fill(p.upper.begin(), p.upper.end(), 0.0);
  std::fill(p.inverse_deviation.begin(), p.inverse_deviation.end(), 1.0);
  p.inverse_radius = p.inverse_deviation;
  p.shrink_lines();
  for (size_t c = 0; c < 2; ++c)
    for (size_t j = 0; j < size_t(d); ++j) p.upper[(c * size_t(d) + j) * size_t(d) + j] = 1.0;
  p.means[0] = -1e17;
  p.means[size_t(d)] = 1e17;
  p.log_constant = {-1.0, -2.0};
  const float first[4] = {2e19f, -3e18f, 3e38f, 1e17f};
  for (size_t r = 0; r < 4; ++r) p.narrow[r * size_t(d)] = first[r];
  const int64_t wanted[4] = {1, 0, 1, 1};
  const Results got = run(level, p, form);
  for (size_t r = 0; r < 4; ++r) {
    CHECK(got.label[r] == wanted[r], "%s form %d d=%td row %zu", level.name, int(form), d, r);
    CHECK(got.share[2 * r + size_t(wanted[r])] == 1, "%s form %d d=%td row %zu", level.name, int(form), d, r);
    CHECK(got.log_density[r] < std::numeric_limits<double>::infinity(), "%g", got.log_density[r]);
  }
}

int main() {
  unsigned seed = 0;
  for (const Level* level : levels())
    for (Form form : {form_full, form_diagonal, form_spherical, form_tied, form_low_rank}) {
      for (ptrdiff_t d : {1, 2, 3, 4, 5, 8, 13, 16, 33, 64}) {
        test_values(*level, Problem(70, d, 5, ++seed), form);
        test_values(*level, Problem(70, d, 5, ++seed).in_float32(), form);
        test_places(*level, Problem(300, d, 5, ++seed), form);
        test_places(*level, Problem(300, d, 5, ++seed).in_float32(), form);
      }
      for (ptrdiff_t d : {1, 2, 8, 9, 20}) {
        test_far(*level, form, d);
        test_far_float32(*level, form, d);
      }
    }
  return report("rows");
}
