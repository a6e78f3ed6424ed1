// Errors of exp and log in units in the last place, at every level.
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "../pass/levels.hpp"
#include "check.hpp"

using gaussmix::Level;

// Error of `got` in units in the last place of the truth.
template <class T>
static double ulp(T got, long double truth) {
  const T rounded = T(truth);
  const T step = std::nextafter(std::fabs(rounded), std::numeric_limits<T>::infinity()) - std::fabs(rounded);
  return double(std::fabs((long double)got - truth) / step);
}

template <class T>
struct Range;  // of arguments: where the exponential is normal, and the largest power of two of a sum of them
template <>
struct Range<double> {
  static constexpr double low = -708, high = 709, power = 300;
};
template <>
struct Range<float> {
  static constexpr double low = -87, high = 88, power = 100;
};

template <class T>
static void test_exp(const char* level, void (*exp)(const T*, T*, ptrdiff_t)) {
  std::mt19937_64 random(1);
  std::vector<T> x;
  std::uniform_real_distribution<double> wide(Range<T>::low, Range<T>::high), narrow(-2, 2), tiny(-1e-6, 1e-6);
  for (int i = 0; i < 200000; ++i)
    x.push_back(T(i % 4 == 0 ? wide(random) : i % 4 == 3 ? tiny(random) : narrow(random)));
  std::vector<T> y(x.size());
  exp(x.data(), y.data(), ptrdiff_t(x.size()));
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) worst = std::fmax(worst, ulp(y[i], std::exp((long double)x[i])));
  CHECK(worst < 1.5, "%s: exp is %g ulp off", level, worst);
  std::printf("%s, %zu bytes: exp %.3f ulp\n", level, sizeof(T), worst);

  const T infinity = std::numeric_limits<T>::infinity(), low = T(Range<T>::low);
  const T in[6] = {0, T(-0.0), std::nextafter(low, -infinity), T(-1e6), -std::numeric_limits<T>::max(), -infinity};
  T out[6];
  exp(in, out, 6);
  CHECK(out[0] == 1 && out[1] == 1, "exp(0) = %g", double(out[0]));
  for (int i = 2; i < 6; ++i) CHECK(out[i] == 0, "exp(%g) = %g", double(in[i]), double(out[i]));
}

template <class T>
static void test_log(const char* level, void (*log)(const T*, T*, ptrdiff_t)) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> near(0.75, 3), power(0, Range<T>::power);
  std::vector<T> x{1};
  for (int i = 0; i < 200000; ++i) x.push_back(T(i % 2 ? near(random) : std::exp2(power(random))));
  std::vector<T> y(x.size());
  log(x.data(), y.data(), ptrdiff_t(x.size()));
  double worst = 0;
  for (size_t i = 1; i < x.size(); ++i) worst = std::fmax(worst, ulp(y[i], std::log((long double)x[i])));
  CHECK(worst < 1.5, "%s: log is %g ulp off", level, worst);
  CHECK(y[0] == 0, "log(1) = %g", double(y[0]));
  std::printf("%s, %zu bytes: log %.3f ulp\n", level, sizeof(T), worst);
}

int main() {
  for (const Level* level : gaussmix::levels()) {
    test_exp(level->name, level->float64.exp);
    test_log(level->name, level->float64.log);
    test_exp(level->name, level->float32.exp);
    test_log(level->name, level->float32.log);
  }
  return report("exp");
}
