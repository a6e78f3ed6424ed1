// One pass over rows: their additive statistics, chunk by chunk.
#pragma once

#include <vector>

#include "stages.hpp"
#include "threads.hpp"
#include "tree_sum.hpp"

namespace gaussmix {

struct ExpectTask {
  Rows rows;
  Model model;
  Form score_form;
  Mode share_mode;
  Form gather_form;
  const double* pivot;          // (k, d)
  const double* gather_factor;  // of the components that gather, as Model::factor
  int64_t chunk_length;
  int64_t first_chunk;
  int n_threads;
  ptrdiff_t gather_rank;  // as Model::rank
};

// Doubles of a packed vector: log_likelihood, sum_weight (k), sum_x (k, d), scatter (full: lower triangles row by
// row (k, d (d + 1) / 2); diagonal: (k, d); tied: one lower triangle; low rank: squares, and products with each
// coordinate (k, 1 + rank, d)).
size_t packed_length(const Level& level, const ExpectTask& task);

// The maximal nodes of the tree over the task's chunks, by first chunk. Sets interrupted, and returns nothing of
// use, where the interrupt asked to stop.
std::vector<TreeSum::Node> expect(const Level& level, const ExpectTask& task, Interrupt interrupt, bool& interrupted);

}  // namespace gaussmix
