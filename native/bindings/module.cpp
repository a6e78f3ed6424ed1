// gaussmix._native: the compiled passes. Arguments are checked here, then the GIL is let go.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>

#include "../pass/common_axes.hpp"
#include "../pass/expect.hpp"
#include "../pass/factors.hpp"
#include "../pass/information.hpp"
#include "../pass/levels.hpp"
#include "../pass/peak.hpp"
#include "../pass/row_results.hpp"
#include "arrays.hpp"

namespace gaussmix {
namespace {

// Asked by the calling thread, which does not hold the GIL. A signal handler's exception stays set.
bool signal_came(void*) {
  nb::gil_scoped_acquire gil;
  return PyErr_CheckSignals() != 0;
}

// An array of this shape that owns its numbers.
template <size_t dimensions>
nb::ndarray<nb::numpy, double, nb::ndim<dimensions>> owned(double* data, std::initializer_list<size_t> shape) {
  nb::capsule owner(data, [](void* numbers) noexcept { delete[] static_cast<double*>(numbers); });
  return {data, shape, owner};
}

int checked_threads(int n_threads) {
  if (n_threads < 1) refuse("n_threads", "expected at least 1");
  return n_threads;
}

void set_weight(Rows& rows, const Array& weight) {
  expect_shape(weight, "weight", {size_t(rows.n)});
  if (weight.dtype() != nb::dtype<double>()) refuse("weight", "expected float64");
  rows.weight = static_cast<const double*>(weight.data());
  rows.weight_stride = ptrdiff_t(weight.stride(0));
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
  const Parameters spread(gather_factor, "gather_factor", factor_shape(task.gather_form, arguments.k, arguments.d));
  task.model = arguments.model();
  task.rows.multiplier = arguments.multiplier.data();
  task.rows.shift = arguments.shift.data();
  task.pivot = about.data();
  task.gather_factor = spread.data();
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
  const size_t length = packed_length(chosen, task);
  nb::list result;
  for (TreeSum::Node& node : nodes) {
    result.append(nb::make_tuple(node.level, node.index, owned<1>(node.sums.release(), {length})));
  }
  return result;
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

// Lets other threads of Python run during work of so many operations, if that is long: waking one takes longer than a
// few small factors do, and it would then have to be waited for.
class FreeForLong {
 public:
  explicit FreeForLong(double operations) {
    if (operations > 1e6) free_.emplace();
  }

 private:
  std::optional<nb::gil_scoped_release> free_;
};

nb::tuple common_axes(const Array& axes, const Array& scatter, const Array& sum_weight, bool equal_volumes, int64_t most,
                      double tolerance) {
  if (scatter.ndim() != 3) refuse("scatter", "expected shape (k, d, d)");
  const size_t k = scatter.shape(0), d = scatter.shape(1);
  if (d == 0) refuse("scatter", "expected at least one feature");
  const Parameters matrices(scatter, "scatter", {k, d, d}), begin(axes, "axes", {d, d}), size(sum_weight, "sum_weight", {k});
  const auto turned = owned<2>(new double[d * d], {d, d});
  for (size_t i = 0; i < d * d; ++i) turned.data()[i] = begin.data()[i];
  double worth = 0;
  ptrdiff_t singular = -1;
  {
    const FreeForLong free(double(most) * double(k * d * d));
    singular = turn_common_axes(ptrdiff_t(k), ptrdiff_t(d), matrices.data(), size.data(),
                                equal_volumes ? Volumes::equal : Volumes::varying, ptrdiff_t(most), tolerance,
                                turned.data(), &worth);
  }
  return nb::make_tuple(turned, worth, singular);
}

nb::tuple factors_of(const Array& covariances) {
  if (covariances.ndim() != 3) refuse("covariances", "expected shape (k, d, d)");
  const size_t k = covariances.shape(0), d = covariances.shape(1);
  if (d == 0) refuse("covariances", "expected at least one feature");
  const Parameters matrices(covariances, "covariances", {k, d, d});
  const auto factors = owned<3>(new double[k * d * d], {k, d, d});
  ptrdiff_t singular = -1;
  {
    const FreeForLong free(double(k * d * d * d));
    singular = precision_factors(level(), ptrdiff_t(k), ptrdiff_t(d), matrices.data(), factors.data());
  }
  return nb::make_tuple(factors, singular);
}

nb::tuple information_of(const Array& x, const Array& weight, const Array& multiplier, const Array& shift,
                         const std::string& form, const Array& means, const Array& factor, const Array& log_constant,
                         const Array& pivot) {
  InformationTask task = {};
  task.rows = rows_of(x);
  if (task.rows.storage != storage_float64) refuse("x", "expected float64");
  set_weight(task.rows, weight);
  task.form = form_of(form, "form");
  if (task.form == form_tied) refuse("form", "expected one whose components have sums of their own");
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
  m.def("information", &gaussmix::information_of, "x"_a, "weight"_a, "multiplier"_a, "shift"_a, "form"_a, "means"_a,
        "factor"_a, "log_constant"_a, "pivot"_a, "What rows say of the sums: information of rows that tell, and as they are.");
  m.def("common_axes", &gaussmix::common_axes, "axes"_a, "scatter"_a, "sum_weight"_a, "equal_volumes"_a, "most"_a,
        "tolerance"_a, "Axes turned, what they are worth, and the first component without a variance or -1.");
  m.def("precision_factors", &gaussmix::factors_of, "covariances"_a,
        "Upper factors of the precisions, and the number of the first singular covariance or -1.");
  m.def("fma_peak", &gaussmix::measure_peak, "n_threads"_a, "seconds"_a,
        "Operations a second of fused multiply-adds that stay in registers, in float64.");
}
