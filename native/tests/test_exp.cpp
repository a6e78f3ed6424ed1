// Errors of exp and log in units in the last place, at every level.
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "../pass/levels.hpp"
#include "check.hpp"

using gaussmix::Level;

// Error of `got` in units in the last place of the truth.
static double ulp(double got, long double truth) {
  const double rounded = double(truth);
  const double step = std::nextafter(std::fabs(rounded), std::numeric_limits<double>::infinity()) - std::fabs(rounded);
  return double(std::fabs((long double)got - truth) / step);
}

static void test_exp(const Level& level) {
  std::mt19937_64 random(1);
  std::vector<double> x;
  std::uniform_real_distribution<double> wide(-708, 709), narrow(-2, 2), tiny(-1e-6, 1e-6);
  for (int i = 0; i < 200000; ++i) x.push_back(i % 4 == 0 ? wide(random) : i % 4 == 3 ? tiny(random) : narrow(random));
  std::vector<double> y(x.size());
  level.exp(x.data(), y.data(), ptrdiff_t(x.size()));
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) worst = std::fmax(worst, ulp(y[i], std::exp((long double)x[i])));
  CHECK(worst < 1.5, "%s: exp is %g ulp off", level.name, worst);
  std::printf("%s: exp %.3f ulp\n", level.name, worst);

  const double infinity = std::numeric_limits<double>::infinity();
  const double in[6] = {0.0, -0.0, -708.001, -1e6, -1e300, -infinity};
  double out[6];
  level.exp(in, out, 6);
  CHECK(out[0] == 1 && out[1] == 1, "exp(0) = %g", out[0]);
  for (int i = 2; i < 6; ++i) CHECK(out[i] == 0, "exp(%g) = %g", in[i], out[i]);
}

static void test_log(const Level& level) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> near(0.75, 3), power(0, 300);
  std::vector<double> x{1.0};
  for (int i = 0; i < 200000; ++i) x.push_back(i % 2 ? near(random) : std::exp2(power(random)));
  std::vector<double> y(x.size());
  level.log(x.data(), y.data(), ptrdiff_t(x.size()));
  double worst = 0;
  for (size_t i = 1; i < x.size(); ++i) worst = std::fmax(worst, ulp(y[i], std::log((long double)x[i])));
  CHECK(worst < 1.5, "%s: log is %g ulp off", level.name, worst);
  CHECK(y[0] == 0, "log(1) = %g", y[0]);
  std::printf("%s: log %.3f ulp\n", level.name, worst);
}

int main() {
  for (const Level* level : gaussmix::levels()) {
    test_exp(*level);
    test_log(*level);
  }
  return report("exp");
}
