#include "columns.hpp"

#include "../pass/column_moments.hpp"
#include "arrays.hpp"

namespace gaussmix {
namespace {

nb::tuple moments_of_columns(const Array& x, const Array& weight, int64_t first_row, int64_t least_exponent) {
  Rows rows = rows_of(x);
  set_weight(rows, weight);
  const size_t d = size_t(rows.d);
  const auto floats = owned<2>(new double[5 * d], {5, d});
  int64_t* whole = new int64_t[5 * d];
  nb::capsule owner(whole, [](void* numbers) noexcept { delete[] static_cast<int64_t*>(numbers); });
  const nb::ndarray<nb::numpy, int64_t, nb::ndim<2>> integers(whole, {5, d}, owner);
  double* const f = floats.data();
  const ColumnMoments out = {f,         f + d,         f + 2 * d,         f + 3 * d,         f + 4 * d,
                             whole,     whole + d,     whole + 2 * d,     whole + 3 * d,     whole + 4 * d};
  RowTotals totals = {};
  {
    nb::gil_scoped_release free;
    totals = column_moments(rows, first_row, least_exponent, out);
  }
  return nb::make_tuple(totals.weighted, totals.sum_weight, floats, integers);
}

bool finite_values(const Array& x) {
  const Rows rows = rows_of(x);
  nb::gil_scoped_release free;
  return all_finite(rows);
}

}  // namespace

void define_columns(nb::module_& m) {
  using namespace nb::literals;
  m.def("column_moments", &moments_of_columns, "x"_a, "weight"_a, "first_row"_a, "least_exponent"_a,
        "Rows that count, their weight, and of each column weight, mean, scatter, minimum, maximum; exponent, and "
        "numbers and first rows of gaps.");
  m.def("all_finite", &finite_values, "x"_a, "Whether no value is missing or infinite.");
}

}  // namespace gaussmix
