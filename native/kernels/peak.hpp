// Fused multiply-adds that never leave the registers: what the machine can do at most at this level.
#pragma once

#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Hides the value from the optimiser.
GAUSSMIX_INLINE void keep(Vector<double>& v) {
#if defined(__AVX512F__)
  asm volatile("" : "+v"(v));
#elif defined(__SSE2__)
  asm volatile("" : "+x"(v));
#elif defined(__aarch64__)
  asm volatile("" : "+w"(v));
#else
  asm volatile("" : "+m"(v));
#endif
}

// Returns the floating-point operations done: 2 for each lane of each of the chains and rounds.
// The chains cover the latency (4 or 5 cycles) on two units.
inline double peak_flops(int64_t rounds) {
  typedef Vector<double> V;
  constexpr int chains = registers >= 32 ? 16 : 12;
  V sum[chains];
  V a = broadcast(0.999999), b = broadcast(1e-6);
  keep(a);
  keep(b);
  unroll<0, chains>([&](auto i) GAUSSMIX_LAMBDA { sum[i] = broadcast(double(i)); });
  for (int64_t r = 0; r < rounds; ++r)
    unroll<0, chains>([&](auto i) GAUSSMIX_LAMBDA { sum[i] = sum[i] * a + b; });
  unroll<1, chains>([&](auto i) GAUSSMIX_LAMBDA { sum[0] += sum[i]; });
  keep(sum[0]);
  return 2.0 * Simd<double>::width * chains * double(rounds);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
