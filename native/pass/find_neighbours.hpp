// Better cells: who stands beside whom, found among the candidates of candidates.
#pragma once

#include "cells.hpp"
#include "threads.hpp"

namespace gaussmix {

struct NeighboursTask {
  Rows rows;
  Model model;
  Form score_form;
  Cells cells;
  const double* mass;      // (k, candidates) of the candidates when they were chosen, sums of shares of the cell's rows
  ptrdiff_t trials;        // further components that each cell is given to try
  ptrdiff_t strangers;     // of these are drawn at random, from:
  const int32_t* drawn;    // (k, strangers)
  int n_threads;
  // OUT:
  int32_t* label;          // (n,) the best of a row's candidates and trials, the first of equals
  int32_t* candidate;      // (k, candidates) the best of both, by the mass they have among them; the cell's own first
  double* chosen_mass;     // (k, candidates)
};

// False if the interrupt asked to stop.
bool find_neighbours(const Level& level, const NeighboursTask& task, Interrupt interrupt);

}  // namespace gaussmix
