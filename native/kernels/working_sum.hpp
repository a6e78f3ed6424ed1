// Sums that stages keep in registers over the rows of a tile.
//
// In float64 a register goes on with the sum so far. In float32 it begins with nothing and is added to a sum of
// float64 after the tile: at most 256 rows, whose sum of terms of one sign is then off by less than 16 roundings of
// float32 at random, and the error of many tiles averages out. One sum of all rows would lose as many digits as n has.
#pragma once

#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// What a register begins with. IN the sum so far, one for each lane.
template <class T>
GAUSSMIX_INLINE Vector<T> begin_sum(const double* sum) {
  if constexpr (sizeof(T) == sizeof(double)) return load(sum);
  else return Vector<T>{};
}

// Adds to the sum so far.
template <class T>
GAUSSMIX_INLINE void add_sum(double* sum, Vector<T> part) {
  if constexpr (sizeof(T) == sizeof(double)) {
    store(sum, load(sum) + part);
  } else {
    constexpr int half = Simd<double>::width;
    Vector<double> first, second;
    widen(part, first, second);
    store(sum, load(sum) + first);
    store(sum + half, load(sum + half) + second);
  }
}

// Puts back what began with begin_sum.
template <class T>
GAUSSMIX_INLINE void end_sum(double* sum, Vector<T> part) {
  if constexpr (sizeof(T) == sizeof(double)) store(sum, part);
  else add_sum<T>(sum, part);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
