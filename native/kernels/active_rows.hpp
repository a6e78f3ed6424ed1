// The rows of a tile in which a component has a share that counts.
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// The active rows of one component: their places in the tile and their shares, in order.
template <class T>
struct ActiveRows {
  ptrdiff_t count;
  T sum_weight;          // of all its shares in the panels that have an active row
  const int32_t* index;  // (count,)
  const T* share;        // (count,)
};

// Elements of scratch for the rows of a tile. A list is written in whole panels, hence one more.
inline size_t active_rows_scratch(ptrdiff_t rows) { return size_t(2 * (rows + panel_rows)); }

template <class T>
GAUSSMIX_INLINE void list_panel(const T* value, int32_t first, int32_t* index, T* share) {
  constexpr int w = Simd<T>::width;
  typedef int32_t Sixteen __attribute__((vector_size(64), aligned(4), may_alias));
  const Sixteen places = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  *reinterpret_cast<Sixteen*>(index) = places + first;
  unroll<0, panel_rows / w>([&](auto v) GAUSSMIX_LAMBDA { store(share + v * w, load(value + v * w)); });
}

// The shares of a component in all panels.
template <class T>
inline T sum_of_shares(const Shares<T>& shares, ptrdiff_t panels, ptrdiff_t component) {
  constexpr int w = Simd<T>::width;
  Vector<T> sum[2] = {};
  const T* value = shares.value + component * panel_rows;
  for (ptrdiff_t p = 0; p < panels; ++p, value += shares.panel_stride)
    unroll<0, panel_rows / w>([&](auto v) GAUSSMIX_LAMBDA { sum[v % 2] += load(value + v * w); });
  T lanes[w];
  store(lanes, sum[0] + sum[1]);
  return sum_lanes<T>(lanes);
}

// IN: shares, component. SCRATCH: active_rows_scratch, which holds the lists.
// About one operation a row where all rows of a panel are active.
template <class T>
inline ActiveRows<T> list_active_rows(const Shares<T>& shares, ptrdiff_t panels, ptrdiff_t component, T* scratch) {
  constexpr int w = Simd<T>::width;
  T* share = scratch;
  int32_t* index = reinterpret_cast<int32_t*>(scratch + (panels + 1) * panel_rows);
  ptrdiff_t count = 0;
  Vector<T> sum[2] = {};
  const uint16_t* active = shares.active + component;
  const T* value = shares.value + component * panel_rows;
  for (ptrdiff_t p = 0; p < panels; ++p, value += shares.panel_stride) {
    unsigned bits = active[p * shares.k];
    if (!bits) continue;
    unroll<0, panel_rows / w>([&](auto v) GAUSSMIX_LAMBDA { sum[v % 2] += load(value + v * w); });
    const int32_t first = int32_t(p * panel_rows);
    if (bits == 0xffff) {
      list_panel(value, first, index + count, share + count);
      count += panel_rows;
    } else {
      for (; bits; bits &= bits - 1) {
        const int32_t r = __builtin_ctz(bits);
        index[count] = first + r;
        share[count++] = value[r];
      }
    }
  }
  T lanes[w];
  store(lanes, sum[0] + sum[1]);
  return {count, sum_lanes<T>(lanes), index, share};
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
