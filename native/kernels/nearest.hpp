// Squared distances of points that lie column by column, for k-means on few rows in memory.
#pragma once

#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Vectors of points whose sums are in registers: two more numbers of each are kept, of 16 registers.
constexpr int nearest_vectors = 4;

// Columns are padded to a multiple of this.
inline ptrdiff_t nearest_padding() { return nearest_vectors * Simd<double>::width; }

// OUT sum: squared distances of a block of points from one centre.
GAUSSMIX_INLINE void squared_distances(const double* points, ptrdiff_t stride, ptrdiff_t d, const double* centre,
                                       Vector<double>* sum) {
  constexpr int w = Simd<double>::width;
  unroll<0, nearest_vectors>([&](auto v) GAUSSMIX_LAMBDA { sum[v] = Vector<double>{}; });
  for (ptrdiff_t i = 0; i < d; ++i)
    unroll<0, nearest_vectors>([&](auto v) GAUSSMIX_LAMBDA {
      const Vector<double> z = load(points + i * stride + v * w) - centre[i];
      sum[v] += z * z;
    });
}

// Of the first n points, a multiple of the padding. IN points (d, stride), centres (k, d). OUT label (n,): the number
// of the nearest centre, the first of equals.
inline void nearest_centres(const double* points, ptrdiff_t stride, ptrdiff_t n, ptrdiff_t d, ptrdiff_t k,
                            const double* centres, double* label) {
  constexpr int w = Simd<double>::width;
  for (ptrdiff_t p = 0; p < n; p += nearest_vectors * w) {
    Vector<double> sum[nearest_vectors], least[nearest_vectors], number[nearest_vectors];
    squared_distances(points + p, stride, d, centres, least);
    unroll<0, nearest_vectors>([&](auto v) GAUSSMIX_LAMBDA { number[v] = Vector<double>{}; });
    for (ptrdiff_t c = 1; c < k; ++c) {
      squared_distances(points + p, stride, d, centres + c * d, sum);
      unroll<0, nearest_vectors>([&](auto v) GAUSSMIX_LAMBDA {
        number[v] = sum[v] < least[v] ? broadcast(double(c)) : number[v];
        least[v] = smaller(sum[v], least[v]);
      });
    }
    unroll<0, nearest_vectors>([&](auto v) GAUSSMIX_LAMBDA { store(label + p + v * w, number[v]); });
  }
}

// Of the first n points, too. IN weight, distance (n,). OUT shrunk (n,): the smaller of distance and the squared distance
// from centre. Returns their sum by weight.
inline double shrink_distances(const double* points, ptrdiff_t stride, ptrdiff_t n, ptrdiff_t d, const double* centre,
                               const double* weight, const double* distance, double* shrunk) {
  constexpr int w = Simd<double>::width;
  Vector<double> total[nearest_vectors] = {};
  for (ptrdiff_t p = 0; p < n; p += nearest_vectors * w) {
    Vector<double> sum[nearest_vectors];
    squared_distances(points + p, stride, d, centre, sum);
    unroll<0, nearest_vectors>([&](auto v) GAUSSMIX_LAMBDA {
      const Vector<double> least = smaller(load(distance + p + v * w), sum[v]);
      store(shrunk + p + v * w, least);
      total[v] += load(weight + p + v * w) * least;
    });
  }
  unroll<1, nearest_vectors>([&](auto v) GAUSSMIX_LAMBDA { total[0] += total[v]; });
  double lanes[w];
  store(lanes, total[0]);
  return sum_lanes<double>(lanes);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
