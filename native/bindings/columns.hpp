// What the first pass learns of columns.
#pragma once

#include <nanobind/nanobind.h>

namespace gaussmix {

void define_columns(nanobind::module_& m);

}  // namespace gaussmix
