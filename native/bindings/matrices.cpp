#include "matrices.hpp"

#include <algorithm>

#include "../matrices/common_axes.hpp"
#include "../matrices/proportional.hpp"
#include "../pass/levels.hpp"
#include "../starts/agglomeration.hpp"
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

// Scatter (k, d) has a common shape (d); scatter (k, d, d), here in one line each, a common matrix.
nb::tuple multiples_of(const Array& scatter, const Array& sum_weight, const Array& first, int most_turns,
                       double tolerance) {
  if (scatter.ndim() != 2 && scatter.ndim() != 3) refuse("scatter", "expected two or three dimensions");
  const bool whole = scatter.ndim() == 3;
  const size_t k = scatter.shape(0), d = scatter.shape(1), size = whole ? d * d : d;
  const std::vector<size_t> one = whole ? std::vector<size_t>{d, d} : std::vector<size_t>{d};
  const Parameters all(scatter, "scatter", whole ? std::vector<size_t>{k, d, d} : std::vector<size_t>{k, d});
  const Parameters weight(sum_weight, "sum_weight", {k}), begin(first, "first", one);
  const auto volume = owned<1>(new double[k], {k});
  const auto common = owned<1>(new double[size], {size});
  std::copy_n(begin.data(), size, common.data());
  Proportional task = {};
  task.k = ptrdiff_t(k);
  task.d = ptrdiff_t(d);
  task.scatter = all.data();
  task.sum_weight = weight.data();
  task.most_turns = most_turns;
  task.tolerance = tolerance;
  task.common = common.data();
  task.volume = volume.data();
  ptrdiff_t singular = -1;
  {
    nb::gil_scoped_release free;
    singular = whole ? common_matrix(level(), task) : common_shape(task);
  }
  return nb::make_tuple(volume, common, singular);
}

nb::ndarray<nb::numpy, int64_t, nb::ndim<2>> merges_of(const Array& points, const Array& weight, int64_t n_groups,
                                                      double prior_weight, double prior_variance) {
  if (points.ndim() != 2 || points.shape(0) == 0 || points.shape(1) == 0) refuse("points", "expected shape (m, d)");
  if (!(prior_weight > 0 && prior_variance > 0)) refuse("prior_weight", "expected more than 0, and of the variance too");
  const size_t m = points.shape(0), d = points.shape(1);
  const Parameters x(points, "points", {m, d}), weights(weight, "weight", {m});
  Agglomeration task = {};
  task.m = ptrdiff_t(m);
  task.d = ptrdiff_t(d);
  task.points = x.data();
  task.weight = weights.data();
  task.n_groups = ptrdiff_t(n_groups);
  task.prior_weight = prior_weight;
  task.prior_variance = prior_variance;
  task.merges = new int64_t[2 * (m - 1)];
  nb::capsule owner(task.merges, [](void* numbers) noexcept { delete[] static_cast<int64_t*>(numbers); });
  {
    nb::gil_scoped_release free;
    agglomerate(task);
  }
  return {task.merges, {m - 1, 2}, owner};
}

}  // namespace

void define_matrices(nb::module_& m) {
  using namespace nb::literals;
  m.def("turn_axes", &turned_axes, "axes"_a, "scatter"_a, "sum_weight"_a, "equal_volume"_a, "most_sweeps"_a,
        "tolerance"_a,
        "Axes, one a line, turned until a sweep over all pairs gains nothing, from scatter (k, d, d) along them; their "
        "worth, and the number of the first component without variance along one or -1.");
  m.def("multiples", &multiples_of, "scatter"_a, "sum_weight"_a, "first"_a, "most_turns"_a, "tolerance"_a,
        "Volumes and what covariances are multiples of, in one line, by turns; and -1, the number of the first component "
        "without scatter, or k where what is common is singular.");
  m.def("agglomerate", &merges_of, "points"_a, "weight"_a, "n_groups"_a, "prior_weight"_a, "prior_variance"_a,
        "Pairs of points whose groups become one, in order: as balls down to n_groups, then as ellipsoids.");
}

}  // namespace gaussmix
