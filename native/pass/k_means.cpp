#include "k_means.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace gaussmix {

Points::Points(const Level& level, ptrdiff_t n, ptrdiff_t d, const double* points, const double* weight)
    : n(n), d(d), stride(round_up(n, level.nearest_padding())), columns_(size_t(d * stride)), weight_(size_t(stride)) {
  for (ptrdiff_t p = 0; p < n; ++p) {
    for (ptrdiff_t i = 0; i < d; ++i) columns_.get()[i * stride + p] = points[p * d + i];
    weight_.get()[p] = weight ? weight[p] : 1.0;
  }
}

namespace {

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

}  // namespace

void spread_centres(const Level& level, Points& points, ptrdiff_t k, ptrdiff_t n_draws, const double* uniforms,
                    int64_t* chosen) {
  const ptrdiff_t d = points.d, stride = points.stride;
  Buffer<double> distance{size_t(stride)}, shrunk{size_t(stride)}, best{size_t(stride)};
  std::vector<double> centre(static_cast<size_t>(d));
  Draws draws(points.n);
  const auto shrink = [&](ptrdiff_t point) {
    for (ptrdiff_t i = 0; i < d; ++i) centre[size_t(i)] = points.columns()[i * stride + point];
    return level.shrink_distances(points.columns(), stride, d, centre.data(), points.weight(), distance.get(),
                                  shrunk.get());
  };
  draws.set(points.weight(), nullptr);
  chosen[0] = draws.at(*uniforms++);
  std::fill_n(distance.get(), stride, __builtin_inf());
  shrink(chosen[0]);
  std::swap(distance, shrunk);
  for (ptrdiff_t j = 1; j < k; ++j) {
    // Nothing left: every point is a centre already.
    if (!draws.set(points.weight(), distance.get())) draws.set(points.weight(), nullptr);
    double least = __builtin_inf();
    for (ptrdiff_t draw = 0; draw < n_draws; ++draw) {
      const ptrdiff_t point = draws.at(*uniforms++);
      const double left = shrink(point);
      if (draw > 0 && !(left < least)) continue;
      least = left;
      chosen[j] = point;
      std::swap(best, shrunk);
    }
    std::swap(distance, best);
  }
}

void lloyd(const Level& level, Points& points, ptrdiff_t k, int iterations, double* centres, int64_t* label) {
  const ptrdiff_t n = points.n, d = points.d, stride = points.stride;
  Buffer<double> found{size_t(stride)}, newer{size_t(stride)};
  std::vector<double> sums(size_t(k * (d + 1)));
  level.nearest_centres(points.columns(), stride, d, k, centres, found.get());
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
    level.nearest_centres(points.columns(), stride, d, k, centres, newer.get());
    if (std::equal(newer.get(), newer.get() + n, found.get())) break;
    std::swap(found, newer);
  }
  for (ptrdiff_t p = 0; p < n; ++p) label[p] = int64_t(found.get()[p]);
}

}  // namespace gaussmix
