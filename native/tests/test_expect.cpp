// The pass against plain loops: every level, form and mode, many shapes.
#include "check.hpp"
#include "naive.hpp"

using namespace gaussmix;

static const ptrdiff_t dimensions[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 33, 64, 128};

static std::vector<double> run(const Level& level, const ExpectTask& task) {
  bool interrupted = false;
  return flat(expect(level, task, {}, interrupted), packed_length(level, task));
}

// Rounding: relative to the largest entry of the packed vector. In float32 a share is off by the rounding of its scores,
// which are of order d.
static void compare(const std::vector<double>& got, const std::vector<long double>& wanted, const char* what,
                    const Level& level, const Problem& p) {
  long double largest = 1, worst = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::fabs(wanted[i]));
    const long double difference = std::fabs(got[i] - wanted[i]);
    if (!(difference <= worst)) worst = difference;
  }
  const long double close = p.narrow.empty() ? 1e-13L : 1e-6L * std::max<ptrdiff_t>(p.d, 4);
  CHECK(worst <= close * largest, "%s %s n=%td d=%td k=%td: %Lg of %Lg", level.name, what, p.n, p.d, p.k, worst,
        largest);
}

static void test_forms(const Problem& p) {
  for (Form score : {form_full, form_diagonal, form_spherical, form_tied, form_low_rank})
    for (Mode mode : {mode_soft, mode_hard}) {
      const std::vector<NaiveRow> rows = naive_rows(p, score, mode);
      for (Form gather : {form_full, form_diagonal, form_spherical, form_tied, form_low_rank}) {
        const std::vector<long double> wanted = naive_expect(p, rows, gather);
        for (const Level* level : levels())
          compare(run(*level, p.task(score, mode, gather)), wanted, mode == mode_soft ? "soft" : "hard", *level, p);
      }
    }
}

// The same rows in other layouts: the same bits.
template <class T>
static void test_layouts_of(const Problem& p) {
  const size_t n = size_t(p.n), d = size_t(p.d);
  std::vector<T> fortran(n * d), spread(n * d * 6);
  std::vector<double> weights(n * 3);
  for (size_t r = 0; r < n; ++r) {
    weights[3 * r] = p.weight[r];
    for (size_t j = 0; j < d; ++j) fortran[j * n + r] = spread[(r * d + j) * 3] = T(p.x[r * d + j]);
  }
  for (const Level* level : levels())
    for (Form gather : {form_full, form_diagonal, form_spherical, form_tied, form_low_rank}) {
      ExpectTask task = p.task(form_full, mode_soft, gather);
      const std::vector<double> wanted = run(*level, task);
      task.rows.x = fortran.data();
      task.rows.row_stride = 1;
      task.rows.column_stride = ptrdiff_t(n);
      task.rows.weight = weights.data();
      task.rows.weight_stride = 3;
      CHECK(run(*level, task) == wanted, "%s columns, d=%zu", level->name, d);
      task.rows.x = spread.data();
      task.rows.row_stride = ptrdiff_t(3 * d);
      task.rows.column_stride = 3;
      CHECK(run(*level, task) == wanted, "%s strides, d=%zu", level->name, d);
    }
}

static void test_layouts(const Problem& p) {
  if (p.narrow.empty()) test_layouts_of<double>(p);
  else test_layouts_of<float>(p);
}

// Weights that float32 does not hold: the sums are those of the others, times a power of two.
static void test_scaled_weights(const Problem& p) {
  for (const Level* level : levels())
    for (Form form : {form_full, form_diagonal, form_spherical, form_tied, form_low_rank})
      for (int exponent : {-600, 600}) {
        std::vector<double> wanted = run(*level, p.task(form, mode_soft, form));
        for (double& each : wanted) each = std::ldexp(each, exponent);
        Problem scaled = p;
        for (double& each : scaled.weight) each = std::ldexp(each, exponent);
        CHECK(run(*level, scaled.task(form, mode_soft, form)) == wanted, "%s d=%td 2^%d", level->name, p.d, exponent);
      }
}

// A row of weight 0 counts for nothing, whatever it holds.
static void test_weight_zero(Problem p) {
  for (const Level* level : levels()) {
    const std::vector<double> wanted = run(*level, p.task(form_full, mode_soft, form_full));
    Problem huge = p;
    for (size_t r = 0; r < size_t(p.n); ++r)
      if (p.weight[r] == 0)
        for (size_t j = 0; j < size_t(p.d); ++j) huge.x[r * size_t(p.d) + j] = 1e308;
    CHECK(run(*level, huge.task(form_full, mode_soft, form_full)) == wanted, "%s d=%td", level->name, p.d);
  }
}

// Clusters side by side: far apart most shares are left out; nearer to each other the first are within reach of the
// origin, about which their moments are summed, and the rest are not.
static void test_separated(ptrdiff_t d, ptrdiff_t k, double distance) {
  Problem p(500, d, k, 3);
  for (size_t c = 0; c < size_t(k); ++c)
    for (size_t j = 0; j < size_t(d); ++j) p.pivot[c * size_t(d) + j] = p.means[c * size_t(d) + j] += distance * double(c);
  for (size_t r = 0; r < 500; ++r)
    for (size_t j = 0; j < size_t(d); ++j)
      p.x[r * size_t(d) + j] =
          (p.x[r * size_t(d) + j] + p.means[r % size_t(k) * size_t(d) + j] - p.shift[j]) / p.multiplier[j];
  test_forms(p);
}

// Components that are alike and near the origin, so that all have a share in each row: moments are a matrix product, of
// whole groups of components and of what is left of them, in several tiles; and every third component farther away, whose
// rows are centred beside others that are not.
static void test_alike(ptrdiff_t d, ptrdiff_t k, double apart) {
  Problem p(d < 64 ? 600 : 300, d, k, 4);
  const auto shrink = [](std::vector<double>& values, double least, double part) {
    for (double& each : values) each = least + part * each;
  };
  for (std::vector<double>* each : {&p.means, &p.pivot, &p.upper}) shrink(*each, 0, 0.1);
  for (std::vector<double>* each : {&p.inverse_deviation, &p.inverse_radius}) shrink(*each, 0.25, 0.02);
  for (ptrdiff_t c = 0; c < k; ++c)
    for (ptrdiff_t i = 0; i < d; ++i) {
      p.upper[size_t((c * d + i) * d + i)] += 0.25;
      p.lines[size_t(c * (1 + naive_rank) * d + i)] = p.inverse_deviation[size_t(c * d + i)];
    }
  for (ptrdiff_t c = 0; c < k; c += 3)
    for (ptrdiff_t j = 0; j < d; ++j)
      p.pivot[size_t(c * d + j)] = p.means[size_t(c * d + j)] += apart / std::sqrt(double(d));
  test_forms(p);
  test_forms(p.in_float32());
}

int main() {
  unsigned seed = 0;
  for (ptrdiff_t d : dimensions) {
    for (ptrdiff_t k : {1, 5})
      for (ptrdiff_t n : {1, 37, 300})
        if (d < 64 || n < 300) {
          test_forms(Problem(n, d, k, ++seed));
          test_forms(Problem(n, d, k, ++seed).in_float32());
        }
    test_layouts(Problem(100, d, 3, ++seed));
    test_layouts(Problem(100, d, 3, ++seed).in_float32());
    test_scaled_weights(Problem(300, d, 5, ++seed).in_float32());
    test_weight_zero(Problem(100, d, 3, ++seed));
  }
  test_forms(Problem(700, 2, 40, ++seed));
  for (ptrdiff_t d : {2, 7, 8, 16})
    for (ptrdiff_t k : {7, 20}) {
      test_separated(d, k, 40);  // 20: few enough rows a panel to be copied out of it
      test_separated(d, k, 4);
    }
  for (ptrdiff_t d : {8, 9, 16, 21, 64})
    for (ptrdiff_t k : {8, 19})
      for (double apart : {0.0, 80.0}) test_alike(d, k, apart);
  return report("expect");
}
