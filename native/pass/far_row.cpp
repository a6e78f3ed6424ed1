#include "far_row.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace gaussmix {
namespace {

// An exponent below that of every positive double squared: the square of nothing.
constexpr int no_exponent = -1000000;

// The power of two of the largest magnitude among n numbers.
template <class At>
int largest_exponent(ptrdiff_t n, At at) {
  double largest = 0;
  for (ptrdiff_t i = 0; i < n; ++i) largest = std::fmax(largest, std::fabs(at(i)));
  int exponent = 0;
  if (largest > 0) std::frexp(largest, &exponent);
  return exponent;
}

// sum * 2^exponent with the mantissa in [1/2, 1).
ScaledSquare normalised(double sum, int exponent) {
  if (!(sum > 0)) return {0, no_exponent};
  int own = 0;
  const double mantissa = std::frexp(sum, &own);
  return {mantissa, own + exponent};
}

bool less(ScaledSquare a, ScaledSquare b) {
  return a.exponent != b.exponent ? a.exponent < b.exponent : a.mantissa < b.mantissa;
}

// |factor^T (row - mean)|^2, factor (d, d) upper triangular. Differences and factor are each scaled to at most 1, so
// that nothing overflows; what underflows is too small to matter beside the largest.
ScaledSquare triangular_square(ptrdiff_t d, const double* mean, const double* factor, const double* row,
                               ptrdiff_t stride) {
  const auto difference = [&](ptrdiff_t j) { return row[j * stride] - mean[j]; };
  const int e = largest_exponent(d, difference);
  const int f = largest_exponent(d * d, [&](ptrdiff_t i) { return factor[i]; });
  double sum = 0;
  for (ptrdiff_t i = 0; i < d; ++i) {
    double y = 0;
    for (ptrdiff_t j = 0; j <= i; ++j) y += std::ldexp(factor[j * d + i], -f) * std::ldexp(difference(j), -e);
    sum += y * y;
  }
  return normalised(sum, 2 * (e + f));
}

}  // namespace

ScaledSquare far_square_full(const Model& model, ptrdiff_t component, const double* row, ptrdiff_t stride) {
  const ptrdiff_t d = model.d, place = model.place(component);
  return triangular_square(d, model.means + place * d, model.factor + place * d * d, row, stride);
}

ScaledSquare far_square_tied(const Model& model, ptrdiff_t component, const double* row, ptrdiff_t stride) {
  return triangular_square(model.d, model.means + model.place(component) * model.d, model.factor, row, stride);
}

// |y - V z|^2 + |z|^2 of y = root (row - mean), scaled as above: V has no units.
ScaledSquare far_square_low_rank(const Model& model, ptrdiff_t component, const double* row, ptrdiff_t stride) {
  const ptrdiff_t d = model.d;
  const double* mean = model.means + component * d;
  const double* root = model.factor + component * (1 + model.rank) * d;
  const auto difference = [&](ptrdiff_t j) { return row[j * stride] - mean[j]; };
  const int e = largest_exponent(d, difference);
  const int f = largest_exponent(d, [&](ptrdiff_t j) { return root[j]; });
  std::vector<double> y(static_cast<size_t>(d));
  for (ptrdiff_t j = 0; j < d; ++j) y[size_t(j)] = std::ldexp(root[j], -f) * std::ldexp(difference(j), -e);
  double sum = 0;
  for (ptrdiff_t i = 0; i < model.rank; ++i) {  // columns of V are orthogonal: one after the other
    const double* line = root + (1 + i) * d;
    double along = 0, square = 0;
    for (ptrdiff_t j = 0; j < d; ++j) {
      along += line[j] * y[size_t(j)];
      square += line[j] * line[j];
    }
    const double z = along / (1 + square);
    sum += z * z;
    for (ptrdiff_t j = 0; j < d; ++j) y[size_t(j)] -= line[j] * z;
  }
  for (const double rest : y) sum += rest * rest;
  return normalised(sum, 2 * (e + f));
}

ScaledSquare far_square_diagonal(const Model& model, ptrdiff_t component, const double* row, ptrdiff_t stride) {
  const ptrdiff_t d = model.d, place = model.place(component);
  const double* mean = model.means + place * d;
  const double* factor = model.factor + place * d;
  // A product is kept as two mantissas and a common exponent.
  int largest = no_exponent;
  const auto product = [&](ptrdiff_t j, int& exponent) {
    int a = 0, b = 0;
    const double mantissa = std::frexp(row[j * stride] - mean[j], &a) * std::frexp(factor[j], &b);
    exponent = mantissa == 0 ? no_exponent : a + b;
    return mantissa;
  };
  for (ptrdiff_t j = 0; j < d; ++j) {
    int exponent = 0;
    product(j, exponent);
    if (exponent > largest) largest = exponent;
  }
  double sum = 0;
  for (ptrdiff_t j = 0; j < d; ++j) {
    int exponent = 0;
    const double mantissa = product(j, exponent);
    const double y = mantissa == 0 ? 0 : std::ldexp(mantissa, exponent - largest);
    sum += y * y;
  }
  return normalised(sum, 2 * largest);
}

template <class T>
void decide_far_row(const Model& model, FarSquare far_square, const T* row, ptrdiff_t stride, T* scores,
                    ptrdiff_t score_stride) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> x(static_cast<size_t>(model.d));
  for (ptrdiff_t j = 0; j < model.d; ++j) x[size_t(j)] = double(row[j * stride]);
  ptrdiff_t best = 0;
  bool found = false;
  ScaledSquare least = {0, 0};
  for (ptrdiff_t c = 0; c < model.k; ++c) {
    if (model.log_constant[c] == -infinity) continue;
    const ScaledSquare square = far_square(model, c, x.data(), 1);
    if (!found || less(square, least)) {
      found = true;
      best = c;
      least = square;
    }
  }
  for (ptrdiff_t c = 0; c < model.k; ++c) scores[c * score_stride] = T(-infinity);
  // A mixture in which no component has weight gives its rows to the first, at density 0.
  constexpr double lowest = double(Limits<T>::lowest);
  double score = lowest;
  if (found && least.exponent < 1100) score = std::fmax(lowest, -0.5 * std::ldexp(least.mantissa, least.exponent));
  scores[best * score_stride] = T(score);
}

template void decide_far_row(const Model&, FarSquare, const double*, ptrdiff_t, double*, ptrdiff_t);
template void decide_far_row(const Model&, FarSquare, const float*, ptrdiff_t, float*, ptrdiff_t);

}  // namespace gaussmix
