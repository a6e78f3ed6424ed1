// Moments for one covariance that all components share: sum_weight and sum_x of each, and one scatter for all,
// the sum over components of their scatters about their pivots.
//
// Components near each other share an anchor a. What a row adds to their scatters about the anchor depends on their
// shares only through the sum: one product of the row with itself instead of one for each component. To move a scatter
// from the anchor to the pivot (move_scatter.hpp) costs digits: anchors are chosen so that the way is short.
#pragma once

#include "gather_features.hpp"
#include "gather_full.hpp"
#include "move_scatter.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

inline bool gather_tied_needs_rows(ptrdiff_t d) { return gather_full_needs_rows(d) || gather_features_needs_rows(d); }

// The anchors as if they were components.
inline Centres anchors_of(const Centres& centres) {
  return {centres.anchors, centres.d, centres.anchor, centres.anchors, nullptr, centres.anchor, nullptr, nullptr, 0};
}

// Working sums: sum_weight and sum_x of the components; all moments of the anchors; for the end of a chunk the
// latter once more, packed, and two rows.
template <class T>
inline size_t gather_tied_means(const Centres& centres) {
  return size_t(centres.k * gather_features_component<T, Moments::mean>(centres.d));
}

inline size_t gather_tied_packed(const Centres& centres) {
  const size_t d = size_t(centres.d);
  return size_t(centres.anchors) * (1 + d + d * (d + 1) / 2);
}

template <class T>
inline size_t gather_tied_sums(const Centres& centres) {
  return gather_tied_means<T>(centres) + gather_full_sums<T>(anchors_of(centres)) + gather_tied_packed(centres) +
         2 * size_t(centres.d);
}

// Elements of scratch for the shares of the anchors, and which of them count.
inline size_t anchor_shares(ptrdiff_t rows, ptrdiff_t anchors) {
  return size_t(round_up(rows, panel_rows) * (anchors | 1) + round_up(rows, panel_rows) / panel_rows * anchors);
}

template <class T>
inline size_t gather_tied_scratch(ptrdiff_t rows, const Centres& centres) {
  const size_t full = gather_full_scratch<T>(rows, anchors_of(centres)), means = gather_features_scratch(rows, centres.d);
  return anchor_shares(rows, centres.anchors) + (full > means ? full : means);
}

inline size_t gather_tied_scatter(ptrdiff_t, ptrdiff_t d) { return size_t(d * (d + 1) / 2); }

inline double gather_tied_operations(ptrdiff_t k, ptrdiff_t d) { return double(d) * double(d + 2 * k); }

// The shares of the components of an anchor, added. One addition a row vector and component.
template <class T>
inline Shares<T> shares_of_anchors(const Shares<T>& shares, ptrdiff_t panels, const Centres& centres, T* scratch) {
  constexpr int w = Simd<T>::width;
  Shares<T> sum = shares;
  if (centres.anchors == shares.k) return sum;
  sum.k = centres.anchors;
  sum.panel_stride = (sum.k | 1) * panel_rows;
  sum.value = scratch;
  sum.active = reinterpret_cast<uint16_t*>(scratch + panels * sum.panel_stride);
  for (ptrdiff_t p = 0; p < panels; ++p) {
    T* out = sum.value + p * sum.panel_stride;
    uint16_t* active = sum.active + p * sum.k;
    for (ptrdiff_t i = 0; i < sum.k * panel_rows; i += w) store(out + i, Vector<T>{});
    for (ptrdiff_t a = 0; a < sum.k; ++a) active[a] = 0;
    const T* value = shares.value + p * shares.panel_stride;
    for (ptrdiff_t c = 0; c < shares.k; ++c, value += panel_rows) {
      T* to = out + centres.group[c] * panel_rows;
      for (int r = 0; r < panel_rows; r += w) store(to + r, load(to + r) + load(value + r));
      active[centres.group[c]] |= shares.active[p * shares.k + c];
    }
  }
  return sum;
}

// IN: tile, shares, centres. IN/OUT sums. SCRATCH gather_tied_scratch.
// 2 d operations a row and component, d (d + 8) / 2 multiply-adds a row and anchor, on active rows only.
template <class T>
inline void gather_tied(const Tile<T>& tile, const Shares<T>& shares, const Centres& centres, double* sums,
                        T* scratch) {
  T* rest = scratch + anchor_shares(tile.panels * panel_rows, centres.anchors);
  const Shares<T> sum = shares_of_anchors(shares, tile.panels, centres, scratch);
  gather_features<T, Moments::mean>(tile, shares, {centres.pivot, nullptr}, sums, rest);
  gather_full<T>(tile, sum, anchors_of(centres), sums + gather_tied_means<T>(centres), rest);
}

// 2 d (d + 1) multiply-adds a component that is not its own anchor.
template <class T>
inline void gather_tied_finish(const Centres& centres, double* sums, double* packed) {
  const ptrdiff_t k = centres.k, d = centres.d, entries = d * (d + 1) / 2;
  gather_features_finish<T, Moments::mean>(centres, {centres.pivot, nullptr}, sums, packed, [](auto...) {});
  double* full = sums + gather_tied_means<T>(centres);
  double* about_anchors = full + gather_full_sums<T>(anchors_of(centres));
  double* shift = about_anchors + gather_tied_packed(centres);
  double* moved = shift + d;
  gather_full_finish<T>(anchors_of(centres), full, about_anchors);

  double* scatter = packed + k + k * d;
  const double* each = about_anchors + centres.anchors * (1 + d);
  for (ptrdiff_t e = 0; e < entries; ++e) scatter[e] = each[e];
  for (ptrdiff_t a = 1; a < centres.anchors; ++a)
    for (ptrdiff_t e = 0; e < entries; ++e) scatter[e] += each[a * entries + e];
  for (ptrdiff_t c = 0; c < k; ++c) {
    const double* pivot = centres.pivot + c * d;
    const double* anchor = centres.anchor + centres.group[c] * d;
    const double* sum_x = packed + k + c * d;
    bool apart = false;
    for (ptrdiff_t j = 0; j < d; ++j) {
      shift[j] = pivot[j] - anchor[j];
      apart = apart || shift[j] != 0;
    }
    if (apart) move_scatter(d, packed[c], sum_x, shift, moved, scatter);
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
