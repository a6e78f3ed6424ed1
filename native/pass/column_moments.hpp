// What the first pass learns of a chunk: range, mean and scatter of each column, and its gaps. In one thread.
#pragma once

#include <cstdint>

#include "stages.hpp"

namespace gaussmix {

// OUT, (d,) each. A missing or infinite value counts in none of its column's moments.
struct ColumnMoments {
  double* weight;   // of the rows in which the column has a finite value
  double* mean;
  double* scatter;  // weighted squares of differences from the mean, in units of 4^exponent
  double* minimum;  // of finite values, as maximum: not a number where there are none
  double* maximum;
  int64_t* exponent;
  int64_t* missing;   // how many, also in rows of weight 0
  int64_t* infinite;
  int64_t* first_missing;  // its row; the largest number if there is none
  int64_t* first_infinite;
};

struct RowTotals {
  int64_t weighted;   // rows of positive weight: the others enter no moment
  double sum_weight;  // of these
};

// IN rows, without a frame; first_row, the number of the first. Exponents are no lower than the least: their powers of
// two, and the inverses, are normal floats.
RowTotals column_moments(const Rows& rows, int64_t first_row, int64_t least_exponent, const ColumnMoments& out);

// Whether no value is missing or infinite.
bool all_finite(const Rows& rows);

}  // namespace gaussmix
