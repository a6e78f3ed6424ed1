#pragma once

#include "stages.hpp"

namespace gaussmix {

// Floating-point operations a second of n_threads that do nothing but fused multiply-adds for about `seconds`.
double fma_peak(const Level& level, int n_threads, double seconds);

}  // namespace gaussmix
