// The instruction levels of this build, and the one in use.
#pragma once

#include <string>
#include <vector>

#include "stages.hpp"

namespace gaussmix {

// Those that were built and that this processor runs, the best last.
const std::vector<const Level*>& levels();

// The one in use: the best, until another was chosen. Throws where the processor runs none.
const Level& level();

// The stages that compute in T.
template <class T>
const Kernels<T>& kernels_of(const Level& level) {
  if constexpr (sizeof(T) == sizeof(double)) return level.float64;
  else return level.float32;
}

// Returns false where there is no level of this name.
bool use_level(const std::string& name);

}  // namespace gaussmix
