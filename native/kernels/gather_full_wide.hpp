// Moments for full covariances with more features: features in the lanes, a broadcast feature times a vector of
// features, only blocks on and below the diagonal.
//
// Rows are centred and scaled by the root of their share, y = sqrt(share) (pivot - z), so that the scatter is the
// sum of y y^T: one copy of the rows is written and read, where weighted and plain rows would be two, and they
// would not stay in the first-level cache.
#pragma once

#include "active_rows.hpp"
#include "scale_rows.hpp"
#include "scatter_block.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

inline ptrdiff_t feature_groups(ptrdiff_t d) { return (d + group_features - 1) / group_features; }

// Working sums of a component: sum_weight (one group), sum_x (groups x 8), then for each group g of columns the
// blocks (8 x 8) of row groups g, g + 1, ...
inline ptrdiff_t gather_full_wide_component(ptrdiff_t d) {
  const ptrdiff_t g = feature_groups(d);
  return group_features + g * group_features + g * (g + 1) / 2 * group_features * group_features;
}

inline ptrdiff_t column_blocks(ptrdiff_t groups, ptrdiff_t g) {  // where the blocks of column group g begin
  return (g * groups - g * (g - 1) / 2) * group_features * group_features;
}

// Rows scaled at a time. Their copy should take no more than half of the first-level cache. Where that holds too few
// rows, the sums, which are read and written once for these rows, cost more than rows from the second-level cache.
inline ptrdiff_t gather_full_wide_rows(ptrdiff_t d) {
  constexpr ptrdiff_t elements = 2048, few = 48, enough = 128;
  const ptrdiff_t rows = elements / round_up(d, group_features) / panel_rows * panel_rows;
  return rows > few ? rows : enough;
}

// The list of active rows, the roots of their shares, and the scaled rows (groups, rows, 8).
inline size_t gather_full_wide_scratch(ptrdiff_t rows, ptrdiff_t d) {
  const ptrdiff_t most = gather_full_wide_rows(d);
  return active_rows_scratch(rows) + size_t(most + most * round_up(d, group_features));
}

// One row group against `count` column groups from `column` on. blocks: the component's blocks.
template <class T>
inline void scatter_groups(ptrdiff_t d, ptrdiff_t row_group, ptrdiff_t column, int count, ptrdiff_t rows,
                           const T* scaled, ptrdiff_t stride, double* blocks) {
  const ptrdiff_t groups = feature_groups(d);
  const ptrdiff_t left = d - row_group * group_features;
  const ptrdiff_t features = left < group_features ? left : group_features;  // the last group may be short
  for (ptrdiff_t i = 0; i < features; i += block_rows) {
    const ptrdiff_t here = features - i < block_rows ? features - i : block_rows;
    double* sums[block_groups];
    for (int g = 0; g < count; ++g)
      sums[g] = blocks + column_blocks(groups, column + g) +
                (row_group - column - g) * group_features * group_features + i * group_features;
    const T* c = scaled + row_group * stride + i;
    const T* v = scaled + column * stride;
    if constexpr (block_groups == 1) {
      scatter_rows<T, 1>(here, rows, c, v, stride, sums);
    } else {
      if (count == 2) scatter_rows<T, 2>(here, rows, c, v, stride, sums);
      if (count == 3) scatter_rows<T, 3>(here, rows, c, v, stride, sums);
    }
  }
}

// Column groups to take next of those left: as wide a block as fits, but four as two twos, which fill the registers
// better than three and one.
inline int groups_at_once(ptrdiff_t left) {
  if (block_groups == 1) return 1;
  return left == 4 || left == 2 ? 2 : 3;
}

// All blocks of one set of scaled rows.
template <class T>
inline void scatter_scaled(ptrdiff_t d, ptrdiff_t rows, const T* scaled, ptrdiff_t stride, double* blocks) {
  const ptrdiff_t groups = feature_groups(d);
  for (ptrdiff_t column = 0; column < groups;) {
    const int width = groups_at_once(groups - column);
    ptrdiff_t row_group = column;
    if constexpr (block_triangle) {
      const ptrdiff_t left = d - (column + 1) * group_features;
      scatter_triangle_rows(left < group_features ? left : group_features, rows, scaled + column * stride,
                            scaled + (column + 1) * stride, blocks + column_blocks(groups, column),
                            blocks + column_blocks(groups, column + 1));
      row_group += 2;
    }
    for (; row_group < groups; ++row_group) scatter_groups(d, row_group, column, width, rows, scaled, stride, blocks);
    column += width;
  }
}

// IN: tile.by_row, shares, pivot. IN/OUT: sums. SCRATCH: gather_full_wide_scratch.
// d (d + 8) / 2 multiply-adds, 3 d operations and a root a row and component. The scaled rows lie as
// (group, row, 8), so that every block reads them in order.
template <class T>
inline void gather_full_wide_tile(const Tile<T>& tile, const Shares<T>& shares, const double* pivot, double* sums,
                                  T* scratch) {
  const ptrdiff_t d = tile.d, groups = feature_groups(d), most = gather_full_wide_rows(d);
  const ptrdiff_t stride = most * group_features;
  T* root = scratch + active_rows_scratch(tile.panels * panel_rows);
  T* scaled = root + most;
  for (ptrdiff_t c = 0; c < shares.k; ++c, sums += gather_full_wide_component(d)) {
    const ActiveRows<T> active = list_active_rows(shares, tile.panels, c, scratch);
    sums[0] += active.sum_weight;
    double* blocks = sums + group_features + groups * group_features;
    for (ptrdiff_t done = 0; done < active.count; done += most) {
      const ptrdiff_t count = active.count - done < most ? active.count - done : most;
      take_roots(count, active.share + done, root);
      scale_rows(tile, pivot + c * d, count, active.index + done, root, scaled, stride, sums + group_features);
      scatter_scaled(d, count, scaled, stride, blocks);
    }
  }
}

inline void gather_full_wide_finish(ptrdiff_t k, ptrdiff_t d, const double* sums, double* packed) {
  const ptrdiff_t groups = feature_groups(d);
  double* sum_x = packed + k;
  double* scatter = sum_x + k * d;
  for (ptrdiff_t c = 0; c < k; ++c, sums += gather_full_wide_component(d)) {
    packed[c] = sums[0];
    for (ptrdiff_t j = 0; j < d; ++j) *sum_x++ = sums[group_features + j];
    const double* blocks = sums + group_features + groups * group_features;
    for (ptrdiff_t i = 0; i < d; ++i)
      for (ptrdiff_t g = 0; g <= i / group_features; ++g) {
        const double* row = blocks + column_blocks(groups, g) +
                            ((i / group_features - g) * group_features + i % group_features) * group_features;
        if (g < i / group_features) {
          for (ptrdiff_t j = 0; j < group_features; ++j) scatter[j] = row[j];  // a length known beforehand: one move
          scatter += group_features;
        } else {
          for (ptrdiff_t j = 0; j <= i % group_features; ++j) *scatter++ = row[j];
        }
      }
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
