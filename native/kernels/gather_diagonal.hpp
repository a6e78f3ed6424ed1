// Moments for diagonal covariances: sum_weight, sum_x and the sum of squares of each feature about a pivot; and
// sum_weight and sum_x alone, for stages that take the second moments elsewhere.
#pragma once

#include "active_rows.hpp"
#include "working_sum.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// What is summed beside the shares: Mean leaves out the squares.
enum class Moments { mean = 1, squares = 2 };

// Up to here the rows lie in the lanes, with every sum in a register; from there on the features do.
constexpr int gather_features_narrow = 7;

inline bool gather_features_needs_rows(ptrdiff_t d) { return d > gather_features_narrow; }

// Working sums of a component.
// narrow: sum_weight, sum_x (d), squares (d), each `width` lanes wide; wide: sum_weight (a group), sum_x, squares (padded d).
template <class T, Moments moments>
inline ptrdiff_t gather_features_component(ptrdiff_t d) {
  constexpr ptrdiff_t m = ptrdiff_t(moments);
  return gather_features_needs_rows(d) ? group_features<T> + m * round_up(d, group_features<T>)
                                       : (1 + m * d) * Simd<T>::width;
}

inline size_t gather_features_scratch(ptrdiff_t rows, ptrdiff_t d) {
  return gather_features_needs_rows(d) ? active_rows_scratch(rows) : 0;
}

// 2 d + 1 operations a row and component, and 2 d for the squares; panels without an active row are passed over.
template <class T, int D, Moments moments>
inline void gather_features_narrow_tile(const Tile<T>& tile, const Shares<T>& shares, const double* pivot,
                                        double* sums) {
  constexpr int w = Simd<T>::width, entries = 1 + int(moments) * D;
  for (ptrdiff_t c = 0; c < shares.k; ++c, pivot += D, sums += entries * w) {
    Vector<T> sum[entries];
    unroll<0, entries>([&](auto e) GAUSSMIX_LAMBDA { sum[e] = begin_sum<T>(sums + e * w); });
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
          if constexpr (moments == Moments::squares) sum[1 + D + j] += weighted * centred;
        });
      }
    }
    unroll<0, entries>([&](auto e) GAUSSMIX_LAMBDA { end_sum<T>(sums + e * w, sum[e]); });
  }
}

// Vectors of features whose sums are in registers together: with pivots 3 N registers.
constexpr int gather_features_vectors = registers >= 32 ? 4 : 2;

// N vectors of features of one component. Rows are taken by turns into U sets of sums, so that N * U chains
// cover the latency of an addition.
template <class T, int N, int U, Moments moments>
inline void gather_features_block(const T* by_row, ptrdiff_t row_length, const ActiveRows<T>& active,
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
      if constexpr (moments == Moments::squares) xx[u][j] += weighted * centred;
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
    add_sum<T>(sum_x + j * w, x[0][j]);
    if constexpr (moments == Moments::squares) add_sum<T>(squares + j * w, xx[0][j]);
  });
}

// IN: tile.by_row, shares, pivot. IN/OUT sums. SCRATCH: index and share of the active rows.
// 2 d operations a row and component, and 2 d for the squares, on active rows only.
template <class T, Moments moments>
inline void gather_features_wide_tile(const Tile<T>& tile, const Shares<T>& shares, const double* pivot, double* sums,
                                      T* scratch) {
  constexpr int w = Simd<T>::width, n = gather_features_vectors;
  const ptrdiff_t d = tile.d, length = tile.row_length;
  for (ptrdiff_t c = 0; c < shares.k; ++c, pivot += d, sums += gather_features_component<T, moments>(d)) {
    const ActiveRows<T> active = list_active_rows(shares, tile.panels, c, scratch);
    if (!active.count) continue;
    sums[0] += active.sum_weight;
    double* sum_x = sums + group_features<T>;
    double* squares = sum_x + length;
    for (ptrdiff_t j = 0; j < length;) {
      T about[n * w];
      for (ptrdiff_t i = 0; i < n * w; ++i) about[i] = j + i < d ? T(pivot[j + i]) : T(0);
      if (length - j >= n * w) {
        gather_features_block<T, n, 2, moments>(tile.by_row + j, length, active, about, sum_x + j, squares + j);
        j += n * w;
      } else if (length - j >= 2 * w) {
        gather_features_block<T, 2, 2, moments>(tile.by_row + j, length, active, about, sum_x + j, squares + j);
        j += 2 * w;
      } else {
        gather_features_block<T, 1, 4, moments>(tile.by_row + j, length, active, about, sum_x + j, squares + j);
        j += w;
      }
    }
  }
}

template <class T, Moments moments>
inline void gather_features(const Tile<T>& tile, const Shares<T>& shares, const double* pivot, double* sums,
                            T* scratch) {
  const auto narrow = [&](auto d) {
    gather_features_narrow_tile<T, decltype(d)::value, moments>(tile, shares, pivot, sums);
  };
  if (!with_const<1, gather_features_narrow + 1>(tile.d, narrow))
    gather_features_wide_tile<T, moments>(tile, shares, pivot, sums, scratch);
}

// sum_weight (k,), sum_x (k, d) and, if they were summed, squares (k, d).
template <class T, Moments moments>
inline void gather_features_finish(ptrdiff_t k, ptrdiff_t d, const double* sums, double* packed) {
  constexpr int w = Simd<T>::width;
  const bool wide = gather_features_needs_rows(d);
  const ptrdiff_t component = gather_features_component<T, moments>(d);
  for (ptrdiff_t c = 0; c < k; ++c, sums += component) {
    packed[c] = wide ? sums[0] : sum_lanes<T>(sums);
    for (ptrdiff_t m = 0; m < ptrdiff_t(moments); ++m) {
      double* out = packed + k + (m * k + c) * d;
      const double* moment = sums + (wide ? group_features<T> + m * round_up(d, group_features<T>) : (1 + m * d) * w);
      for (ptrdiff_t j = 0; j < d; ++j) out[j] = wide ? moment[j] : sum_lanes<T>(moment + j * w);
    }
  }
}

template <class T>
inline size_t gather_diagonal_sums(const Centres& centres) {
  return size_t(centres.k * gather_features_component<T, Moments::squares>(centres.d));
}

inline size_t gather_diagonal_scratch(ptrdiff_t rows, const Centres& centres) {
  return gather_features_scratch(rows, centres.d);
}

inline size_t gather_diagonal_scatter(ptrdiff_t k, ptrdiff_t d) { return size_t(k * d); }

inline double gather_diagonal_operations(ptrdiff_t k, ptrdiff_t d) { return 4.0 * double(k) * double(d); }

template <class T>
inline void gather_diagonal(const Tile<T>& tile, const Shares<T>& shares, const Centres& centres, double* sums,
                            T* scratch) {
  gather_features<T, Moments::squares>(tile, shares, centres.pivot, sums, scratch);
}

template <class T>
inline void gather_diagonal_finish(const Centres& centres, double* sums, double* packed) {
  gather_features_finish<T, Moments::squares>(centres.k, centres.d, sums, packed);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
