// Iterations of a fit whose rows are in memory.
#pragma once

#include <nanobind/nanobind.h>

namespace gaussmix {

void define_iteration(nanobind::module_& m);

}  // namespace gaussmix
