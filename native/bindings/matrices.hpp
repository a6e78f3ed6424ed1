// What is computed from matrices and few points, without a pass over rows.
#pragma once

#include <nanobind/nanobind.h>

namespace gaussmix {

void define_matrices(nanobind::module_& m);

}  // namespace gaussmix
