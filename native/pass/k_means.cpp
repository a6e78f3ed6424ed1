#include "k_means.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace gaussmix {

namespace {

// Numbers of the points that are gone over together: 32 kB, which stay in a core's own cache for one draw after another.
constexpr ptrdiff_t numbers_at_once = 1 << 12;

// Draws by the sizes of parts, so that a point of weight 2 is as likely as two of weight 1.
class Draws {
 public:
  explicit Draws(ptrdiff_t n) : cumulative_(size_t(n)) {}
  // Whether any part is positive.
  bool set(const double* weight, const double* distance) {
    double sum = 0;
    for (size_t p = 0; p < cumulative_.size(); ++p) cumulative_[p] = sum += distance ? weight[p] * distance[p] : weight[p];
    return sum > 0;
  }
  ptrdiff_t at(double uniform) const {
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), uniform * cumulative_.back());
    return std::min(found - cumulative_.begin(), ptrdiff_t(cumulative_.size()) - 1);
  }

 private:
  std::vector<double> cumulative_;
};

// OUT label (stride,): the number of the nearest centre of each point. Returns false if it was stopped.
bool nearest(const Level& level, Points& points, ptrdiff_t k, const double* centres, double* label, Control& control) {
  for (ptrdiff_t p = 0; p < points.stride; p += points.at_once) {
    if (!control.go_on(true)) return false;
    level.nearest_centres(points.columns() + p, points.stride, std::min(points.at_once, points.stride - p), points.d, k,
                          centres, label + p);
  }
  return true;
}

}  // namespace

Points::Points(const Level& level, ptrdiff_t n, ptrdiff_t d, const double* points, const double* weight)
    : n(n),
      d(d),
      stride(round_up(n, level.nearest_padding())),
      at_once(round_up(std::max(numbers_at_once / d, ptrdiff_t(1)), level.nearest_padding())),
      columns_(size_t(d * stride)),
      weight_(size_t(stride)) {
  for (ptrdiff_t p = 0; p < n; ++p) {
    for (ptrdiff_t i = 0; i < d; ++i) columns_.get()[i * stride + p] = points[p * d + i];
    weight_.get()[p] = weight ? weight[p] : 1.0;
  }
}

bool spread_centres(const Level& level, Points& points, ptrdiff_t k, ptrdiff_t n_draws, const double* uniforms,
                    int64_t* chosen, Interrupt interrupt) {
  const ptrdiff_t d = points.d, stride = points.stride;
  Control control(interrupt);
  const ptrdiff_t most = k > 1 ? n_draws : 1;
  Buffer<double> distance{size_t(stride)}, shrunk{size_t(most * stride)};
  std::vector<double> centres(size_t(most * d)), left(size_t(most), 0.0);
  std::vector<ptrdiff_t> drawn(size_t(most), 0);
  Draws draws(points.n);
  std::fill_n(distance.get(), stride, __builtin_inf());
  for (ptrdiff_t j = 0; j < k; ++j) {
    const ptrdiff_t tried = j > 0 ? n_draws : 1;
    // Nothing left: every point is a centre already.
    if (j == 0 || !draws.set(points.weight(), distance.get())) draws.set(points.weight(), nullptr);
    for (ptrdiff_t draw = 0; draw < tried; ++draw) {
      drawn[size_t(draw)] = draws.at(*uniforms++);
      for (ptrdiff_t i = 0; i < d; ++i)
        centres[size_t(draw * d + i)] = points.columns()[i * stride + drawn[size_t(draw)]];
    }
    std::fill(left.begin(), left.end(), 0.0);
    for (ptrdiff_t p = 0; p < stride; p += points.at_once) {
      if (!control.go_on(true)) return false;
      for (ptrdiff_t draw = 0; draw < tried; ++draw)
        left[size_t(draw)] += level.shrink_distances(
            points.columns() + p, stride, std::min(points.at_once, stride - p), d, &centres[size_t(draw * d)],
            points.weight() + p, distance.get() + p, shrunk.get() + draw * stride + p);
    }
    const ptrdiff_t best = std::min_element(left.begin(), left.begin() + tried) - left.begin();
    chosen[j] = drawn[size_t(best)];
    std::copy_n(shrunk.get() + best * stride, stride, distance.get());
  }
  return true;
}

bool lloyd(const Level& level, Points& points, ptrdiff_t k, int iterations, double* centres, int64_t* label,
           Interrupt interrupt) {
  const ptrdiff_t n = points.n, d = points.d, stride = points.stride;
  Control control(interrupt);
  Buffer<double> found{size_t(stride)}, newer{size_t(stride)};
  std::vector<double> sums(size_t(k * (d + 1)));
  if (!nearest(level, points, k, centres, found.get(), control)) return false;
  for (int iteration = 0; iteration < iterations; ++iteration) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (ptrdiff_t p = 0; p < n; ++p) {
      double* sum = sums.data() + ptrdiff_t(found.get()[p]) * (d + 1);
      const double weight = points.weight()[p];
      for (ptrdiff_t i = 0; i < d; ++i) sum[i] += weight * points.columns()[i * stride + p];
      sum[d] += weight;
    }
    for (ptrdiff_t c = 0; c < k; ++c) {
      const double* sum = sums.data() + c * (d + 1);
      if (sum[d] > 0)
        for (ptrdiff_t i = 0; i < d; ++i) centres[c * d + i] = sum[i] / sum[d];
    }
    if (!nearest(level, points, k, centres, newer.get(), control)) return false;
    if (std::equal(newer.get(), newer.get() + n, found.get())) break;
    std::swap(found, newer);
  }
  for (ptrdiff_t p = 0; p < n; ++p) label[p] = int64_t(found.get()[p]);
  return true;
}

}  // namespace gaussmix
