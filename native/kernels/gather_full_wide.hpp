// Moments for full covariances with more features: features in the lanes, a broadcast feature times a vector of
// features, only blocks on and below the diagonal.
//
// Rows are centred and scaled by the root of their share, y = sqrt(share) (z - pivot), so that the scatter is the
// sum of y y^T: one copy of the rows is written and read, where weighted and plain rows would be two, and they
// would not stay in the first-level cache.
#pragma once

#include "active_rows.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Vectors in a group of features; feature rows and groups whose sums are in registers at once:
// 8 x 3 vectors of 32 registers, or 4 x 2 (one group of two vectors), or 2 x 4.
constexpr int group_vectors = int(group_features) / Simd<double>::width;
constexpr int block_groups = group_vectors == 1 ? 3 : 1;
constexpr int block_rows = registers >= 32 ? (group_vectors == 1 ? 8 : 4) : 8 / group_vectors;

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

// Rows scaled at a time: their copy should stay in the first-level cache, but the sums are read and written once
// for these rows, so there must be enough of them.
inline ptrdiff_t gather_full_wide_rows(ptrdiff_t d) {
  constexpr ptrdiff_t elements = 2048, least = 64;
  const ptrdiff_t rows = elements / round_up(d, group_features) / panel_rows * panel_rows;
  return rows > least ? rows : least;
}

// The list of active rows, the roots of their shares, and the scaled rows (groups, rows, 8).
inline size_t gather_full_wide_scratch(ptrdiff_t rows, ptrdiff_t d) {
  const ptrdiff_t most = gather_full_wide_rows(d);
  return active_rows_scratch(rows) + size_t(most + most * round_up(d, group_features));
}

// I rows of features times G groups: sums[g] (I, 8) += feature[:, I]^T columns[g].
// I * G * 8 multiply-adds a row, 8 (I + 8 G) bytes a row from the first- or second-level cache.
template <class T, int I, int G>
inline void scatter_block(ptrdiff_t rows, const T* feature, const T* columns, ptrdiff_t group_stride,
                          double* const* sums) {
  constexpr int w = Simd<T>::width, v = int(group_features) / w;
  Vector<T> sum[I][G * v];
  unroll<0, I>([&](auto i) GAUSSMIX_LAMBDA {
    unroll<0, G * v>([&](auto j) GAUSSMIX_LAMBDA { sum[i][j] = load(sums[j / v] + i * group_features + j % v * w); });
  });
  for (ptrdiff_t r = 0; r < rows; ++r, feature += group_features, columns += group_features) {
    Vector<T> column[G * v];
    unroll<0, G * v>([&](auto j) GAUSSMIX_LAMBDA { column[j] = load(columns + j / v * group_stride + j % v * w); });
    unroll<0, I>([&](auto i) GAUSSMIX_LAMBDA {
      unroll<0, G * v>([&](auto j) GAUSSMIX_LAMBDA { sum[i][j] += feature[i] * column[j]; });
    });
  }
  unroll<0, I>([&](auto i) GAUSSMIX_LAMBDA {
    unroll<0, G * v>([&](auto j) GAUSSMIX_LAMBDA { store(sums[j / v] + i * group_features + j % v * w, sum[i][j]); });
  });
}

template <class T, int G>
inline void scatter_rows(ptrdiff_t features, ptrdiff_t rows, const T* feature, const T* columns, ptrdiff_t stride,
                         double* const* sums) {
  switch (features) {
    case 1: return scatter_block<T, 1, G>(rows, feature, columns, stride, sums);
    case 2: return scatter_block<T, 2, G>(rows, feature, columns, stride, sums);
    case 3: if constexpr (block_rows > 2) return scatter_block<T, 3, G>(rows, feature, columns, stride, sums); break;
    case 4: if constexpr (block_rows > 2) return scatter_block<T, 4, G>(rows, feature, columns, stride, sums); break;
    case 5: if constexpr (block_rows > 4) return scatter_block<T, 5, G>(rows, feature, columns, stride, sums); break;
    case 6: if constexpr (block_rows > 4) return scatter_block<T, 6, G>(rows, feature, columns, stride, sums); break;
    case 7: if constexpr (block_rows > 4) return scatter_block<T, 7, G>(rows, feature, columns, stride, sums); break;
    case 8: if constexpr (block_rows > 4) return scatter_block<T, 8, G>(rows, feature, columns, stride, sums); break;
  }
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
    if (count == 1) scatter_rows<T, 1>(here, rows, c, v, stride, sums);
    if constexpr (block_groups >= 3) {
      if (count == 2) scatter_rows<T, 2>(here, rows, c, v, stride, sums);
      if (count == 3) scatter_rows<T, 3>(here, rows, c, v, stride, sums);
    }
  }
}

template <class T>
inline void take_roots(ptrdiff_t count, const T* share, T* root) {
  for (ptrdiff_t a = 0; a < count; ++a) root[a] = T(__builtin_sqrt(share[a]));
}

// Centres and scales the active rows, a vector of features at a time; adds sum_x.
template <class T>
inline void scale_rows(const Tile<T>& tile, const double* pivot, ptrdiff_t count, const int32_t* index, const T* root,
                       T* scaled, ptrdiff_t stride, double* sum_x) {
  constexpr int w = Simd<T>::width;
  const ptrdiff_t row_length = tile.row_length;
  for (ptrdiff_t j = 0; j < row_length; j += w) {
    T padded[w];
    for (ptrdiff_t i = 0; i < w; ++i) padded[i] = j + i < tile.d ? T(pivot[j + i]) : T(0);
    const Vector<T> about = load(padded);
    const T* rows = tile.by_row + j;
    T* out = scaled + j / group_features * stride + j % group_features;
    Vector<T> sum[2] = {};  // two chains: one would wait for its own additions
    const auto scale = [&](ptrdiff_t a, auto u) GAUSSMIX_LAMBDA {
      const Vector<T> y = root[a] * (load(rows + index[a] * row_length) - about);
      store(out + a * group_features, y);
      sum[u] += root[a] * y;
    };
    ptrdiff_t a = 0;
    for (; a + 2 <= count; a += 2) unroll<0, 2>([&](auto u) GAUSSMIX_LAMBDA { scale(a + u, u); });
    if (a < count) scale(a, Const<0>{});
    store(sum_x + j, load(sum_x + j) + (sum[0] + sum[1]));
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
      for (ptrdiff_t column = 0; column < groups; column += block_groups) {
        const ptrdiff_t end = column + block_groups < groups ? column + block_groups : groups;
        for (ptrdiff_t row_group = column; row_group < groups; ++row_group)
          scatter_groups(d, row_group, column, int((row_group < end ? row_group + 1 : end) - column), count, scaled,
                         stride, blocks);
      }
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
        for (ptrdiff_t j = g * group_features; j <= i && j < (g + 1) * group_features; ++j)
          *scatter++ = row[j - g * group_features];
      }
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
