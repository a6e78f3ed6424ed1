// One pass over rows that writes something for each of them.
#pragma once

#include "stages.hpp"
#include "threads.hpp"

namespace gaussmix {

struct RowResultsTask {
  Rows rows;
  Model model;
  Form score_form;
  int n_threads;
  // OUT, each may be null:
  void* log_density;  // (n,)
  void* share;        // (n, k)
  Storage results;    // of log_density and share
  int64_t* label;     // (n,) the best component, the first of equals
};

// Returns false if the interrupt asked to stop.
bool row_results(const Level& level, const RowResultsTask& task, Interrupt interrupt);

}  // namespace gaussmix
