#include "iteration.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <optional>
#include <utility>

#include "../pass/iteration.hpp"
#include "../pass/levels.hpp"
#include "arrays.hpp"
#include "calls.hpp"

namespace gaussmix {
namespace {

Update update_of(const std::string& text) {
  if (text.empty()) return update_none;
  if (text == "full") return update_full;
  if (text == "centres") return update_centres;
  refuse("update", "expected 'full', 'centres' or '', got '" + text + "'");
}

// Numbers as an array that owns them.
template <size_t dimensions>
nb::object handed_over(Numbers numbers, std::initializer_list<size_t> shape) {
  return nb::cast(kept<dimensions>(numbers.release(), shape));
}

// What is the same in all iterations of a fit, checked once.
class Iterations {
 public:
  Iterations(const Array& x, const Array& weight, const Array& multiplier, const Array& shift, double log_volume,
             const std::string& form, const std::string& mode, const std::string& update,
             const std::optional<Array>& scatter_diagonal, const std::optional<Array>& covariance_diagonal,
             double least_part, int64_t chunk_length, int n_threads)
      : x_(x), weight_(weight), rows_(rows_of(x)), form_(form_of(form, "form")), mode_(mode_of(mode, "mode")),
        update_(update_of(update)), log_volume_(log_volume), least_part_(least_part), chunk_length_(chunk_length),
        n_threads_(checked_threads(n_threads)) {
    set_weight(rows_, weight);
    const size_t d = size_t(rows_.d);
    const auto copied = [&](const Array& array, const char* name, std::vector<double>& to) {
      const Parameters values(array, name, {d});
      to.assign(values.data(), values.data() + d);
    };
    copied(multiplier, "multiplier", multiplier_);
    copied(shift, "shift", shift_);
    rows_.multiplier = multiplier_.data();
    rows_.shift = shift_.data();
    if (chunk_length < 1) refuse("chunk_length", "expected at least 1");
    if (update_ != update_full) return;
    if (form_ != form_full) refuse("update", "expected 'full' only of full covariances");
    if (!scatter_diagonal || !covariance_diagonal) refuse("update", "expected both diagonals beside 'full'");
    copied(*scatter_diagonal, "scatter_diagonal", scatter_diagonal_);
    copied(*covariance_diagonal, "covariance_diagonal", covariance_diagonal_);
  }
  Iterations(const Iterations&) = delete;

  nb::tuple iterate(const Array& means, const Array& factor, const Array& log_constant, const Array& pivot) const {
    if (means.ndim() != 2 || means.shape(0) == 0) refuse("means", "expected shape (k, d) with k > 0");
    const size_t k = means.shape(0), d = size_t(rows_.d), rank = rank_of(form_, factor, "factor");
    const Parameters centres(means, "means", {k, d}), about(pivot, "pivot", {k, d});
    const Parameters spread(factor, "factor", factor_shape(form_, k, d, rank));
    const Parameters constant(log_constant, "log_constant", {k});
    IterationTask task = {};
    task.pass.rows = rows_;
    task.pass.model = {ptrdiff_t(k), ptrdiff_t(d), centres.data(), spread.data(), constant.data(), ptrdiff_t(rank)};
    task.pass.score_form = task.pass.gather_form = form_;
    task.pass.share_mode = mode_;
    task.pass.pivot = about.data();
    task.pass.gather_factor = spread.data();
    task.pass.gather_rank = ptrdiff_t(rank);
    task.pass.chunk_length = chunk_length_;
    task.pass.n_threads = n_threads_;
    task.log_volume = log_volume_;
    task.update = update_;
    task.scatter_diagonal = scatter_diagonal_.data();
    task.covariance_diagonal = covariance_diagonal_.data();
    task.least_part = least_part_;
    Iteration made;
    {
      nb::gil_scoped_release free;
      made = gaussmix::iterate(level(), task, {signal_came, nullptr});
    }
    if (made.interrupted) throw nb::python_error();
    const nb::object total = nb::cast(owned<1>(made.sums.release(), {made.length}));
    const nb::object parts = handed_over<1>(std::move(made.parts), {k});
    if (!made.updated) return nb::make_tuple(total, parts, nb::none(), nb::none(), nb::none());
    const nb::object newer = handed_over<2>(std::move(made.means), {k, d});
    if (update_ == update_centres) return nb::make_tuple(total, parts, newer, nb::none(), nb::none());
    return nb::make_tuple(total, parts, newer, handed_over<3>(std::move(made.factors), {k, d, d}),
                          handed_over<1>(std::move(made.log_determinant), {k}));
  }

 private:
  const Array x_, weight_;  // keep the rows alive
  Rows rows_;
  const Form form_;
  const Mode mode_;
  const Update update_;
  const double log_volume_, least_part_;
  const int64_t chunk_length_;
  const int n_threads_;
  std::vector<double> multiplier_, shift_, scatter_diagonal_, covariance_diagonal_;
};

// Sums begin with the log-likelihood and the weights of the components.
void check_sums(const OutArray& sums, size_t length) {
  if (sums.ndim() != 1 || sums.shape(0) < length || (sums.shape(0) > 1 && sums.stride(0) != 1))
    refuse("sums", "expected at least " + std::to_string(length) + " in one piece");
  if (sums.dtype() != nb::dtype<double>()) refuse("sums", "expected float64");
}

void sums_to_user_units(const OutArray& sums, size_t k, double log_volume) {
  check_sums(sums, 1 + k);
  to_user_units(static_cast<double*>(sums.data()), ptrdiff_t(k), log_volume);
}

nb::object parts_of(const Array& sum_weight) {
  const size_t k = sum_weight.ndim() == 1 ? sum_weight.shape(0) : 0;
  const Parameters weights(sum_weight, "sum_weight", {k});
  Numbers parts(new double[k]);
  parts_of_sum(weights.data(), ptrdiff_t(k), parts.get());
  return handed_over<1>(std::move(parts), {k});
}

nb::object centres_of(const Array& sum_weight, const Array& sum_x, const Array& pivot) {
  if (pivot.ndim() != 2) refuse("pivot", "expected shape (k, d)");
  const size_t k = pivot.shape(0), d = pivot.shape(1);
  const Parameters weights(sum_weight, "sum_weight", {k}), sums(sum_x, "sum_x", {k, d}), about(pivot, "pivot", {k, d});
  Numbers means(new double[k * d]);
  centres_update(ptrdiff_t(k), ptrdiff_t(d), weights.data(), sums.data(), about.data(), means.get());
  return handed_over<2>(std::move(means), {k, d});
}

}  // namespace

void define_iteration(nb::module_& m) {
  using namespace nb::literals;
  nb::class_<Iterations>(m, "Iterations", "Passes over rows in memory, and the updates that follow.")
      .def(nb::init<const Array&, const Array&, const Array&, const Array&, double, const std::string&, const std::string&,
                    const std::string&, const std::optional<Array>&, const std::optional<Array>&, double, int64_t, int>(),
           "x"_a, "weight"_a, "multiplier"_a, "shift"_a, "log_volume"_a, "form"_a, "mode"_a, "update"_a,
           "scatter_diagonal"_a.none(), "covariance_diagonal"_a.none(), "least_part"_a, "chunk_length"_a, "n_threads"_a)
      .def("iterate", &Iterations::iterate, "means"_a, "factor"_a, "log_constant"_a, "pivot"_a,
           "Sums over all rows, parts of all weight, and means, factors and log-determinants as far as they were made.");
  m.def("to_user_units", &sums_to_user_units, "sums"_a, "k"_a, "log_volume"_a,
        "Brings the log-likelihood of sums to the user's units.");
  m.def("parts_of_sum", &parts_of, "sum_weight"_a, "Parts of the sum of all.");
  m.def("centres_update", &centres_of, "sum_weight"_a, "sum_x"_a, "pivot"_a, "Means; a component without rows stays.");
}

}  // namespace gaussmix
