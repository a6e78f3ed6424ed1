#include "matrices.hpp"

#include <algorithm>

#include "../matrices/common_axes.hpp"
#include "arrays.hpp"

namespace gaussmix {
namespace {

nb::tuple turned_axes(const Array& axes, const Array& scatter, const Array& sum_weight, bool equal_volume,
                      int most_sweeps, double tolerance) {
  if (scatter.ndim() != 3) refuse("scatter", "expected three dimensions");
  const size_t k = scatter.shape(0), d = scatter.shape(2);
  const Parameters first(axes, "axes", {d, d}), along(scatter, "scatter", {k, d, d}), weight(sum_weight, "sum_weight", {k});
  const auto found = owned<2>(new double[d * d], {d, d});
  std::copy_n(first.data(), d * d, found.data());
  std::vector<double> turned(along.data(), along.data() + d * d * k);
  CommonAxes task = {};
  task.d = ptrdiff_t(d);
  task.k = ptrdiff_t(k);
  task.sum_weight = weight.data();
  task.equal_volume = equal_volume;
  task.most_sweeps = most_sweeps;
  task.tolerance = tolerance;
  task.axes = found.data();
  task.turned = turned.data();
  ptrdiff_t singular = -1;
  {
    nb::gil_scoped_release free;
    singular = turn_axes(task);
  }
  return nb::make_tuple(found, task.worth, singular);
}

}  // namespace

void define_matrices(nb::module_& m) {
  using namespace nb::literals;
  m.def("turn_axes", &turned_axes, "axes"_a, "scatter"_a, "sum_weight"_a, "equal_volume"_a, "most_sweeps"_a,
        "tolerance"_a,
        "Axes, one a line, turned until a sweep over all pairs gains nothing, from scatter (k, d, d) along them; their "
        "worth, and the number of the first component without variance along one or -1.");
}

}  // namespace gaussmix
