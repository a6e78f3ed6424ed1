// The rows of a tile in which a component has a share that counts.
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// IN: shares, component. OUT: index and share of the active rows, in order; returns how many there are.
template <class T>
inline ptrdiff_t list_active_rows(const Shares<T>& shares, ptrdiff_t panels, ptrdiff_t component, int32_t* index,
                                  T* share) {
  ptrdiff_t count = 0;
  const uint16_t* active = shares.active + component;
  for (ptrdiff_t p = 0; p < panels; ++p) {
    unsigned bits = active[p * shares.k];
    const T* value = shares.value + p * shares.panel_stride + component * panel_rows;
    const int32_t first = int32_t(p * panel_rows);
    if (bits == 0xffff) {
      for (int32_t r = 0; r < panel_rows; ++r) {
        index[count + r] = first + r;
        share[count + r] = value[r];
      }
      count += panel_rows;
    } else {
      for (; bits; bits &= bits - 1) {
        const int32_t r = __builtin_ctz(bits);
        index[count] = first + r;
        share[count++] = value[r];
      }
    }
  }
  return count;
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
