#include "anchors.hpp"

#include <numeric>

namespace gaussmix {

Anchors::Anchors(ptrdiff_t k, ptrdiff_t d, const double* pivot)
    : k_(k), d_(d), pivot_(pivot), group_(size_t(k)), anchor_(pivot, pivot + k * d) {
  std::iota(group_.begin(), group_.end(), 0);
}

Anchors::Anchors(ptrdiff_t k, ptrdiff_t d, const double* pivot, const double* factor)
    : k_(k), d_(d), pivot_(pivot), group_(size_t(k)) {
  std::vector<double> whitened;  // of the anchors (anchors, d)
  for (ptrdiff_t c = 0; c < k; ++c) {
    std::vector<double> own(size_t(d), 0.0);
    for (ptrdiff_t i = 0; i < d; ++i)
      for (ptrdiff_t j = 0; j <= i; ++j) own[size_t(i)] += factor[j * d + i] * pivot[c * d + j];
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

Centres Anchors::centres() const {
  return {k_, d_, pivot_, ptrdiff_t(anchor_.size()) / d_, group_.data(), anchor_.data()};
}

}  // namespace gaussmix
