// Information of rows against its definition, on every instruction level.
#include <cmath>
#include <vector>

#include "../pass/information.hpp"
#include "../pass/levels.hpp"
#include "check.hpp"
#include "naive.hpp"

using namespace gaussmix;

// What a row adds to the sums of component c.
static std::vector<long double> own(const Problem& p, Form form, ptrdiff_t r, size_t c) {
  const size_t d = size_t(p.d);
  std::vector<long double> z(d), sums = {1};
  for (size_t j = 0; j < d; ++j) z[j] = (long double)internal(p, r, ptrdiff_t(j)) - p.pivot[c * d + j];
  sums.insert(sums.end(), z.begin(), z.end());
  long double square = 0;
  for (size_t i = 0; i < d; ++i) {
    square += z[i] * z[i];
    if (form == form_diagonal) sums.push_back(z[i] * z[i]);
    for (size_t j = 0; form == form_full && j <= i; ++j) sums.push_back(z[i] * z[j]);
  }
  if (form == form_spherical) sums.push_back(square);
  return sums;
}

static void compare(const Level& level, const Problem& p, Form form) {
  const InformationTask task = {p.rows(), p.model(form), form, p.pivot.data()};
  const size_t length = size_t(information_length(level, task)), k = size_t(p.k), q = length / k;
  std::vector<double> whole(length * length), observed(length * length);
  information(level, task, whole.data(), observed.data());
  std::vector<long double> expected_whole(length * length), expected_observed(length * length), gross(length * length);
  for (ptrdiff_t r = 0; r < p.n; ++r) {
    const NaiveRow row = naive_row(p, form, mode_soft, r);
    const long double weight = p.weight[size_t(r)];
    std::vector<long double> lines;
    for (size_t c = 0; c < k; ++c) {
      const std::vector<long double> sums = own(p, form, r, c);
      for (size_t i = 0; i < q; ++i) {
        lines.push_back(row.share[c] * sums[i]);
        for (size_t j = 0; j < q; ++j) expected_whole[(c * q + i) * length + c * q + j] += weight * row.share[c] * sums[i] * sums[j];
      }
    }
    for (size_t i = 0; i < length; ++i)
      for (size_t j = 0; j < length; ++j) expected_observed[i * length + j] += weight * lines[i] * lines[j];
  }
  long double reach = 1;
  for (long double each : expected_whole) reach = std::fmax(reach, std::fabs(each));
  for (size_t i = 0; i < whole.size(); ++i) {
    CHECK(std::fabs(whole[i] - double(expected_whole[i])) <= 1e-11 * double(reach), "%s, whole %zu: %g", level.name, i, whole[i]);
    CHECK(std::fabs(observed[i] - double(expected_observed[i])) <= 1e-11 * double(reach), "%s, observed %zu: %g", level.name, i, observed[i]);
  }
}

int main() {
  for (const Level* level : levels())
    for (Form form : {form_full, form_diagonal, form_spherical}) {
      compare(*level, Problem(1, 1, 1, 1), form);
      compare(*level, Problem(300, 2, 5, 2), form);
      compare(*level, Problem(70, 3, 3, 3), form);
    }
  return report("information");
}
