// One pass over rows by cells: the additive statistics of shares among the candidates alone.
#pragma once

#include <vector>

#include "cells.hpp"
#include "expect.hpp"

namespace gaussmix {

struct CellsTask {
  ExpectTask pass;      // of all components; chunks play no part; soft, and the gather form is the score form
  Cells cells;
  double* log_density;  // OUT (n,) of the rows under their candidates; may be null
};

// Rows of a unit of summation, places in Cells::order: enough for each component that its sums, which are cleared,
// written and added once a unit, cost some hundredth of the rows' work. Depends on nothing but the sizes.
int64_t unit_rows(ptrdiff_t k);

// The maximal nodes of the tree over units, packed as by expect. Sets interrupted where the interrupt asked to stop.
std::vector<TreeSum::Node> expect_cells(const Level& level, const CellsTask& task, Interrupt interrupt,
                                        bool& interrupted);

}  // namespace gaussmix
