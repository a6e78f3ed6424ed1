// Arrays of the caller, checked; every complaint names the argument.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "../pass/cells.hpp"

namespace gaussmix {

namespace nb = nanobind;
typedef nb::ndarray<nb::ro, nb::device::cpu> Array;
typedef nb::ndarray<nb::device::cpu> OutArray;

[[noreturn]] inline void refuse(const char* name, const std::string& what) {
  throw nb::value_error((std::string(name) + ": " + what).c_str());
}

template <class A>
void expect_shape(const A& array, const char* name, const std::vector<size_t>& shape) {
  bool same = array.ndim() == shape.size();
  for (size_t i = 0; same && i < shape.size(); ++i) same = array.shape(i) == shape[i];
  if (same) return;
  std::string wanted = "(", found = "(";
  for (size_t each : shape) wanted += std::to_string(each) + ",";
  for (size_t i = 0; i < array.ndim(); ++i) found += std::to_string(array.shape(i)) + ",";
  refuse(name, "expected shape " + wanted + "), got " + found + ")");
}

// An array of this shape that owns its numbers.
template <size_t dimensions>
inline nb::ndarray<nb::numpy, double, nb::ndim<dimensions>> owned(double* data, std::initializer_list<size_t> shape) {
  nb::capsule owner(data, [](void* numbers) noexcept { delete[] static_cast<double*>(numbers); });
  return {data, shape, owner};
}

// The same where nobody may change them any more.
template <size_t dimensions>
inline nb::ndarray<nb::numpy, const double, nb::ndim<dimensions>> kept(const double* data,
                                                                       std::initializer_list<size_t> shape) {
  nb::capsule owner(data, [](void* numbers) noexcept { delete[] static_cast<double*>(numbers); });
  return {data, shape, owner};
}

// Parameters: float64 of a given shape at any strides, read as one row-major block; copied only where they do
// not already lie so.
class Parameters {
 public:
  Parameters(const Array& array, const char* name, const std::vector<size_t>& shape) {
    expect_shape(array, name, shape);
    if (array.dtype() != nb::dtype<double>()) refuse(name, "expected float64");
    data_ = static_cast<const double*>(array.data());
    size_t size = 1;
    bool contiguous = true;
    for (size_t i = shape.size(); i-- > 0;) {
      contiguous = contiguous && (shape[i] == 1 || array.stride(i) == int64_t(size));
      size *= shape[i];
    }
    if (contiguous) return;
    copy_.reserve(size);
    copy(array, 0, data_);
    data_ = copy_.data();
  }
  const double* data() const { return data_; }

 private:
  void copy(const Array& array, size_t axis, const double* from) {
    if (axis == array.ndim()) return copy_.push_back(*from);
    for (size_t i = 0; i < array.shape(axis); ++i) copy(array, axis + 1, from + int64_t(i) * array.stride(axis));
  }
  const double* data_ = nullptr;
  std::vector<double> copy_;
};

inline Storage storage_of(nb::dlpack::dtype dtype, const char* name) {
  if (dtype == nb::dtype<double>()) return storage_float64;
  if (dtype == nb::dtype<float>()) return storage_float32;
  refuse(name, "expected float64 or float32");
}

// The rows of x, without weights or frame.
inline Rows rows_of(const Array& x) {
  if (x.ndim() != 2) refuse("x", "expected two dimensions");
  if (x.shape(1) == 0) refuse("x", "expected at least one column");
  Rows rows = {};
  rows.weight_scale = 1;
  rows.x = x.data();
  rows.storage = storage_of(x.dtype(), "x");
  rows.n = ptrdiff_t(x.shape(0));
  rows.d = ptrdiff_t(x.shape(1));
  rows.row_stride = ptrdiff_t(x.stride(0));
  rows.column_stride = ptrdiff_t(x.stride(1));
  return rows;
}

inline void set_weight(Rows& rows, const Array& weight) {
  expect_shape(weight, "weight", {size_t(rows.n)});
  if (weight.dtype() != nb::dtype<double>()) refuse("weight", "expected float64");
  rows.weight = static_cast<const double*>(weight.data());
  rows.weight_stride = ptrdiff_t(weight.stride(0));
}

inline Form form_of(const std::string& text, const char* name) {
  if (text == "full") return form_full;
  if (text == "diagonal") return form_diagonal;
  if (text == "spherical") return form_spherical;
  if (text == "tied") return form_tied;
  if (text == "low_rank") return form_low_rank;
  refuse(name, "expected 'full', 'diagonal', 'spherical', 'tied' or 'low_rank', got '" + text + "'");
}

// Loadings of a component: a line each, behind that of the noise.
inline size_t rank_of(Form form, const Array& factor, const char* name) {
  if (form != form_low_rank) return 0;
  if (factor.ndim() != 3 || factor.shape(1) < 2) refuse(name, "expected shape (k, 1 + rank, d) with rank > 0");
  return factor.shape(1) - 1;
}

// Shape of the factors of k components.
inline std::vector<size_t> factor_shape(Form form, size_t k, size_t d, size_t rank) {
  switch (form) {
    case form_diagonal:
    case form_spherical: return {k, d};
    case form_tied: return {d, d};
    case form_low_rank: return {k, 1 + rank, d};
    default: return {k, d, d};
  }
}

inline Mode mode_of(const std::string& text, const char* name) {
  if (text == "soft") return mode_soft;
  if (text == "hard") return mode_hard;
  refuse(name, "expected 'soft' or 'hard', got '" + text + "'");
}

// C-contiguous integers of a given shape, all from 0 up to below `end`.
template <class Integer>
const Integer* numbers_of(const Array& array, const char* name, const std::vector<size_t>& shape, int64_t end) {
  expect_shape(array, name, shape);
  if (array.dtype() != nb::dtype<Integer>()) refuse(name, "expected integers of " + std::to_string(sizeof(Integer)) + " bytes");
  size_t size = 1;
  for (size_t i = shape.size(); i-- > 0; size *= shape[i])
    if (shape[i] > 1 && array.stride(i) != int64_t(size)) refuse(name, "expected a C-contiguous array");
  const Integer* numbers = static_cast<const Integer*>(array.data());
  for (size_t i = 0; i < size; ++i)
    if (numbers[i] < 0 || numbers[i] >= end) refuse(name, "expected numbers from 0 to " + std::to_string(end - 1));
  return numbers;
}

// Rows by cells. That order is a permutation is the caller's promise.
inline Cells cells_of(const Array& order, const Array& begin, const Array& candidate, size_t n, size_t k) {
  Cells cells = {};
  cells.k = ptrdiff_t(k);
  cells.order = numbers_of<int64_t>(order, "order", {n}, int64_t(n));
  cells.begin = numbers_of<int64_t>(begin, "begin", {k + 1}, int64_t(n) + 1);
  for (size_t c = 0; c < k; ++c)
    if (cells.begin[c] > cells.begin[c + 1]) refuse("begin", "expected numbers that do not fall");
  if (cells.begin[0] != 0 || cells.begin[k] != int64_t(n)) refuse("begin", "expected to go from 0 to the number of rows");
  if (candidate.ndim() != 2 || candidate.shape(1) == 0) refuse("candidate", "expected shape (k, candidates)");
  cells.candidates = ptrdiff_t(candidate.shape(1));
  cells.candidate = numbers_of<int32_t>(candidate, "candidate", {k, candidate.shape(1)}, int64_t(k));
  std::vector<size_t> last(k, k);  // the cell that had each component last
  for (size_t i = 0; i < k * size_t(cells.candidates); ++i) {
    size_t& before = last[size_t(cells.candidate[i])];
    if (before == i / size_t(cells.candidates)) refuse("candidate", "expected no component twice in a cell");
    before = i / size_t(cells.candidates);
  }
  return cells;
}

// The parameters that rows are scored under, kept alive with their copies.
struct ModelArguments {
  ModelArguments(const Rows& rows, const Array& multiplier_in, const Array& shift_in, Form form, const Array& means_in,
                 const Array& factor_in, const Array& log_constant_in)
      : k(components(means_in)),
        d(size_t(rows.d)),
        multiplier(multiplier_in, "multiplier", {d}),
        shift(shift_in, "shift", {d}),
        means(means_in, "means", {k, d}),
        rank(rank_of(form, factor_in, "factor")),
        factor(factor_in, "factor", factor_shape(form, k, d, rank)),
        log_constant(log_constant_in, "log_constant", {k}) {}

  static size_t components(const Array& means) {
    if (means.ndim() != 2 || means.shape(0) == 0) refuse("means", "expected shape (k, d) with k > 0");
    return means.shape(0);
  }
  Model model() const {
    return {ptrdiff_t(k), ptrdiff_t(d), means.data(), factor.data(), log_constant.data(), ptrdiff_t(rank)};
  }

  size_t k, d;
  Parameters multiplier, shift, means;
  size_t rank;
  Parameters factor, log_constant;
};

}  // namespace gaussmix
