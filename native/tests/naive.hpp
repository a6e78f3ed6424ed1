// A problem at random and its statistics by plain loops in long double: the oracle of the passes.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "../pass/expect.hpp"
#include "../pass/levels.hpp"

namespace gaussmix {

constexpr ptrdiff_t naive_rank = 2;
inline ptrdiff_t rank_of(Form form) { return form == form_low_rank ? naive_rank : 0; }

struct Problem {
  ptrdiff_t n, d, k;
  std::vector<float> narrow;  // x once more, where rows are kept as float32
  std::vector<double> x, weight, multiplier, shift, means, upper, inverse_deviation, log_constant, pivot;  // tied: the first of `upper`
  std::vector<double> inverse_radius;  // (k, d), the same for all features
  std::vector<double> lines;           // (k, 1 + naive_rank, d), of even and of odd features, which are orthogonal

  Problem(ptrdiff_t n_, ptrdiff_t d_, ptrdiff_t k_, unsigned seed) : n(n_), d(d_), k(k_) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    const auto fill = [&](std::vector<double>& v, ptrdiff_t size, auto draw) {
      v.resize(size_t(size));
      for (double& each : v) each = draw();
    };
    fill(x, n * d, [&] { return normal(random); });
    fill(weight, n, [&] { return random() % 5 == 0 ? 0.0 : std::fabs(normal(random)); });
    fill(multiplier, d, [&] { return std::ldexp(1.0, int(random() % 7) - 3); });
    fill(shift, d, [&] { return normal(random); });
    fill(means, k * d, [&] { return normal(random); });
    fill(pivot, k * d, [&] { return normal(random); });
    fill(inverse_deviation, k * d, [&] { return 0.3 + std::fabs(normal(random)); });
    for (double each : inverse_deviation) inverse_radius.push_back(each);
    for (size_t i = 0; i < inverse_radius.size(); ++i) inverse_radius[i] = inverse_deviation[i / size_t(d) * size_t(d)];
    fill(log_constant, k, [&] { return normal(random); });
    fill(upper, k * d * d, [&] { return normal(random) / std::sqrt(double(d)); });
    for (ptrdiff_t c = 0; c < k; ++c)
      for (ptrdiff_t i = 0; i < d; ++i)
        for (ptrdiff_t j = 0; j <= i; ++j)
          upper[size_t(c * d * d + i * d + j)] = i == j ? 0.5 + std::fabs(normal(random)) : 0.0;
    for (ptrdiff_t c = 0; c < k; ++c)
      for (ptrdiff_t i = 0; i <= naive_rank; ++i)
        for (ptrdiff_t j = 0; j < d; ++j)
          lines.push_back(i == 0 ? inverse_deviation[size_t(c * d + j)] : j % naive_rank == i - 1 ? normal(random) : 0.0);
    if (k > 3) log_constant[2] = -std::numeric_limits<double>::infinity();
  }

  const double* factor(Form form) const {
    if (form == form_diagonal) return inverse_deviation.data();
    if (form == form_low_rank) return lines.data();
    return form == form_spherical ? inverse_radius.data() : upper.data();
  }
  Model model(Form form) const {
    return {k, d, means.data(), factor(form), log_constant.data(), rank_of(form)};
  }
  Rows rows() const {
    const void* stored = narrow.empty() ? static_cast<const void*>(x.data()) : narrow.data();
    return {stored, narrow.empty() ? storage_float64 : storage_float32, n, d, d, 1, multiplier.data(), shift.data(), weight.data(), 1, 1.0};
  }
  // Of no length, beside noise that is as inverse_deviation says.
  void shrink_lines() {
    const size_t component = size_t((1 + naive_rank) * d);
    for (size_t i = 0; i < lines.size(); ++i)
      lines[i] = i % component < size_t(d) ? inverse_deviation[i / component * size_t(d) + i % component] : 0.0;
  }
  // The same problem in numbers that float32 holds: rows, and the points about which moments are taken.
  Problem in_float32() const {
    Problem p = *this;
    p.narrow.assign(x.begin(), x.end());
    p.x.assign(p.narrow.begin(), p.narrow.end());
    for (double& each : p.pivot) each = double(float(each));
    return p;
  }
  ExpectTask task(Form score, Mode mode, Form gather, int64_t chunk_length = 256, int n_threads = 1) const {
    return {rows(), model(score), score, mode, gather, pivot.data(), factor(gather), chunk_length, 0, n_threads, rank_of(gather)};
  }
};

// Element (r, j) of the rows in internal coordinates.
inline double internal(const Problem& p, ptrdiff_t r, ptrdiff_t j) {
  return std::fma(p.x[size_t(r * p.d + j)], p.multiplier[size_t(j)], p.shift[size_t(j)]);
}

inline bool along_axes(Form form) { return form == form_diagonal || form == form_spherical; }

// The coordinates along the lines of component c that a centred row is expected to have, and by how much they shorten
// its squared length in units of the noise: y^T V (1 + V^T V)^-1 V^T y.
inline std::vector<long double> naive_coordinates(const Problem& p, size_t c, const std::vector<long double>& centred,
                                                  long double& shorter) {
  const size_t d = size_t(p.d);
  const double* root = p.lines.data() + c * (1 + naive_rank) * d;
  std::vector<long double> z;
  shorter = 0;
  for (size_t i = 0; i < naive_rank; ++i) {
    const double* line = root + (1 + i) * d;
    long double along = 0, square = 0;
    for (size_t j = 0; j < d; ++j) {
      along += (long double)line[j] * root[j] * centred[j];
      square += (long double)line[j] * line[j];
    }
    z.push_back(along / (1 + square));
    shorter += along * z.back();
  }
  return z;
}

inline std::vector<long double> naive_scores(const Problem& p, Form form, ptrdiff_t r) {
  const size_t d = size_t(p.d);
  std::vector<long double> score, inside(d), centred(d);
  for (size_t j = 0; j < d; ++j) inside[j] = internal(p, r, ptrdiff_t(j));
  for (size_t c = 0; c < size_t(p.k); ++c) {
    long double square = 0;
    for (size_t j = 0; j < d; ++j) centred[j] = inside[j] - p.means[c * d + j];
    if (form == form_low_rank) {
      long double shorter = 0;
      for (size_t j = 0; j < d; ++j) square += std::pow(p.inverse_deviation[c * d + j] * centred[j], 2.0L);
      naive_coordinates(p, c, centred, shorter);
      score.push_back(p.log_constant[c] - (square - shorter) / 2);
      continue;
    }
    for (size_t i = 0; i < d; ++i) {
      long double y = 0;
      const size_t matrix = form == form_tied ? 0 : c * d * d;
      for (size_t j = along_axes(form) ? i : 0; j <= i; ++j) {
        const long double factor = p.factor(form)[along_axes(form) ? c * d + i : matrix + j * d + i];
        y += factor * centred[j];
      }
      square += y * y;
    }
    score.push_back(p.log_constant[c] - square / 2);
  }
  return score;
}

// Shares that sum to 1, the log density and the first best component of a row.
struct NaiveRow {
  std::vector<long double> share;
  long double log_density;
  size_t best;
};

inline NaiveRow naive_row(const Problem& p, Form form, Mode mode, ptrdiff_t r) {
  std::vector<long double> score = naive_scores(p, form, r);
  NaiveRow row = {score, 0, 0};
  for (size_t c = 1; c < score.size(); ++c)
    if (score[c] > score[row.best]) row.best = c;
  long double sum = 0;
  for (long double each : score) sum += std::exp(each - score[row.best]);
  for (size_t c = 0; c < score.size(); ++c)
    row.share[c] = mode == mode_soft ? std::exp(score[c] - score[row.best]) / sum : (c == row.best ? 1.0L : 0.0L);
  row.log_density = score[row.best] + (mode == mode_soft ? std::log(sum) : 0.0L);
  return row;
}

inline std::vector<NaiveRow> naive_rows(const Problem& p, Form form, Mode mode) {
  std::vector<NaiveRow> rows;
  for (ptrdiff_t r = 0; r < p.n; ++r) rows.push_back(naive_row(p, form, mode, r));
  return rows;
}

// A component's share of a row's products, added line by line. It is no part of what is tested, and most of what the tests
// take: watched by sanitizers it took them ten minutes.
__attribute__((no_sanitize("address", "undefined"))) inline void naive_products(long double* sums, const long double* z,
                                                                                size_t d, long double share,
                                                                                Form gather) {
  for (size_t i = 0; i < d; ++i)
    for (size_t j = along_axes(gather) ? i : 0; j <= i; ++j) {
      *sums += share * z[i] * z[j];
      if (gather != form_spherical) ++sums;
    }
}

// The packed vector of all rows.
inline std::vector<long double> naive_expect(const Problem& p, const std::vector<NaiveRow>& rows, Form gather) {
  const size_t k = size_t(p.k), d = size_t(p.d);
  const size_t entries = gather == form_diagonal    ? d
                         : gather == form_low_rank ? (1 + naive_rank) * d
                         : gather == form_spherical ? 1
                                                    : d * (d + 1) / 2;
  std::vector<long double> packed(1 + k + k * d + (gather == form_tied ? 1 : k) * entries), inside(d), centred(d);
  for (ptrdiff_t r = 0; r < p.n; ++r) {
    const NaiveRow& row = rows[size_t(r)];
    const long double weight = p.weight[size_t(r)];
    packed[0] += weight * row.log_density;
    for (size_t j = 0; j < d; ++j) inside[j] = internal(p, r, ptrdiff_t(j));
    for (size_t c = 0; c < k; ++c) {
      const long double share = weight * row.share[c];
      if (share == 0) continue;
      for (size_t j = 0; j < d; ++j) centred[j] = inside[j] - p.pivot[c * d + j];
      packed[1 + c] += share;
      const size_t at = 1 + k + k * d + (gather == form_tied ? 0 : c * entries);
      if (gather == form_low_rank) {
        long double shorter = 0;
        std::vector<long double> z = naive_coordinates(p, c, centred, shorter);
        for (size_t j = 0; j < d; ++j) {
          packed[1 + k + c * d + j] += share * centred[j];
          packed[at + j] += share * centred[j] * centred[j];
          for (size_t i = 0; i < naive_rank; ++i) packed[at + (1 + i) * d + j] += share * z[i] * centred[j];
        }
        continue;
      }
      for (size_t i = 0; i < d; ++i) packed[1 + k + c * d + i] += share * centred[i];
      naive_products(packed.data() + at, centred.data(), d, share, gather);
    }
  }
  return packed;
}

// All nodes of a call, added from left to right.
inline std::vector<double> flat(const std::vector<TreeSum::Node>& nodes, size_t length) {
  std::vector<double> sum(length);
  for (const TreeSum::Node& node : nodes)
    for (size_t i = 0; i < length; ++i) sum[i] += node.sums[i];
  return sum;
}

}  // namespace gaussmix
