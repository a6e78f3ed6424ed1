#include "common_axes.hpp"

#include <cmath>
#include <utility>
#include <vector>

namespace gaussmix {
namespace {

typedef std::vector<std::pair<ptrdiff_t, ptrdiff_t>> Round;

// Every pair of axes once, in rounds of pairs without a common one (the circle method of tournaments). With an odd
// number one axis rests in every round.
std::vector<Round> rounds_of(ptrdiff_t d) {
  std::vector<ptrdiff_t> seats(size_t(d + d % 2));
  for (size_t i = 0; i < seats.size(); ++i) seats[i] = ptrdiff_t(i);
  std::vector<Round> rounds;
  for (size_t round = 1; round < seats.size(); ++round) {
    rounds.emplace_back();
    for (size_t i = 0; i < seats.size() / 2; ++i) {
      const ptrdiff_t a = seats[i], b = seats[seats.size() - 1 - i];
      if (a < d && b < d) rounds.back().emplace_back(a, b);
    }
    const ptrdiff_t last = seats.back();
    for (size_t i = seats.size() - 1; i > 1; --i) seats[i] = seats[i - 1];
    seats[1] = last;
  }
  return rounds;
}

struct Turning {
  ptrdiff_t k, d;
  const double* sum_weight;
  Volumes volumes;
  double* axes;                   // (d, d)
  std::vector<double> turned;     // (k, d, d): scatter along the axes
  std::vector<double> variances;  // (k, d)
  double total = 0;

  double* matrix(ptrdiff_t c) { return turned.data() + c * d * d; }

  // The best variances for the scatter along the axes as they are; what they are worth, and who has none.
  ptrdiff_t follow(double& worth) {
    double log_volumes = 0, weighted = 0;
    for (ptrdiff_t c = 0; c < k; ++c) {
      double log_determinant = 0;
      for (ptrdiff_t j = 0; j < d; ++j) {
        const double along = matrix(c)[j * d + j];
        if (!(along > 0 && std::isfinite(along))) return c;
        variances[size_t(c * d + j)] = along;
        log_determinant += std::log(along);
      }
      const double scale = volumes == Volumes::equal ? std::exp(-log_determinant / double(d)) : 1 / sum_weight[c];
      for (ptrdiff_t j = 0; j < d; ++j) variances[size_t(c * d + j)] *= scale;
      log_volumes += std::exp(log_determinant / double(d));
      weighted += sum_weight[c] / total * (log_determinant - double(d) * std::log(sum_weight[c]));
    }
    if (volumes == Volumes::equal) {  // of one volume, the mean of the components' own
      for (double& each : variances) each *= log_volumes / total;
      weighted = double(d) * std::log(log_volumes / total);
    }
    worth = -0.5 * weighted;
    return std::isfinite(worth) ? -1 : 0;
  }

  // By an angle t, sum_k (w1 / a1 + w2 / a2) becomes a constant + p cos 2t + q sin 2t: least where (cos 2t, sin 2t) is
  // -(p, q) (Flury & Gautschi 1986, for variances a that are held).
  void turn(ptrdiff_t one, ptrdiff_t other) {
    double p = 0, q = 0;
    for (ptrdiff_t c = 0; c < k; ++c) {
      const double* w = matrix(c);
      const double gap = 1 / variances[size_t(c * d + one)] - 1 / variances[size_t(c * d + other)];
      p += 0.5 * (w[one * d + one] - w[other * d + other]) * gap;
      q += w[one * d + other] * gap;
    }
    const double length = std::hypot(p, q);
    if (!(length > 0)) return;
    const double double_cosine = -p / length, double_sine = -q / length;
    double cosine, sine;  // of half the angle, by whichever root does not cancel
    if (double_cosine >= 0) {
      cosine = std::sqrt(0.5 * (1 + double_cosine));
      sine = 0.5 * double_sine / cosine;
    } else {
      sine = std::copysign(std::sqrt(0.5 * (1 - double_cosine)), double_sine);
      cosine = 0.5 * double_sine / sine;
    }
    mix_columns(axes, one, other, cosine, sine);
    for (ptrdiff_t c = 0; c < k; ++c) {
      mix_columns(matrix(c), one, other, cosine, sine);
      mix_rows(matrix(c), one, other, cosine, sine);
    }
  }

  void mix_columns(double* m, ptrdiff_t one, ptrdiff_t other, double cosine, double sine) const {
    for (ptrdiff_t i = 0; i < d; ++i) mix(m[i * d + one], m[i * d + other], cosine, sine);
  }
  void mix_rows(double* m, ptrdiff_t one, ptrdiff_t other, double cosine, double sine) const {
    for (ptrdiff_t i = 0; i < d; ++i) mix(m[one * d + i], m[other * d + i], cosine, sine);
  }
  static void mix(double& a, double& b, double cosine, double sine) {
    const double first = a, second = b;
    a = cosine * first + sine * second;
    b = cosine * second - sine * first;
  }
};

// out = axes^T scatter axes.
void turn_scatter(ptrdiff_t d, const double* scatter, const double* axes, double* scratch, double* out) {
  for (ptrdiff_t i = 0; i < d; ++i)
    for (ptrdiff_t j = 0; j < d; ++j) {
      double sum = 0;
      for (ptrdiff_t m = 0; m < d; ++m) sum += scatter[i * d + m] * axes[m * d + j];
      scratch[i * d + j] = sum;
    }
  for (ptrdiff_t i = 0; i < d; ++i)
    for (ptrdiff_t j = 0; j < d; ++j) {
      double sum = 0;
      for (ptrdiff_t m = 0; m < d; ++m) sum += axes[m * d + i] * scratch[m * d + j];
      out[i * d + j] = sum;
    }
}

}  // namespace

ptrdiff_t turn_common_axes(ptrdiff_t k, ptrdiff_t d, const double* scatter, const double* sum_weight, Volumes volumes,
                           ptrdiff_t most, double tolerance, double* axes, double* worth) {
  Turning turning{k, d, sum_weight, volumes, axes, {}, {}};
  turning.turned.resize(size_t(k * d * d));
  turning.variances.resize(size_t(k * d));
  std::vector<double> scratch(size_t(d * d));
  for (ptrdiff_t c = 0; c < k; ++c) {
    turning.total += sum_weight[c];
    turn_scatter(d, scatter + c * d * d, axes, scratch.data(), turning.matrix(c));
  }
  ptrdiff_t bad = turning.follow(*worth);
  const std::vector<Round> rounds = rounds_of(d);
  const ptrdiff_t sweeps = rounds.empty() ? 0 : most / ptrdiff_t(rounds.size());
  for (ptrdiff_t sweep = 0; bad < 0 && (sweep < sweeps || sweep == 0); ++sweep) {
    const double before = *worth;
    for (const Round& round : rounds) {
      for (const auto& [one, other] : round) turning.turn(one, other);
      bad = turning.follow(*worth);
      if (bad >= 0) return bad;
    }
    if (*worth - before < tolerance) break;
  }
  return bad;
}

}  // namespace gaussmix
