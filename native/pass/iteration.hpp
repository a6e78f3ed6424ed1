// An iteration of a fit whose rows are in memory, in one call: a pass, the sum over its chunks, and the update that
// follows from it.
#pragma once

#include <memory>

#include "expect.hpp"

namespace gaussmix {

// What is made of the sums: nothing, means and whole covariances (full_update), or means alone (centres_update).
enum Update { update_none, update_full, update_centres };

struct IterationTask {
  ExpectTask pass;
  double log_volume;                  // log of the user's volume of one internal unit of volume
  Update update;
  const double* scatter_diagonal;     // (d,) of update_full, as FullUpdateTask
  const double* covariance_diagonal;  // (d,)
  double least_part;                  // of all weight, that a component must have more of for update_full
};

typedef std::unique_ptr<double[]> Numbers;

// What was made of the sums; what was not made is null.
struct Iteration {
  bool interrupted = false;
  bool updated = false;     // false where a component has too little weight, or a covariance is singular
  size_t length = 0;        // of the sums
  Numbers sums;             // packed, over all rows, log-likelihood in the user's units
  Numbers parts;            // (k,), of all weight
  Numbers means;            // (k, d)
  Numbers factors;          // (k, d, d) of update_full
  Numbers log_determinant;  // (k,) of update_full
};

Iteration iterate(const Level& level, const IterationTask& task, Interrupt interrupt);

// The log-likelihood of packed sums from internal units to the user's. The constant is added once: in every row it would
// be rounded.
void to_user_units(double* sums, ptrdiff_t k, double log_volume);

// OUT parts (k,) of the sum of all.
void parts_of_sum(const double* sum_weight, ptrdiff_t k, double* parts);

// The M-step of k-means. IN sum_weight (k,), sum_x (k, d) about pivot (k, d). OUT means (k, d); one without rows stays.
void centres_update(ptrdiff_t k, ptrdiff_t d, const double* sum_weight, const double* sum_x, const double* pivot,
                    double* means);

}  // namespace gaussmix
