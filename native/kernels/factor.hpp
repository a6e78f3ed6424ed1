// The factor that scores need of a covariance: U, upper triangular, with the precision = U U^T.
//
// LAPACK would do, but for this: its threads go on waiting, awake, for some 30 milliseconds after each call, and take
// a core from the next pass over the rows (a fifth of its time was measured).
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Rows, and vectors of columns, whose sums are in registers: at most 8 of 16, and 4 loads beside 8 multiply-adds.
constexpr int elimination_rows = 4;
constexpr int elimination_vectors = 2;
constexpr int elimination_columns = elimination_vectors * Simd<double>::width;

// Rows of scratch begin so far apart; what stands beyond column d is zero and stays so.
inline ptrdiff_t factor_stride(ptrdiff_t d) { return round_up(d, elimination_columns); }

inline size_t factor_scratch(ptrdiff_t d) {
  return size_t(2 * round_up(d, elimination_rows) * factor_stride(d));
}

// out (R rows, columns from `begin` on) -= sum over p < count of coefficient(r, p) * rows (p, columns).
template <int R>
inline void eliminate(ptrdiff_t count, const double* coefficient, ptrdiff_t next_row, ptrdiff_t next, const double* rows,
                      double* out, ptrdiff_t begin, ptrdiff_t stride) {
  constexpr int w = Simd<double>::width;
  for (ptrdiff_t j = begin / elimination_columns * elimination_columns; j < stride; j += elimination_columns) {
    Vector<double> sum[R][elimination_vectors];
    unroll<0, R>([&](auto r) GAUSSMIX_LAMBDA {
      unroll<0, elimination_vectors>([&](auto v) GAUSSMIX_LAMBDA { sum[r][v] = load(out + r * stride + j + v * w); });
    });
    const double* c = coefficient;
    const double* row = rows + j;
    for (ptrdiff_t p = 0; p < count; ++p, c += next, row += stride)
      unroll<0, elimination_vectors>([&](auto v) GAUSSMIX_LAMBDA {
        const Vector<double> x = load(row + v * w);
        unroll<0, R>([&](auto r) GAUSSMIX_LAMBDA { sum[r][v] -= c[r * next_row] * x; });
      });
    unroll<0, R>([&](auto r) GAUSSMIX_LAMBDA {
      unroll<0, elimination_vectors>([&](auto v) GAUSSMIX_LAMBDA { store(out + r * stride + j + v * w, sum[r][v]); });
    });
  }
}

inline void divide_row(double* row, double by, ptrdiff_t begin, ptrdiff_t stride) {
  for (ptrdiff_t j = begin; j < stride; ++j) row[j] /= by;
}

// In place: a matrix, of which the upper triangle is read, becomes R, upper triangular, with matrix = R^T R
// (Golub & Van Loan 2013, section 4.2, by rows). False at a pivot that is not above its diagonal entry times `least`,
// or not a number.
inline bool cholesky(ptrdiff_t d, double* matrix, double least, ptrdiff_t stride) {
  for (ptrdiff_t i = 0; i < d; i += elimination_rows) {
    double diagonal[elimination_rows];
    for (int r = 0; r < elimination_rows; ++r) diagonal[r] = i + r < d ? matrix[(i + r) * stride + i + r] : 0;
    eliminate<elimination_rows>(i, matrix + i, 1, stride, matrix, matrix + i * stride, i, stride);
    const ptrdiff_t end = i + elimination_rows < d ? i + elimination_rows : d;
    for (ptrdiff_t r = i; r < end; ++r) {
      double* row = matrix + r * stride;
      eliminate<1>(r - i, matrix + i * stride + r, 0, stride, matrix + i * stride, row, r, stride);
      if (!(row[r] > least * diagonal[r - i])) return false;
      divide_row(row, __builtin_sqrt(row[r]), r, stride);
    }
  }
  return true;
}

// The inverse of R, upper triangular too, from its last rows to its first: row i of R^-1 is
// (e_i - sum over m > i of R(i, m) row m) / R(i, i).
inline void invert(ptrdiff_t d, const double* upper, double* inverse, ptrdiff_t stride) {
  for (ptrdiff_t end = d, i; end > 0; end = i) {
    i = (end - 1) / elimination_rows * elimination_rows;
    const auto rows_below = [&](auto rows, ptrdiff_t first, ptrdiff_t from, ptrdiff_t to) GAUSSMIX_LAMBDA {
      eliminate<decltype(rows)::value>(to - from, upper + first * stride + from, stride, 1, inverse + from * stride,
                                       inverse + first * stride, first, stride);
    };
    if (end - i == elimination_rows) rows_below(Const<elimination_rows>{}, i, end, d);
    for (ptrdiff_t r = end; r-- > i;) {
      inverse[r * stride + r] += 1;
      rows_below(Const<1>{}, r, r + 1, end);
      divide_row(inverse + r * stride, upper[r * stride + r], r, stride);
    }
  }
}

// IN covariance (d, d), symmetric. OUT factor (d, d): U with covariance^-1 = U U^T, zero below the diagonal.
// SCRATCH factor_scratch. False where the covariance is singular to rounding: see cholesky.
inline bool precision_factor(ptrdiff_t d, const double* covariance, double least, double* factor, double* scratch) {
  const ptrdiff_t stride = factor_stride(d), rows = round_up(d, elimination_rows);
  double* upper = scratch;
  double* inverse = scratch + rows * stride;
  for (ptrdiff_t e = 0; e < 2 * rows * stride; ++e) scratch[e] = 0;
  for (ptrdiff_t i = 0; i < d; ++i)
    for (ptrdiff_t j = i; j < d; ++j) upper[i * stride + j] = covariance[i * d + j];
  if (!cholesky(d, upper, least, stride)) return false;
  invert(d, upper, inverse, stride);
  for (ptrdiff_t i = 0; i < d; ++i)
    for (ptrdiff_t j = 0; j < d; ++j) factor[i * d + j] = j < i ? 0 : inverse[i * stride + j];
  return true;
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
