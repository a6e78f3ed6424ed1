// gaussmix._native: the compiled passes. Arguments are checked here, then the GIL is let go.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>

#include "../pass/expect.hpp"
#include "../pass/expect_cells.hpp"
#include "../pass/factors.hpp"
#include "../pass/full_update.hpp"
#include "../pass/find_neighbours.hpp"
#include "../pass/information.hpp"
#include "../pass/k_means.hpp"
#include "../pass/levels.hpp"
#include "../pass/peak.hpp"
#include "../pass/row_results.hpp"
#include "arrays.hpp"
#include "calls.hpp"
#include "columns.hpp"
#include "iteration.hpp"
#include "matrices.hpp"

namespace gaussmix {
namespace {

nb::list listed(std::vector<TreeSum::Node>& nodes, size_t length) {
  nb::list result;
  for (TreeSum::Node& node : nodes)
    result.append(nb::make_tuple(node.level, node.index, owned<1>(node.sums.release(), {length})));
  return result;
}

nb::list expect_arrays(const Array& x, const Array& weight, const Array& multiplier, const Array& shift,
                       const std::string& score_form, const Array& means, const Array& factor,
                       const Array& log_constant, const std::string& share_mode, const std::string& gather_form,
                       const Array& pivot, const Array& gather_factor, int64_t chunk_length, int64_t first_chunk, int n_threads) {
  ExpectTask task = {};
  task.rows = rows_of(x);
  set_weight(task.rows, weight);
  task.score_form = form_of(score_form, "score_form");
  task.share_mode = mode_of(share_mode, "share_mode");
  task.gather_form = form_of(gather_form, "gather_form");
  const ModelArguments arguments(task.rows, multiplier, shift, task.score_form, means, factor, log_constant);
  const Parameters about(pivot, "pivot", {arguments.k, arguments.d});
  const size_t rank = rank_of(task.gather_form, gather_factor, "gather_factor");
  const Parameters spread(gather_factor, "gather_factor", factor_shape(task.gather_form, arguments.k, arguments.d, rank));
  task.model = arguments.model();
  task.rows.multiplier = arguments.multiplier.data();
  task.rows.shift = arguments.shift.data();
  task.pivot = about.data();
  task.gather_factor = spread.data();
  task.gather_rank = ptrdiff_t(rank);
  if (chunk_length < 1) refuse("chunk_length", "expected at least 1");
  if (first_chunk < 0) refuse("first_chunk", "expected at least 0");
  task.chunk_length = chunk_length;
  task.first_chunk = first_chunk;
  task.n_threads = checked_threads(n_threads);

  const Level& chosen = level();
  std::vector<TreeSum::Node> nodes;
  bool interrupted = false;
  {
    nb::gil_scoped_release free;
    nodes = expect(chosen, task, {signal_came, nullptr}, interrupted);
  }
  if (interrupted) throw nb::python_error();
  return listed(nodes, packed_length(chosen, task));
}

// The start of an output array of this shape, C-contiguous.
void* output(const OutArray& array, const char* name, const std::vector<size_t>& shape) {
  expect_shape(array, name, shape);
  for (size_t extent : shape) {
    if (extent == 0) return array.data();  // nothing lies anywhere, whatever the strides
  }
  int64_t size = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] > 1 && array.stride(i) != size) refuse(name, "expected a C-contiguous array");
    size *= int64_t(shape[i]);
  }
  return array.data();
}

void write_rows(const Array& x, const Array& multiplier, const Array& shift, const std::string& score_form,
                const Array& means, const Array& factor, const Array& log_constant, int n_threads,
                const std::optional<OutArray>& log_density, const std::optional<OutArray>& share,
                const std::optional<OutArray>& label) {
  RowResultsTask task = {};
  task.rows = rows_of(x);
  task.score_form = form_of(score_form, "score_form");
  const ModelArguments arguments(task.rows, multiplier, shift, task.score_form, means, factor, log_constant);
  task.model = arguments.model();
  task.rows.multiplier = arguments.multiplier.data();
  task.rows.shift = arguments.shift.data();
  task.n_threads = checked_threads(n_threads);
  const size_t n = size_t(task.rows.n);
  if (log_density) {
    task.results = storage_of(log_density->dtype(), "log_density");
    task.log_density = output(*log_density, "log_density", {n});
  }
  if (share) {
    const Storage storage = storage_of(share->dtype(), "share");
    if (log_density && storage != task.results) refuse("share", "expected the type of log_density");
    task.results = storage;
    task.share = output(*share, "share", {n, arguments.k});
  }
  if (label) {
    if (label->dtype() != nb::dtype<int64_t>()) refuse("label", "expected int64");
    task.label = static_cast<int64_t*>(output(*label, "label", {n}));
  }
  bool finished = false;
  {
    nb::gil_scoped_release free;
    finished = row_results(level(), task, {signal_came, nullptr});
  }
  if (!finished) throw nb::python_error();
}

Form form_of_cells(const std::string& text) {
  const Form form = form_of(text, "form");
  if (form == form_low_rank) refuse("form", "cells do not select among loadings");
  return form;
}

nb::list expect_cells_arrays(const Array& x, const Array& weight, const Array& multiplier, const Array& shift,
                             const std::string& form, const Array& means, const Array& factor, const Array& log_constant,
                             const Array& pivot, const Array& order, const Array& begin, const Array& candidate,
                             int n_threads, const std::optional<OutArray>& log_density) {
  CellsTask task = {};
  ExpectTask& pass = task.pass;
  pass.rows = rows_of(x);
  set_weight(pass.rows, weight);
  pass.score_form = pass.gather_form = form_of_cells(form);
  pass.share_mode = mode_soft;
  const ModelArguments arguments(pass.rows, multiplier, shift, pass.score_form, means, factor, log_constant);
  const Parameters about(pivot, "pivot", {arguments.k, arguments.d});
  pass.model = arguments.model();
  pass.rows.multiplier = arguments.multiplier.data();
  pass.rows.shift = arguments.shift.data();
  pass.pivot = about.data();
  pass.gather_factor = pass.model.factor;
  pass.n_threads = checked_threads(n_threads);
  task.cells = cells_of(order, begin, candidate, size_t(pass.rows.n), arguments.k);
  if (log_density) {
    if (log_density->dtype() != nb::dtype<double>()) refuse("log_density", "expected float64");
    task.log_density = static_cast<double*>(output(*log_density, "log_density", {size_t(pass.rows.n)}));
  }

  const Level& chosen = level();
  std::vector<TreeSum::Node> nodes;
  bool interrupted = false;
  {
    nb::gil_scoped_release free;
    nodes = expect_cells(chosen, task, {signal_came, nullptr}, interrupted);
  }
  if (interrupted) throw nb::python_error();
  return listed(nodes, packed_length(chosen, pass));
}

void neighbours_into(const Array& x, const Array& weight, const Array& multiplier, const Array& shift,
                     const std::string& form, const Array& means, const Array& factor, const Array& log_constant,
                     const Array& order, const Array& begin, const Array& candidate, const Array& mass, ptrdiff_t trials,
                     const Array& drawn, int n_threads, const OutArray& label, const OutArray& chosen,
                     const OutArray& chosen_mass) {
  NeighboursTask task = {};
  task.rows = rows_of(x);
  set_weight(task.rows, weight);
  task.score_form = form_of_cells(form);
  const ModelArguments arguments(task.rows, multiplier, shift, task.score_form, means, factor, log_constant);
  const size_t n = size_t(task.rows.n), k = arguments.k;
  task.model = arguments.model();
  task.rows.multiplier = arguments.multiplier.data();
  task.rows.shift = arguments.shift.data();
  task.cells = cells_of(order, begin, candidate, n, k);
  const size_t count = size_t(task.cells.candidates);
  const Parameters masses(mass, "mass", {k, count});
  task.mass = masses.data();
  if (drawn.ndim() != 2) refuse("drawn", "expected two dimensions");
  task.strangers = ptrdiff_t(drawn.shape(1));
  if (trials < task.strangers || trials > ptrdiff_t(k)) {
    refuse("trials", "expected at least as many as are drawn for each cell, and no more than there are components");
  }
  task.trials = trials;
  task.drawn = numbers_of<int32_t>(drawn, "drawn", {k, drawn.shape(1)}, int64_t(k));
  task.n_threads = checked_threads(n_threads);
  if (label.dtype() != nb::dtype<int32_t>()) refuse("label", "expected int32");
  if (chosen.dtype() != nb::dtype<int32_t>()) refuse("chosen", "expected int32");
  if (chosen_mass.dtype() != nb::dtype<double>()) refuse("chosen_mass", "expected float64");
  task.label = static_cast<int32_t*>(output(label, "label", {n}));
  task.candidate = static_cast<int32_t*>(output(chosen, "chosen", {k, count}));
  task.chosen_mass = static_cast<double*>(output(chosen_mass, "chosen_mass", {k, count}));
  bool finished = false;
  {
    nb::gil_scoped_release free;
    finished = find_neighbours(level(), task, {signal_came, nullptr});
  }
  if (!finished) throw nb::python_error();
}

nb::tuple factors_of(const Array& covariances) {
  if (covariances.ndim() != 3) refuse("covariances", "expected shape (k, d, d)");
  const size_t k = covariances.shape(0), d = covariances.shape(1);
  if (d == 0) refuse("covariances", "expected at least one feature");
  const Parameters matrices(covariances, "covariances", {k, d, d});
  const auto factors = owned<3>(new double[k * d * d], {k, d, d});
  ptrdiff_t singular = -1;
  {
    nb::gil_scoped_release free;
    singular = precision_factors(level(), ptrdiff_t(k), ptrdiff_t(d), matrices.data(), factors.data());
  }
  return nb::make_tuple(factors, singular);
}

nb::tuple full_update_of(const Array& sums, const Array& pivot, const Array& scatter_diagonal,
                         const Array& covariance_diagonal) {
  if (pivot.ndim() != 2) refuse("pivot", "expected shape (k, d)");
  const size_t k = pivot.shape(0), d = pivot.shape(1);
  if (d == 0) refuse("pivot", "expected at least one feature");
  const size_t length = 1 + k + k * d + k * (d * (d + 1) / 2);
  // What an allocation has summed beside stands behind.
  if (sums.ndim() != 1 || sums.shape(0) < length) refuse("sums", "expected at least " + std::to_string(length) + " of them");
  const Parameters packed(sums, "sums", {sums.shape(0)});
  const double* sum_weight = packed.data() + 1;
  const double* sum_x = sum_weight + k;
  const double* scatter = sum_x + k * d;
  const Parameters about(pivot, "pivot", {k, d});
  const Parameters to_scatter(scatter_diagonal, "scatter_diagonal", {d});
  const Parameters to_covariance(covariance_diagonal, "covariance_diagonal", {d});
  const FullUpdateTask task = {ptrdiff_t(k), ptrdiff_t(d), sum_weight, sum_x, scatter, about.data(),
                               to_scatter.data(), to_covariance.data()};
  // Each has an owner before the next is asked for: where memory ends, nothing is left behind.
  double* means = new double[k * d];
  const auto kept_means = kept<2>(means, {k, d});
  double* factors = new double[k * d * d];
  const auto kept_factors = kept<3>(factors, {k, d, d});
  double* log_determinant = new double[k];
  const auto kept_log_determinant = kept<1>(log_determinant, {k});
  ptrdiff_t singular = -1;
  {
    nb::gil_scoped_release free;
    singular = full_update(level(), task, means, factors, log_determinant);
  }
  return nb::make_tuple(kept_means, kept_factors, kept_log_determinant, singular);
}

// Points (n, d) and their weights, packed for k-means.
Points points_of(const Level& chosen, const Array& points, const std::optional<Array>& weight) {
  if (points.ndim() != 2 || points.size() == 0) refuse("points", "expected shape (n, d) with n > 0 and d > 0");
  const size_t n = points.shape(0), d = points.shape(1);
  const Parameters x(points, "points", {n, d});
  if (!weight) return Points(chosen, ptrdiff_t(n), ptrdiff_t(d), x.data(), nullptr);
  const Parameters w(*weight, "weight", {n});
  return Points(chosen, ptrdiff_t(n), ptrdiff_t(d), x.data(), w.data());
}

nb::ndarray<nb::numpy, int64_t, nb::ndim<1>> owned_numbers(int64_t* data, size_t length) {
  nb::capsule owner(data, [](void* numbers) noexcept { delete[] static_cast<int64_t*>(numbers); });
  return {data, {length}, owner};
}

nb::object spread_centres_of(const Array& points, const Array& weight, size_t k, size_t n_draws, const Array& uniforms) {
  if (k == 0) refuse("k", "expected at least 1");
  if (n_draws == 0) refuse("n_draws", "expected at least 1");
  if (n_draws > (size_t(1) << 31) || k > (size_t(1) << 31)) refuse("n_draws", "expected, as k, no more than 2^31");
  const Level& chosen_level = level();
  Points rows = points_of(chosen_level, points, weight);
  const Parameters draws(uniforms, "uniforms", {1 + (k - 1) * n_draws});
  const auto chosen = owned_numbers(new int64_t[k], k);
  bool finished = false;
  {
    nb::gil_scoped_release free;
    finished = spread_centres(chosen_level, rows, ptrdiff_t(k), ptrdiff_t(n_draws), draws.data(), chosen.data(),
                              {signal_came, nullptr});
  }
  if (!finished) throw nb::python_error();
  return nb::cast(chosen);
}

nb::object lloyd_of(const Array& points, const std::optional<Array>& weight, const Array& centres, int iterations) {
  const Level& chosen = level();
  Points rows = points_of(chosen, points, weight);
  if (centres.ndim() != 2 || centres.shape(0) == 0) refuse("centres", "expected shape (k, d) with k > 0");
  const size_t k = centres.shape(0);
  const Parameters first(centres, "centres", {k, size_t(rows.d)});
  std::vector<double> moving(first.data(), first.data() + k * size_t(rows.d));
  const auto labels = owned_numbers(new int64_t[size_t(rows.n)], size_t(rows.n));
  bool finished = false;
  {
    nb::gil_scoped_release free;
    finished = lloyd(chosen, rows, ptrdiff_t(k), iterations, moving.data(), labels.data(), {signal_came, nullptr});
  }
  if (!finished) throw nb::python_error();
  return nb::cast(labels);
}

nb::tuple information_of(const Array& x, const Array& weight, const Array& multiplier, const Array& shift,
                         const std::string& form, const Array& means, const Array& factor, const Array& log_constant,
                         const Array& pivot) {
  InformationTask task = {};
  task.rows = rows_of(x);
  if (task.rows.storage != storage_float64) refuse("x", "expected float64");
  set_weight(task.rows, weight);
  task.form = form_of(form, "form");
  if (task.form == form_tied || task.form == form_low_rank) refuse("form", "expected one whose components have sums of their own");
  const ModelArguments arguments(task.rows, multiplier, shift, task.form, means, factor, log_constant);
  const Parameters about(pivot, "pivot", {arguments.k, arguments.d});
  task.model = arguments.model();
  task.rows.multiplier = arguments.multiplier.data();
  task.rows.shift = arguments.shift.data();
  task.pivot = about.data();
  const size_t length = size_t(information_length(level(), task));
  const auto whole = owned<2>(new double[length * length], {length, length});
  const auto observed = owned<2>(new double[length * length], {length, length});
  {
    nb::gil_scoped_release free;
    information(level(), task, whole.data(), observed.data());
  }
  return nb::make_tuple(whole, observed);
}

std::vector<std::string> level_names() {
  std::vector<std::string> names;
  for (const Level* each : levels()) names.push_back(each->name);
  return names;
}

void choose_level(const std::string& name) {
  if (use_level(name)) return;
  std::string choices;
  for (const std::string& each : level_names()) choices += (choices.empty() ? "'" : ", '") + each + "'";
  refuse("name", "expected one of " + choices + ", got '" + name + "'");
}

double measure_peak(int n_threads, double seconds) {
  checked_threads(n_threads);
  if (!(seconds > 0 && seconds <= 10)) refuse("seconds", "expected more than 0 and at most 10");
  nb::gil_scoped_release free;
  return fma_peak(level(), n_threads, seconds);
}

}  // namespace
}  // namespace gaussmix

NB_MODULE(_native, m) {
  namespace nb = nanobind;
  using namespace nb::literals;
  m.doc() = "The compiled passes over rows.";
  m.def("levels", &gaussmix::level_names, "Instruction levels built and runnable here, the best last.");
  m.def("level", [] { return std::string(gaussmix::level().name); }, "The instruction level in use.");
  m.def("use_level", &gaussmix::choose_level, "name"_a, "Use another instruction level from now on.");
  m.def("expect", &gaussmix::expect_arrays, "x"_a, "weight"_a, "multiplier"_a, "shift"_a, "score_form"_a, "means"_a,
        "factor"_a, "log_constant"_a, "share_mode"_a, "gather_form"_a, "pivot"_a, "gather_factor"_a, "chunk_length"_a,
        "first_chunk"_a, "n_threads"_a,
        "Additive statistics of rows: [(level, index, packed sums)], the maximal nodes of the tree over chunks.");
  m.def("rows", &gaussmix::write_rows, "x"_a, "multiplier"_a, "shift"_a, "score_form"_a, "means"_a, "factor"_a,
        "log_constant"_a, "n_threads"_a, "log_density"_a = nb::none(), "share"_a = nb::none(),
        "label"_a = nb::none(), "Writes log density, shares and label of each row into the arrays given.");
  m.def("expect_cells", &gaussmix::expect_cells_arrays, "x"_a, "weight"_a, "multiplier"_a, "shift"_a, "form"_a, "means"_a,
        "factor"_a, "log_constant"_a, "pivot"_a, "order"_a, "begin"_a, "candidate"_a, "n_threads"_a,
        "log_density"_a = nb::none(),
        "Additive statistics of rows by cells, whose shares are among the candidates of their cell; as expect.");
  m.def("find_neighbours", &gaussmix::neighbours_into, "x"_a, "weight"_a, "multiplier"_a, "shift"_a, "form"_a, "means"_a,
        "factor"_a, "log_constant"_a, "order"_a, "begin"_a, "candidate"_a, "mass"_a, "trials"_a, "drawn"_a,
        "n_threads"_a, "label"_a, "chosen"_a, "chosen_mass"_a,
        "Writes each row's best component and each cell's best candidates, of those it has and others tried.");
  m.def("information", &gaussmix::information_of, "x"_a, "weight"_a, "multiplier"_a, "shift"_a, "form"_a, "means"_a,
        "factor"_a, "log_constant"_a, "pivot"_a, "What rows say of the sums: information of rows that tell, and as they are.");
  m.def("precision_factors", &gaussmix::factors_of, "covariances"_a,
        "Upper factors of the precisions, and the number of the first singular covariance or -1.");
  m.def("full_update", &gaussmix::full_update_of, "sums"_a, "pivot"_a, "scatter_diagonal"_a, "covariance_diagonal"_a,
        "Means, factors of the precisions, their log-determinants, and the number of the first singular covariance or -1.");
  m.def("spread_centres", &gaussmix::spread_centres_of, "points"_a, "weight"_a, "k"_a, "n_draws"_a, "uniforms"_a,
        "Numbers of points far from one another, by greedy k-means++.");
  m.def("lloyd", &gaussmix::lloyd_of, "points"_a, "weight"_a.none(), "centres"_a, "iterations"_a,
        "Labels of k-means from these centres; of the nearest centre with no iterations.");
  gaussmix::define_columns(m);
  gaussmix::define_iteration(m);
  gaussmix::define_matrices(m);
  m.def("fma_peak", &gaussmix::measure_peak, "n_threads"_a, "seconds"_a,
        "Operations a second of fused multiply-adds that stay in registers, in float64.");
}
