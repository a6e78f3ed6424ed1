// What calls of passes share.
#pragma once

#include <nanobind/nanobind.h>

#include "arrays.hpp"

namespace gaussmix {

// Asked by the calling thread, which does not hold the GIL. A signal handler's exception stays set.
inline bool signal_came(void*) {
  nb::gil_scoped_acquire gil;
  return PyErr_CheckSignals() != 0;
}

inline int checked_threads(int n_threads) {
  if (n_threads < 1) refuse("n_threads", "expected at least 1");
  return n_threads;
}

}  // namespace gaussmix
