#include "anchors.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gaussmix {
namespace {

// factor^T point, factor (d, d) upper triangular: its length is a distance from the origin in standard deviations.
std::vector<double> whitened_point(ptrdiff_t d, const double* point, const double* factor) {
  std::vector<double> own(size_t(d), 0.0);
  for (ptrdiff_t j = 0; j < d; ++j)
    for (ptrdiff_t i = j; i < d; ++i) own[size_t(i)] += factor[j * d + i] * point[j];
  return own;
}

}  // namespace

bool is_near_along_axes(ptrdiff_t d, const double* point, const double* factors, ptrdiff_t component, double reach) {
  const double* factor = factors + component * d;
  return std::all_of(point, point + d, [&](const double& each) { return std::fabs(each * factor[&each - point]) <= reach; });
}

bool is_near_in_all_directions(ptrdiff_t d, const double* point, const double* factors, ptrdiff_t component, double reach) {
  const std::vector<double> distance = whitened_point(d, point, factors + component * d * d);
  return std::inner_product(distance.begin(), distance.end(), distance.begin(), 0.0) <= reach * reach;
}

Anchors::Anchors(ptrdiff_t k, ptrdiff_t d, const double* pivot)
    : k_(k), d_(d), pivot_(pivot), group_(size_t(k)), anchor_(pivot, pivot + k * d), at_origin_(size_t(k)) {
  std::iota(group_.begin(), group_.end(), 0);
}

Anchors::Anchors(ptrdiff_t k, ptrdiff_t d, const double* pivot, const double* factor)
    : k_(k), d_(d), pivot_(pivot), group_(size_t(k)), at_origin_(size_t(k)) {
  std::vector<double> whitened;  // of the anchors (anchors, d)
  for (ptrdiff_t c = 0; c < k; ++c) {
    const std::vector<double> own = whitened_point(d, pivot + c * d, factor);
    const size_t anchors = whitened.size() / size_t(d);
    size_t found = anchors;
    for (size_t a = 0; a < anchors && found == anchors; ++a) {
      double square = 0;
      for (size_t i = 0; i < size_t(d); ++i) {
        const double difference = own[i] - whitened[a * size_t(d) + i];
        square += difference * difference;
      }
      if (square <= anchor_reach * anchor_reach) found = a;
    }
    if (found == anchors) {
      whitened.insert(whitened.end(), own.begin(), own.end());
      anchor_.insert(anchor_.end(), pivot + c * d, pivot + (c + 1) * d);
    }
    group_[size_t(c)] = int32_t(found);
  }
}

void Anchors::move_to_origin(NearOrigin is_near, const double* factors, double reach) {
  for (ptrdiff_t c = 0; c < k_; ++c) {
    if (!is_near(d_, pivot_ + c * d_, factors, c, reach)) continue;
    at_origin_[size_t(c)] = 1;
    std::fill_n(anchor_.begin() + c * d_, d_, 0.0);
  }
}

Centres Anchors::centres() const {
  return {k_, d_, pivot_, ptrdiff_t(anchor_.size()) / d_, group_.data(), anchor_.data(), at_origin_.data(), nullptr, 0};
}

}  // namespace gaussmix
