// Moments for diagonal covariances: sum_weight, sum_x and the sum of squares of each feature about a pivot.
#pragma once

#include "active_rows.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Below one group of features the rows lie in the lanes; from there on the features do.
constexpr int gather_diagonal_narrow = int(group_features) - 1;

inline bool gather_diagonal_needs_rows(ptrdiff_t d) { return d > gather_diagonal_narrow; }

// Working sums of a component.
// narrow: sum_weight, sum_x (d), squares (d), each `width` lanes wide; wide: sum_weight (8), sum_x, squares (padded d).
template <class T>
inline ptrdiff_t gather_diagonal_component(ptrdiff_t d) {
  return gather_diagonal_needs_rows(d) ? group_features + 2 * round_up(d, group_features)
                                       : (1 + 2 * d) * Simd<T>::width;
}

template <class T>
inline size_t gather_diagonal_sums(ptrdiff_t k, ptrdiff_t d) {
  return size_t(k * gather_diagonal_component<T>(d));
}

inline size_t gather_diagonal_scratch(ptrdiff_t rows, ptrdiff_t d) {
  return gather_diagonal_needs_rows(d) ? active_rows_scratch(rows) : 0;
}

inline size_t gather_diagonal_scatter(ptrdiff_t d) { return size_t(d); }

// 4 d + 1 operations a row and component; panels without an active row are passed over.
template <class T, int D>
inline void gather_diagonal_narrow_tile(const Tile<T>& tile, const Shares<T>& shares, const double* pivot,
                                        double* sums) {
  constexpr int w = Simd<T>::width;
  for (ptrdiff_t c = 0; c < shares.k; ++c, pivot += D, sums += (1 + 2 * D) * w) {
    Vector<T> sum[1 + 2 * D];
    unroll<0, 1 + 2 * D>([&](auto e) GAUSSMIX_LAMBDA { sum[e] = load(sums + e * w); });
    for (ptrdiff_t p = 0; p < tile.panels; ++p) {
      if (!shares.active[p * shares.k + c]) continue;
      const T* z = tile.by_feature + p * D * panel_rows;
      const T* share = shares.value + p * shares.panel_stride + c * panel_rows;
      for (int r = 0; r < panel_rows; r += w) {
        Vector<T> weight = load(share + r);
        sum[0] += weight;
        unroll<0, D>([&](auto j) GAUSSMIX_LAMBDA {
          Vector<T> centred = load(z + j * panel_rows + r) - T(pivot[j]);
          Vector<T> weighted = weight * centred;
          sum[1 + j] += weighted;
          sum[1 + D + j] += weighted * centred;
        });
      }
    }
    unroll<0, 1 + 2 * D>([&](auto e) GAUSSMIX_LAMBDA { store(sums + e * w, sum[e]); });
  }
}

// Vectors of features whose sums are in registers together: with pivots 3 N registers.
constexpr int gather_diagonal_vectors = registers >= 32 ? 4 : 2;

// N vectors of features of one component. Rows are taken by turns into U sets of sums, so that N * U chains
// cover the latency of an addition.
template <class T, int N, int U>
inline void gather_diagonal_block(const T* by_row, ptrdiff_t row_length, const ActiveRows<T>& active,
                                  const T* pivot, double* sum_x, double* squares) {
  constexpr int w = Simd<T>::width;
  Vector<T> about[N], x[U][N] = {}, xx[U][N] = {};
  unroll<0, N>([&](auto j) GAUSSMIX_LAMBDA { about[j] = load(pivot + j * w); });
  auto add = [&](ptrdiff_t a, auto u) GAUSSMIX_LAMBDA {
    const T* row = by_row + active.index[a] * row_length;
    Vector<T> weight = broadcast(active.share[a]);
    unroll<0, N>([&](auto j) GAUSSMIX_LAMBDA {
      Vector<T> centred = load(row + j * w) - about[j];
      Vector<T> weighted = weight * centred;
      x[u][j] += weighted;
      xx[u][j] += weighted * centred;
    });
  };
  ptrdiff_t a = 0;
  for (; a + U <= active.count; a += U) unroll<0, U>([&](auto u) GAUSSMIX_LAMBDA { add(a + u, u); });
  for (; a < active.count; ++a) add(a, Const<0>{});
  unroll<0, N>([&](auto j) GAUSSMIX_LAMBDA {
    unroll<1, U>([&](auto u) GAUSSMIX_LAMBDA {
      x[0][j] += x[u][j];
      xx[0][j] += xx[u][j];
    });
    store(sum_x + j * w, load(sum_x + j * w) + x[0][j]);
    store(squares + j * w, load(squares + j * w) + xx[0][j]);
  });
}

// IN: tile.by_row, shares, pivot. IN/OUT sums. SCRATCH: index and share of the active rows.
// 4 d operations a row and component, on active rows only.
template <class T>
inline void gather_diagonal_wide_tile(const Tile<T>& tile, const Shares<T>& shares, const double* pivot, double* sums,
                                      T* scratch) {
  constexpr int w = Simd<T>::width, n = gather_diagonal_vectors;
  const ptrdiff_t d = tile.d, length = tile.row_length;
  for (ptrdiff_t c = 0; c < shares.k; ++c, pivot += d, sums += group_features + 2 * length) {
    const ActiveRows<T> active = list_active_rows(shares, tile.panels, c, scratch);
    if (!active.count) continue;
    sums[0] += active.sum_weight;
    double* sum_x = sums + group_features;
    double* squares = sum_x + length;
    for (ptrdiff_t j = 0; j < length;) {
      T about[n * w];
      for (ptrdiff_t i = 0; i < n * w; ++i) about[i] = j + i < d ? T(pivot[j + i]) : T(0);
      if (length - j >= n * w) {
        gather_diagonal_block<T, n, 2>(tile.by_row + j, length, active, about, sum_x + j, squares + j);
        j += n * w;
      } else if (length - j >= 2 * w) {
        gather_diagonal_block<T, 2, 2>(tile.by_row + j, length, active, about, sum_x + j, squares + j);
        j += 2 * w;
      } else {
        gather_diagonal_block<T, 1, 4>(tile.by_row + j, length, active, about, sum_x + j, squares + j);
        j += w;
      }
    }
  }
}

template <class T>
inline void gather_diagonal(const Tile<T>& tile, const Shares<T>& shares, const double* pivot, double* sums,
                            T* scratch) {
  switch (tile.d) {
    case 1: return gather_diagonal_narrow_tile<T, 1>(tile, shares, pivot, sums);
    case 2: return gather_diagonal_narrow_tile<T, 2>(tile, shares, pivot, sums);
    case 3: return gather_diagonal_narrow_tile<T, 3>(tile, shares, pivot, sums);
    case 4: return gather_diagonal_narrow_tile<T, 4>(tile, shares, pivot, sums);
    case 5: return gather_diagonal_narrow_tile<T, 5>(tile, shares, pivot, sums);
    case 6: return gather_diagonal_narrow_tile<T, 6>(tile, shares, pivot, sums);
    case 7: return gather_diagonal_narrow_tile<T, 7>(tile, shares, pivot, sums);
    default: return gather_diagonal_wide_tile<T>(tile, shares, pivot, sums, scratch);
  }
}

template <class T>
inline void gather_diagonal_finish(ptrdiff_t k, ptrdiff_t d, const double* sums, double* packed) {
  constexpr int w = Simd<T>::width;
  double* sum_x = packed + k;
  double* squares = sum_x + k * d;
  const ptrdiff_t component = gather_diagonal_component<T>(d);
  for (ptrdiff_t c = 0; c < k; ++c, sums += component) {
    if (gather_diagonal_needs_rows(d)) {
      packed[c] = sums[0];
      for (ptrdiff_t j = 0; j < d; ++j) *sum_x++ = sums[group_features + j];
      for (ptrdiff_t j = 0; j < d; ++j) *squares++ = sums[group_features + round_up(d, group_features) + j];
    } else {
      packed[c] = sum_lanes<T>(sums);
      for (ptrdiff_t j = 0; j < d; ++j) *sum_x++ = sum_lanes<T>(sums + (1 + j) * w);
      for (ptrdiff_t j = 0; j < d; ++j) *squares++ = sum_lanes<T>(sums + (1 + d + j) * w);
    }
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
