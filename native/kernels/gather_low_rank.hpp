// Moments for loadings and noise: sum_weight, sum_x, the sum of squares of each feature about a pivot, and the sum of
// rows times the coordinates z = B^T (x - pivot) that their factors are expected to have: B^T S, d q numbers.
//
// Features lie in the lanes. Rows of a component are centred some at a time, so that they are in cache while their
// coordinates are made and multiplied with them.
#pragma once

#include "active_rows.hpp"
#include "score_low_rank.hpp"
#include "working_sum.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Rows centred at a time: sums are read and written once for these.
constexpr ptrdiff_t gather_low_rank_rows = 32;

inline bool gather_low_rank_needs_rows(ptrdiff_t) { return true; }

// Working sums of a component: sum_weight (a group), sum_x, squares and q lines of products (padded d).
template <class T>
inline ptrdiff_t gather_low_rank_component(ptrdiff_t d, ptrdiff_t q) {
  return group_features<T> + (2 + q) * round_up(d, group_features<T>);
}

template <class T>
inline size_t gather_low_rank_sums(const Centres& centres) {
  return size_t(centres.k * gather_low_rank_component<T>(centres.d, centres.rank));
}

// Whether B^T was made, B^T of all components (k, q, padded d), the lists of active rows, centred rows (padded d), and
// their coordinates times their shares.
template <class T>
inline size_t gather_low_rank_scratch(ptrdiff_t rows, const Centres& centres) {
  const ptrdiff_t length = round_up(centres.d, group_features<T>), q = centres.rank;
  return group_features<T> + size_t((centres.k * q + gather_low_rank_rows) * length + gather_low_rank_rows * q) +
         active_rows_scratch(rows);
}

inline size_t gather_low_rank_scatter(ptrdiff_t k, ptrdiff_t d, ptrdiff_t q) { return size_t(k * (1 + q) * d); }

inline double gather_low_rank_operations(ptrdiff_t k, ptrdiff_t d, ptrdiff_t q) {
  return double(k) * double(d) * double(2 * q + 3);
}

// B^T = diag(1 / (1 + |v|^2)) V^T diag(root), lines padded with zeros.
template <class T>
inline void pack_regression(const Centres& centres, T* regression) {
  const ptrdiff_t d = centres.d, q = centres.rank, length = round_up(d, group_features<T>);
  for (ptrdiff_t c = 0; c < centres.k; ++c) {
    const double* root = centres.factor + c * (1 + q) * d;
    for (ptrdiff_t i = 0; i < q; ++i, regression += length) {
      const double* line = root + (1 + i) * d;
      const double shrinkage = low_rank_shrinkage(line, d);
      for (ptrdiff_t j = 0; j < length; ++j) regression[j] = j < d ? T(line[j] * root[j] * shrinkage) : T(0);
    }
  }
}

// y = row - pivot, padded with zeros. An operation an element.
template <class T>
inline void centre_rows(const Tile<T>& tile, const double* pivot, ptrdiff_t count, const int32_t* index, T* y) {
  constexpr int w = Simd<T>::width;
  const ptrdiff_t length = tile.row_length;
  for (ptrdiff_t j = 0; j < length; j += w) {
    T about[w];
    for (ptrdiff_t i = 0; i < w; ++i) about[i] = j + i < tile.d ? T(pivot[j + i]) : T(0);
    const Vector<T> point = load(about);
    for (ptrdiff_t a = 0; a < count; ++a) store(y + a * length + j, load(tile.by_row + index[a] * length + j) - point);
  }
}

// Coordinates of R rows along Q factors, times their shares: out (rows, q). Q + R loads for Q R multiply-adds.
template <class T, int R, int Q>
inline void row_coordinates(const T* regression, ptrdiff_t length, const T* y, const T* share, T* out, ptrdiff_t q) {
  constexpr int w = Simd<T>::width;
  Vector<T> z[R][Q] = {};
  for (ptrdiff_t j = 0; j < length; j += w) {
    Vector<T> row[R];
    unroll<0, R>([&](auto r) GAUSSMIX_LAMBDA { row[r] = load(y + r * length + j); });
    unroll<0, Q>([&](auto i) GAUSSMIX_LAMBDA {
      const Vector<T> line = load(regression + i * length + j);
      unroll<0, R>([&](auto r) GAUSSMIX_LAMBDA { z[r][i] += line * row[r]; });
    });
  }
  unroll<0, R * Q>([&](auto e) GAUSSMIX_LAMBDA {
    T lanes[w];
    store(lanes, z[e / Q][e % Q]);
    out[e / Q * q + e % Q] = share[e / Q] * sum_lanes<T>(lanes);
  });
}

// Q lines of products of N vectors of features: sums += coordinates of the rows times the rows.
template <class T, int N, int Q>
inline void add_products(ptrdiff_t count, const T* y, ptrdiff_t length, const T* z, ptrdiff_t q, double* lines) {
  constexpr int w = Simd<T>::width;
  Vector<T> sum[Q][N] = {};
  for (ptrdiff_t a = 0; a < count; ++a, y += length, z += q) {
    Vector<T> own[N];
    unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { own[v] = load(y + v * w); });
    unroll<0, Q * N>([&](auto e) GAUSSMIX_LAMBDA { sum[e / N][e % N] += z[e / N] * own[e % N]; });
  }
  unroll<0, Q * N>([&](auto e) GAUSSMIX_LAMBDA { add_sum<T>(lines + e / N * length + e % N * w, sum[e / N][e % N]); });
}

// sum_x and squares of one vector of features.
template <class T>
inline void add_moments(ptrdiff_t count, const T* y, ptrdiff_t length, const T* share, double* sum_x) {
  Vector<T> x[2] = {}, xx[2] = {};
  const auto add = [&](ptrdiff_t a, auto u) GAUSSMIX_LAMBDA {
    const Vector<T> own = load(y + a * length), weighted = share[a] * own;
    x[u] += weighted;
    xx[u] += weighted * own;
  };
  ptrdiff_t a = 0;
  for (; a + 2 <= count; a += 2) unroll<0, 2>([&](auto u) GAUSSMIX_LAMBDA { add(a + u, u); });
  if (a < count) add(a, Const<0>{});
  add_sum<T>(sum_x, x[0] + x[1]);
  add_sum<T>(sum_x + length, xx[0] + xx[1]);
}

// Some centred rows of one component.
template <class T>
inline void gather_low_rank_centred(ptrdiff_t count, const T* y, ptrdiff_t length, ptrdiff_t q, const T* share,
                                    const T* regression, T* z, double* sum_x) {
  constexpr int w = Simd<T>::width;
  for (ptrdiff_t j = 0; j < length; j += w) add_moments(count, y + j, length, share, sum_x + j);
  ptrdiff_t first = 0;
  for (ptrdiff_t b = 0; b < low_rank_blocks(q); ++b) {
    const ptrdiff_t size = low_rank_block_size(q, b);
    double* lines = sum_x + (2 + first) * length;
    with_const<1, low_rank_factors + 1>(size, [&](auto factors) {
      constexpr int Q = decltype(factors)::value;
      ptrdiff_t a = 0;
      for (; a + 2 <= count; a += 2)
        row_coordinates<T, 2, Q>(regression + first * length, length, y + a * length, share + a, z + a * q + first, q);
      if (a < count)
        row_coordinates<T, 1, Q>(regression + first * length, length, y + a * length, share + a, z + a * q + first, q);
      ptrdiff_t j = 0;
      for (; j + 2 * w <= length; j += 2 * w) add_products<T, 2, Q>(count, y + j, length, z + first, q, lines + j);
      if (j < length) add_products<T, 1, Q>(count, y + j, length, z + first, q, lines + j);
    });
    first += size;
  }
}

// IN: tile.by_row, shares, centres. IN/OUT sums. SCRATCH, zero when a pass begins: gather_low_rank_scratch.
// d (2 q + 4) operations an active row and component.
template <class T>
inline void gather_low_rank(const Tile<T>& tile, const Shares<T>& shares, const Centres& centres, double* sums,
                            T* scratch) {
  const ptrdiff_t d = tile.d, q = centres.rank, length = tile.row_length;
  T* regression = scratch + group_features<T>;
  if (scratch[0] == 0) {  // the first tile of this thread
    pack_regression(centres, regression);
    scratch[0] = 1;
  }
  T* y = regression + shares.k * q * length;
  T* z = y + gather_low_rank_rows * length;
  T* lists = z + gather_low_rank_rows * q;
  for (ptrdiff_t c = 0; c < shares.k; ++c, sums += gather_low_rank_component<T>(d, q)) {
    const ActiveRows<T> active = list_active_rows(shares, tile.panels, c, lists);
    sums[0] += active.sum_weight;
    for (ptrdiff_t done = 0; done < active.count; done += gather_low_rank_rows) {
      const ptrdiff_t left = active.count - done, count = left < gather_low_rank_rows ? left : gather_low_rank_rows;
      centre_rows(tile, centres.pivot + c * d, count, active.index + done, y);
      gather_low_rank_centred(count, y, length, q, active.share + done, regression + c * q * length, z,
                              sums + group_features<T>);
    }
  }
}

template <class T>
inline void gather_low_rank_finish(const Centres& centres, double* sums, double* packed) {
  const ptrdiff_t k = centres.k, d = centres.d, q = centres.rank, length = round_up(d, group_features<T>);
  double* scatter = packed + k * (1 + d);
  for (ptrdiff_t c = 0; c < k; ++c, sums += gather_low_rank_component<T>(d, q)) {
    const double* lines = sums + group_features<T>;
    packed[c] = sums[0];
    for (ptrdiff_t j = 0; j < d; ++j) packed[k + c * d + j] = lines[j];
    for (ptrdiff_t i = 0; i < 1 + q; ++i)
      for (ptrdiff_t j = 0; j < d; ++j) *scatter++ = lines[(1 + i) * length + j];
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
