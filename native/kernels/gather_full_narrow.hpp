// Moments for full covariances with few features: rows in the lanes, every sum of a component in a register.
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

constexpr int gather_full_narrow = 8;

constexpr int triangle(int rows) { return rows * (rows + 1) / 2; }

// Working sums of a component: sum_weight, sum_x (d), lower triangle (row by row), each `width` lanes wide.
template <class T>
inline ptrdiff_t gather_full_narrow_component(ptrdiff_t d) {
  return (1 + d + d * (d + 1) / 2) * Simd<T>::width;
}

// Sums held at once: three quarters of the registers, the rest for centred features and products.
constexpr int gather_full_narrow_sums = registers * 3 / 4;

// The end of the rows of the triangle that one sweep over the tile gathers, from `begin` on. The last sweep
// also gathers sum_weight and sum_x.
constexpr int narrow_sweep_end(int d, int begin) {
  if (triangle(d) - triangle(begin) + d + 1 <= gather_full_narrow_sums) return d;
  int end = begin + 1;
  while (end + 1 < d && triangle(end + 1) - triangle(begin) <= gather_full_narrow_sums) ++end;
  return end;
}

// One sweep: rows [I0, I1) of the triangle of one component.
// IN tile.by_feature, share and active at stride; IN/OUT sums of the component.
template <class T, int D, int I0, int I1>
inline void gather_full_narrow_sweep(const Tile<T>& tile, const T* share, ptrdiff_t share_stride,
                                     const uint16_t* active, ptrdiff_t active_stride, const double* pivot, T* sums) {
  constexpr int w = Simd<T>::width;
  constexpr bool last = I1 == D;
  constexpr int base = triangle(I0);
  T* triangle_sums = sums + (1 + D + base) * w;
  Vector<T> scatter[triangle(I1) - base], sum_x[D], sum_weight{};
  unroll<0, triangle(I1) - base>([&](auto e) GAUSSMIX_LAMBDA { scatter[e] = load(triangle_sums + e * w); });
  if constexpr (last) {
    sum_weight = load(sums);
    unroll<0, D>([&](auto j) GAUSSMIX_LAMBDA { sum_x[j] = load(sums + (1 + j) * w); });
  }
  for (ptrdiff_t p = 0; p < tile.panels; ++p) {
    if (!active[p * active_stride]) continue;
    const T* z = tile.by_feature + p * D * panel_rows;
    for (int r = 0; r < panel_rows; r += w) {
      Vector<T> weight = load(share + p * share_stride + r), centred[D];
      unroll<0, I1>([&](auto j) GAUSSMIX_LAMBDA { centred[j] = load(z + j * panel_rows + r) - T(pivot[j]); });
      if constexpr (last) sum_weight += weight;
      unroll<0, I1>([&](auto i) GAUSSMIX_LAMBDA {
        constexpr int row = decltype(i)::value;
        if constexpr (row >= I0) {
          Vector<T> weighted = weight * centred[row];
          if constexpr (last) sum_x[row] += weighted;
          unroll<0, row + 1>([&](auto j) GAUSSMIX_LAMBDA { scatter[triangle(row) - base + j] += weighted * centred[j]; });
        } else if constexpr (last) {
          sum_x[row] += weight * centred[row];
        }
      });
    }
  }
  unroll<0, triangle(I1) - base>([&](auto e) GAUSSMIX_LAMBDA { store(triangle_sums + e * w, scatter[e]); });
  if constexpr (last) {
    store(sums, sum_weight);
    unroll<0, D>([&](auto j) GAUSSMIX_LAMBDA { store(sums + (1 + j) * w, sum_x[j]); });
  }
}

template <class T, int D, int I0>
inline void gather_full_narrow_sweeps(const Tile<T>& tile, const T* share, ptrdiff_t share_stride,
                                      const uint16_t* active, ptrdiff_t active_stride, const double* pivot, T* sums) {
  constexpr int end = narrow_sweep_end(D, I0);
  gather_full_narrow_sweep<T, D, I0, end>(tile, share, share_stride, active, active_stride, pivot, sums);
  if constexpr (end < D)
    gather_full_narrow_sweeps<T, D, end>(tile, share, share_stride, active, active_stride, pivot, sums);
}

// d (d + 1) / 2 + 3 d + 1 operations a row and component; panels without an active row are passed over.
template <class T, int D>
inline void gather_full_narrow_tile(const Tile<T>& tile, const Shares<T>& shares, const double* pivot, double* sums) {
  for (ptrdiff_t c = 0; c < shares.k; ++c)
    gather_full_narrow_sweeps<T, D, 0>(tile, shares.value + c * panel_rows, shares.panel_stride, shares.active + c,
                                       shares.k, pivot + c * D, sums + c * gather_full_narrow_component<T>(D));
}

template <class T>
inline void gather_full_narrow_finish(ptrdiff_t k, ptrdiff_t d, const double* sums, double* packed) {
  constexpr int w = Simd<T>::width;
  const ptrdiff_t entries = d * (d + 1) / 2;
  double* sum_x = packed + k;
  double* scatter = sum_x + k * d;
  for (ptrdiff_t c = 0; c < k; ++c) {
    packed[c] = sum_lanes<T>(sums), sums += w;
    for (ptrdiff_t j = 0; j < d; ++j, sums += w) *sum_x++ = sum_lanes<T>(sums);
    for (ptrdiff_t e = 0; e < entries; ++e, sums += w) *scatter++ = sum_lanes<T>(sums);
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
