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

template <class T>
inline ptrdiff_t feature_groups(ptrdiff_t d) {
  return (d + group_features<T> - 1) / group_features<T>;
}

// Working sums of a component: sum_weight (one group), sum_x (groups), then for each group g of columns the
// blocks (group x group) of row groups g, g + 1, ...
template <class T>
inline ptrdiff_t gather_full_wide_component(ptrdiff_t d) {
  const ptrdiff_t g = feature_groups<T>(d);
  return group_features<T> + g * group_features<T> + g * (g + 1) / 2 * group_features<T> * group_features<T>;
}

template <class T>
inline ptrdiff_t column_blocks(ptrdiff_t groups, ptrdiff_t g) {  // where the blocks of column group g begin
  return (g * groups - g * (g - 1) / 2) * group_features<T> * group_features<T>;
}

// Rows scaled at a time. Their copy should take no more than half of the first-level cache. Where that holds too few
// rows, the sums, which are read and written once for these rows, cost more than rows from the second-level cache.
template <class T>
inline ptrdiff_t gather_full_wide_rows(ptrdiff_t d) {
  constexpr ptrdiff_t elements = 16384 / ptrdiff_t(sizeof(T)), few = 48, enough = 128;
  const ptrdiff_t rows = elements / round_up(d, group_features<T>) / panel_rows * panel_rows;
  return rows > few ? rows : enough;
}

// Elements from one group of scaled rows to the next: a line more than the rows need. At a power of two all groups of
// a row would fall into one set of the cache.
template <class T>
inline ptrdiff_t scaled_stride(ptrdiff_t d) {
  return (gather_full_wide_rows<T>(d) + 1) * group_features<T>;
}

// The list of active rows, the roots of their shares, and the scaled rows (groups, rows, group).
template <class T>
inline size_t gather_full_wide_scratch(ptrdiff_t rows, ptrdiff_t d) {
  return active_rows_scratch(rows) + size_t(gather_full_wide_rows<T>(d) + feature_groups<T>(d) * scaled_stride<T>(d));
}

// One row group against `count` column groups from `column` on. blocks: the component's blocks.
template <class T>
inline void scatter_groups(ptrdiff_t d, ptrdiff_t row_group, ptrdiff_t column, int count, ptrdiff_t rows,
                           const T* scaled, ptrdiff_t stride, double* blocks) {
  const ptrdiff_t groups = feature_groups<T>(d);
  const ptrdiff_t left = d - row_group * group_features<T>;
  const ptrdiff_t features = left < group_features<T> ? left : group_features<T>;  // the last group may be short
  for (ptrdiff_t i = 0; i < features; i += block_rows) {
    const ptrdiff_t here = features - i < block_rows ? features - i : block_rows;
    double* sums[block_groups];
    for (int g = 0; g < count; ++g)
      sums[g] = blocks + column_blocks<T>(groups, column + g) +
                (row_group - column - g) * group_features<T> * group_features<T> + i * group_features<T>;
    const T* c = scaled + row_group * stride + i;
    const T* v = scaled + column * stride;
    if constexpr (!block_triangle<T>) {
      if (count == 1) scatter_rows<T, 1>(here, rows, c, v, stride, sums);
    }
    if constexpr (block_groups > 1) {
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
  const ptrdiff_t groups = feature_groups<T>(d);
  for (ptrdiff_t column = 0; column < groups;) {
    const int width = groups_at_once(groups - column);
    ptrdiff_t row_group = column;
    if constexpr (block_triangle<T>) {
      const ptrdiff_t left = d - (column + 1) * group_features<T>;
      scatter_triangle_rows(left < group_features<T> ? left : group_features<T>, rows, scaled + column * stride,
                            scaled + (column + 1) * stride, blocks + column_blocks<T>(groups, column),
                            blocks + column_blocks<T>(groups, column + 1));
      row_group += 2;
    }
    for (; row_group < groups; ++row_group) {
      const ptrdiff_t left_of = row_group - column + 1;  // groups up to the diagonal
      scatter_groups(d, row_group, column, left_of < width ? int(left_of) : width, rows, scaled, stride, blocks);
    }
    column += width;
  }
}

// IN: tile.by_row, shares, pivot. IN/OUT: sums. SCRATCH: gather_full_wide_scratch.
// d (d + 8) / 2 multiply-adds, 3 d operations and a root a row and component. The scaled rows lie as
// (group, row, features of a group), so that every block reads them in order.
template <class T>
inline void gather_full_wide_tile(const Tile<T>& tile, const Shares<T>& shares, const double* pivot, double* sums,
                                  T* scratch) {
  const ptrdiff_t d = tile.d, groups = feature_groups<T>(d), most = gather_full_wide_rows<T>(d);
  const ptrdiff_t stride = scaled_stride<T>(d);
  T* root = scratch + active_rows_scratch(tile.panels * panel_rows);
  T* scaled = root + most;
  for (ptrdiff_t c = 0; c < shares.k; ++c, sums += gather_full_wide_component<T>(d)) {
    const ActiveRows<T> active = list_active_rows(shares, tile.panels, c, scratch);
    sums[0] += active.sum_weight;
    double* blocks = sums + group_features<T> + groups * group_features<T>;
    for (ptrdiff_t done = 0; done < active.count; done += most) {
      const ptrdiff_t count = active.count - done < most ? active.count - done : most;
      take_roots(count, active.share + done, root);
      scale_rows(tile, pivot + c * d, count, active.index + done, root, scaled, stride, sums + group_features<T>);
      scatter_scaled(d, count, scaled, stride, blocks);
    }
  }
}

template <class T>
inline void gather_full_wide_finish(ptrdiff_t k, ptrdiff_t d, const double* sums, double* packed) {
  const ptrdiff_t groups = feature_groups<T>(d);
  double* sum_x = packed + k;
  double* scatter = sum_x + k * d;
  for (ptrdiff_t c = 0; c < k; ++c, sums += gather_full_wide_component<T>(d)) {
    packed[c] = sums[0];
    for (ptrdiff_t j = 0; j < d; ++j) *sum_x++ = sums[group_features<T> + j];
    const double* blocks = sums + group_features<T> + groups * group_features<T>;
    if (sums[0] == 0) {  // no row of this chunk, or only rows of dense tiles
      for (ptrdiff_t e = 0; e < d * (d + 1) / 2; ++e) *scatter++ = 0;
      continue;
    }
    for (ptrdiff_t i = 0; i < d; ++i)
      for (ptrdiff_t g = 0; g <= i / group_features<T>; ++g) {
        const double* row = blocks + column_blocks<T>(groups, g) +
                            ((i / group_features<T> - g) * group_features<T> + i % group_features<T>) * group_features<T>;
        if (g < i / group_features<T>) {
          for (ptrdiff_t j = 0; j < group_features<T>; ++j) scatter[j] = row[j];  // a length known beforehand: one move
          scatter += group_features<T>;
        } else {
          for (ptrdiff_t j = 0; j <= i % group_features<T>; ++j) *scatter++ = row[j];
        }
      }
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
