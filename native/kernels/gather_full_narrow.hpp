// Moments for full covariances with few features: rows in the lanes, every sum of a component in a register.
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"
#include "working_sum.hpp"

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
                                     const uint16_t* active, ptrdiff_t active_stride, const double* pivot, double* sums) {
  constexpr int w = Simd<T>::width;
  constexpr bool last = I1 == D;
  constexpr int base = triangle(I0);
  double* triangle_sums = sums + (1 + D + base) * w;
  Vector<T> scatter[triangle(I1) - base], sum_x[D], sum_weight{};
  unroll<0, triangle(I1) - base>([&](auto e) GAUSSMIX_LAMBDA { scatter[e] = begin_sum<T>(triangle_sums + e * w); });
  if constexpr (last) {
    sum_weight = begin_sum<T>(sums);
    unroll<0, D>([&](auto j) GAUSSMIX_LAMBDA { sum_x[j] = begin_sum<T>(sums + (1 + j) * w); });
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
  unroll<0, triangle(I1) - base>([&](auto e) GAUSSMIX_LAMBDA { end_sum<T>(triangle_sums + e * w, scatter[e]); });
  if constexpr (last) {
    end_sum<T>(sums, sum_weight);
    unroll<0, D>([&](auto j) GAUSSMIX_LAMBDA { end_sum<T>(sums + (1 + j) * w, sum_x[j]); });
  }
}

template <class T, int D, int I0>
inline void gather_full_narrow_sweeps(const Tile<T>& tile, const T* share, ptrdiff_t share_stride,
                                      const uint16_t* active, ptrdiff_t active_stride, const double* pivot, double* sums) {
  constexpr int end = narrow_sweep_end(D, I0);
  gather_full_narrow_sweep<T, D, I0, end>(tile, share, share_stride, active, active_stride, pivot, sums);
  if constexpr (end < D)
    gather_full_narrow_sweeps<T, D, end>(tile, share, share_stride, active, active_stride, pivot, sums);
}

// With fewer features than this a panel costs no more than the search for its active rows.
constexpr int gather_full_narrow_listed = 7;
// Rows are copied out of their panels where an active panel has at most this many of them on average: a copy takes
// about a third of the time of a panel of 8 features.
constexpr ptrdiff_t listed_rows_per_panel = 2;

// Are the active rows of a component so few that they are better copied?
inline bool few_active_rows(const uint16_t* active, ptrdiff_t stride, ptrdiff_t panels) {
  ptrdiff_t rows = 0, active_panels = 0;
  for (ptrdiff_t p = 0; p < panels; ++p) {
    rows += __builtin_popcount(active[p * stride]);
    active_panels += active[p * stride] != 0;
  }
  return rows <= listed_rows_per_panel * active_panels;
}

// Elements of scratch for rows copied out of their panels, and their shares.
inline size_t gather_full_narrow_scratch(ptrdiff_t rows, ptrdiff_t d) {
  return d < gather_full_narrow_listed ? 0 : size_t(round_up(rows, panel_rows) * (d + 1));
}

// The active rows of one component side by side in panels of their own, whose last is filled with zeros.
// OUT share (rows,), rows (panels, D, panel_rows). Returns the panels.
template <class T, int D>
inline ptrdiff_t copy_active_rows(const Tile<T>& tile, const Shares<T>& shares, ptrdiff_t component, T* share,
                                  T* rows) {
  ptrdiff_t count = 0;
  const auto put = [&](ptrdiff_t at) GAUSSMIX_LAMBDA {
    return rows + at / panel_rows * D * panel_rows + at % panel_rows;
  };
  for (ptrdiff_t p = 0; p < tile.panels; ++p) {
    const T* value = shares.value + p * shares.panel_stride + component * panel_rows;
    for (unsigned bits = shares.active[p * shares.k + component]; bits; bits &= bits - 1, ++count) {
      const int r = __builtin_ctz(bits);
      const T* z = tile.by_feature + p * D * panel_rows + r;
      T* out = put(count);
      share[count] = value[r];
      unroll<0, D>([&](auto j) GAUSSMIX_LAMBDA { out[j * panel_rows] = z[j * panel_rows]; });
    }
  }
  const ptrdiff_t panels = (count + panel_rows - 1) / panel_rows;
  for (; count < panels * panel_rows; ++count) {
    T* out = put(count);
    share[count] = 0;
    unroll<0, D>([&](auto j) GAUSSMIX_LAMBDA { out[j * panel_rows] = 0; });
  }
  return panels;
}

// d (d + 1) / 2 + 3 d + 1 operations a row and component; panels without an active row are passed over.
// SCRATCH: gather_full_narrow_scratch.
template <class T, int D>
inline void gather_full_narrow_tile(const Tile<T>& tile, const Shares<T>& shares, const double* pivot, double* sums,
                                    T* scratch) {
  for (ptrdiff_t c = 0; c < shares.k; ++c, pivot += D, sums += gather_full_narrow_component<T>(D)) {
    if constexpr (D >= gather_full_narrow_listed) {
      if (few_active_rows(shares.active + c, shares.k, tile.panels)) {
        static const uint16_t whole = 0xffff;
        Tile<T> listed = tile;
        listed.by_feature = scratch + tile.panels * panel_rows;
        listed.panels = copy_active_rows<T, D>(tile, shares, c, scratch, listed.by_feature);
        if (listed.panels) gather_full_narrow_sweeps<T, D, 0>(listed, scratch, panel_rows, &whole, 0, pivot, sums);
        continue;
      }
    }
    gather_full_narrow_sweeps<T, D, 0>(tile, shares.value + c * panel_rows, shares.panel_stride, shares.active + c,
                                       shares.k, pivot, sums);
  }
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
