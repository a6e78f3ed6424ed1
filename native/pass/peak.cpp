#include "peak.hpp"

#include <chrono>
#include <vector>

#include "threads.hpp"

namespace gaussmix {

double fma_peak(const Level& level, int n_threads, double seconds) {
  typedef std::chrono::steady_clock Clock;
  constexpr int64_t rounds = 20000;  // some 100 microseconds between two looks at the clock
  std::vector<double> rate(size_t(n_threads), 0.0);
  Control control({});
  run_threads(n_threads, control, [&](int thread) {
    const auto begin = Clock::now();
    double done = 0, passed = 0;
    do {
      done += level.peak_flops(rounds);
      passed = std::chrono::duration<double>(Clock::now() - begin).count();
    } while (passed < seconds);
    rate[size_t(thread)] = done / passed;
  });
  double sum = 0;
  for (double each : rate) sum += each;
  return sum;
}

}  // namespace gaussmix
