#include "column_moments.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace gaussmix {
namespace {

// Sums of so many rows are added to those before: of thousands of rows as they come, the last would be rounded as
// coarsely as the sum of all.
constexpr ptrdiff_t together = 128;

// Calls row(values, weight, number) with each row of positive weight, after every `together` rows end().
template <class T, class Row, class End>
void for_weighted(const Rows& rows, Row row, End end) {
  const T* x = static_cast<const T*>(rows.x);
  for (ptrdiff_t first = 0; first < rows.n; first += together) {
    for (ptrdiff_t r = first; r < std::min(first + together, rows.n); ++r) {
      const double weight = rows.weight[r * rows.weight_stride];
      if (weight > 0) row(x + r * rows.row_stride, weight);
    }
    end();
  }
}

// Sums for each column, of some rows and of all before.
class Sums {
 public:
  explicit Sums(ptrdiff_t d) : some_(size_t(d)), all_(size_t(d)) {}
  double* some() { return some_.data(); }
  void collect() {
    for (size_t j = 0; j < some_.size(); ++j) {
      all_[j] += some_[j];
      some_[j] = 0;
    }
  }
  double operator[](ptrdiff_t j) const { return all_[size_t(j)]; }

 private:
  std::vector<double> some_, all_;
};

// Gaps of all rows; true if there are none.
template <class T>
bool find_gaps(const Rows& rows, int64_t first_row, const ColumnMoments& out) {
  const ptrdiff_t d = rows.d;
  std::fill_n(out.missing, d, 0);
  std::fill_n(out.infinite, d, 0);
  constexpr int64_t nowhere = std::numeric_limits<int64_t>::max();
  std::fill_n(out.first_missing, d, nowhere);
  std::fill_n(out.first_infinite, d, nowhere);
  bool whole = true;
  for (ptrdiff_t r = 0; r < rows.n; ++r) {
    const T* x = static_cast<const T*>(rows.x) + r * rows.row_stride;
    bool finite = true;
    for (ptrdiff_t j = 0; j < d; ++j) finite &= std::isfinite(x[j * rows.column_stride]);
    if (finite) continue;
    whole = false;
    for (ptrdiff_t j = 0; j < d; ++j) {
      const T value = x[j * rows.column_stride];
      if (std::isfinite(value)) continue;
      const bool missing = std::isnan(value);
      int64_t& first = (missing ? out.first_missing : out.first_infinite)[j];
      first = std::min(first, first_row + int64_t(r));
      ++(missing ? out.missing : out.infinite)[j];
    }
  }
  return whole;
}

template <class T, bool whole>
RowTotals moments(const Rows& rows, int64_t least_exponent, const ColumnMoments& out) {
  const ptrdiff_t d = rows.d, stride = rows.column_stride;
  const auto counts = [](T value) { return whole || std::isfinite(value); };
  constexpr double none = std::numeric_limits<double>::infinity();
  std::fill_n(out.minimum, d, none);
  std::fill_n(out.maximum, d, -none);
  RowTotals totals = {};
  Sums all(1), weights(d);
  for_weighted<T>(
      rows,
      [&](const T* x, double weight) {
        ++totals.weighted;
        *all.some() += weight;
        for (ptrdiff_t j = 0; j < d; ++j) {
          const T value = x[j * stride];
          if (!counts(value)) continue;
          if (!whole) weights.some()[j] += weight;
          out.minimum[j] = std::min(out.minimum[j], double(value));
          out.maximum[j] = std::max(out.maximum[j], double(value));
        }
      },
      [&] {
        all.collect();
        if (!whole) weights.collect();
      });
  totals.sum_weight = all[0];

  // Relative to the middle of the range, in units of it: neither sums nor squares can then overflow.
  std::vector<double> middle(static_cast<size_t>(d)), scale(static_cast<size_t>(d)), offset(static_cast<size_t>(d));
  for (ptrdiff_t j = 0; j < d; ++j) {
    out.weight[j] = whole ? totals.sum_weight : weights[j];
    if (out.minimum[j] > out.maximum[j]) out.minimum[j] = out.maximum[j] = std::numeric_limits<double>::quiet_NaN();
    const bool any = out.minimum[j] <= out.maximum[j];
    int exponent = 0;
    std::frexp(any ? 0.5 * out.maximum[j] - 0.5 * out.minimum[j] : 0.0, &exponent);
    out.exponent[j] = std::max(int64_t(exponent), least_exponent);
    middle[size_t(j)] = any ? 0.5 * out.minimum[j] + 0.5 * out.maximum[j] : 0.0;
    scale[size_t(j)] = std::ldexp(1.0, int(1 - out.exponent[j]));
  }
  const auto scaled = [&](const T* x, ptrdiff_t j) {
    return (0.5 * double(x[j * stride]) - 0.5 * middle[size_t(j)]) * scale[size_t(j)];
  };
  Sums first(d), second(d);
  for_weighted<T>(
      rows,
      [&](const T* x, double weight) {
        for (ptrdiff_t j = 0; j < d; ++j)
          if (counts(x[j * stride])) first.some()[j] += weight * scaled(x, j);
      },
      [&] { first.collect(); });
  for (ptrdiff_t j = 0; j < d; ++j) offset[size_t(j)] = first[j] / (out.weight[j] > 0 ? out.weight[j] : 1.0);
  for_weighted<T>(
      rows,
      [&](const T* x, double weight) {
        for (ptrdiff_t j = 0; j < d; ++j) {
          if (!counts(x[j * stride])) continue;
          const double away = scaled(x, j) - offset[size_t(j)];
          second.some()[j] += weight * away * away;
        }
      },
      [&] { second.collect(); });
  for (ptrdiff_t j = 0; j < d; ++j) {
    out.mean[j] = middle[size_t(j)] + std::ldexp(offset[size_t(j)], int(out.exponent[j]));
    out.scatter[j] = second[j];
  }
  return totals;
}

template <class T>
bool finite(const Rows& rows) {
  bool all = true;
  for (ptrdiff_t r = 0; r < rows.n; ++r) {
    const T* x = static_cast<const T*>(rows.x) + r * rows.row_stride;
    for (ptrdiff_t j = 0; j < rows.d; ++j) all &= std::isfinite(x[j * rows.column_stride]);
  }
  return all;
}

template <class T>
RowTotals moments_of(const Rows& rows, int64_t first_row, int64_t least_exponent, const ColumnMoments& out) {
  const bool whole = find_gaps<T>(rows, first_row, out);
  return whole ? moments<T, true>(rows, least_exponent, out) : moments<T, false>(rows, least_exponent, out);
}

}  // namespace

RowTotals column_moments(const Rows& rows, int64_t first_row, int64_t least_exponent, const ColumnMoments& out) {
  if (rows.storage == storage_float32) return moments_of<float>(rows, first_row, least_exponent, out);
  return moments_of<double>(rows, first_row, least_exponent, out);
}

bool all_finite(const Rows& rows) {
  return rows.storage == storage_float32 ? finite<float>(rows) : finite<double>(rows);
}

}  // namespace gaussmix
