// Moments of each feature: sum_weight, sum_x and second moments about a point for each component.
#pragma once

#include "gather_dense.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// What is summed beside the shares and the rows: nothing, for stages that take second moments elsewhere; the square of
// each feature; or the sum of these squares.
enum class Moments { mean, squares, norm };

// Up to here the rows lie in the lanes, with every sum in a register; from there on the features do.
constexpr int gather_features_narrow = 7;

inline bool gather_features_needs_rows(ptrdiff_t d) { return d > gather_features_narrow; }

// Second moments of a component of D features in the lanes.
template <Moments moments>
constexpr ptrdiff_t second_moments(ptrdiff_t d) {
  return moments == Moments::squares ? d : moments == Moments::norm ? 1 : 0;
}

// Working sums of a component.
// narrow: sum_weight, sum_x (d), second moments, each `width` lanes wide; wide: sum_weight (a group), sum_x and, if
// there are second moments, squares (padded d), whose sum is the norm.
template <class T, Moments moments>
inline ptrdiff_t gather_features_component(ptrdiff_t d) {
  const ptrdiff_t length = round_up(d, group_features<T>);
  return gather_features_needs_rows(d) ? group_features<T> + (moments == Moments::mean ? length : 2 * length)
                                       : (1 + d + second_moments<moments>(d)) * Simd<T>::width;
}

// The lists of active rows, and a number for each row.
inline size_t gather_features_scratch(ptrdiff_t rows, ptrdiff_t d) {
  return gather_features_needs_rows(d) ? active_rows_scratch(rows) + size_t(rows) : 0;
}

// The points about which moments are summed: (k, d), and which of them are the origin, or null where none is.
struct Points {
  const double* x;
  const uint8_t* at_origin;
};

// A square within the range, so that no share of a row far out, not even 0, makes something that is no number.
template <class T>
GAUSSMIX_INLINE Vector<T> held(Vector<T> square) {
  return smaller(square, broadcast(Limits<T>::square));
}

// One component; 2 to 4 operations a row and feature. Panels without an active row are passed over.
template <class T, int D, Moments moments, bool origin>
inline void gather_features_narrow_component(const Tile<T>& tile, const Shares<T>& shares, ptrdiff_t c,
                                             const double* point, double* sums) {
  constexpr int w = Simd<T>::width, entries = 1 + D + int(second_moments<moments>(D));
  Vector<T> sum[entries];
  unroll<0, entries>([&](auto e) GAUSSMIX_LAMBDA { sum[e] = begin_sum<T>(sums + e * w); });
  for (ptrdiff_t p = 0; p < tile.panels; ++p) {
    if (!shares.active[p * shares.k + c]) continue;
    const T* z = tile.by_feature + p * D * panel_rows;
    const T* share = shares.value + p * shares.panel_stride + c * panel_rows;
    for (int r = 0; r < panel_rows; r += w) {
      Vector<T> weight = load(share + r), norm = {};
      sum[0] += weight;
      unroll<0, D>([&](auto j) GAUSSMIX_LAMBDA {
        Vector<T> y = load(z + j * panel_rows + r);
        if constexpr (!origin) y -= T(point[j]);
        Vector<T> weighted = weight * y;
        sum[1 + j] += weighted;
        if constexpr (moments == Moments::squares) sum[1 + D + j] += weighted * y;
        if constexpr (moments == Moments::norm) norm += y * y;
      });
      if constexpr (moments == Moments::norm) sum[1 + D] += weight * held<T>(norm);
    }
  }
  unroll<0, entries>([&](auto e) GAUSSMIX_LAMBDA { end_sum<T>(sums + e * w, sum[e]); });
}

template <class T, int D, Moments moments>
inline void gather_features_narrow_tile(const Tile<T>& tile, const Shares<T>& shares, const Points& points,
                                        double* sums) {
  for (ptrdiff_t c = 0; c < shares.k; ++c, sums += gather_features_component<T, moments>(D)) {
    const double* point = points.x + c * D;
    if (points.at_origin && points.at_origin[c])
      gather_features_narrow_component<T, D, moments, true>(tile, shares, c, point, sums);
    else
      gather_features_narrow_component<T, D, moments, false>(tile, shares, c, point, sums);
  }
}

// Vectors of features whose sums are in registers together: with points 3 N registers.
constexpr int gather_features_vectors = registers >= 32 ? 4 : 2;

// N vectors of features of one component, 1 to 4 operations each a row. Rows are taken by turns into U sets of sums,
// so that N * U chains cover the latency of an addition.
template <class T, int N, int U, bool squares, bool origin>
inline void gather_features_block(const T* by_row, ptrdiff_t row_length, const ActiveRows<T>& active,
                                  const double* point, ptrdiff_t features, double* sum_x, double* sum_squares) {
  constexpr int w = Simd<T>::width;
  Vector<T> about[N], x[U][N] = {}, xx[U][N] = {};
  if constexpr (!origin) {
    T padded[N * w];
    for (ptrdiff_t i = 0; i < N * w; ++i) padded[i] = i < features ? T(point[i]) : T(0);
    unroll<0, N>([&](auto j) GAUSSMIX_LAMBDA { about[j] = load(padded + j * w); });
  }
  auto add = [&](ptrdiff_t a, auto u) GAUSSMIX_LAMBDA {
    const T* row = by_row + active.index[a] * row_length;
    Vector<T> weight = broadcast(active.share[a]);
    unroll<0, N>([&](auto j) GAUSSMIX_LAMBDA {
      Vector<T> y = load(row + j * w);
      if constexpr (!origin) y -= about[j];
      Vector<T> weighted = weight * y;
      x[u][j] += weighted;
      if constexpr (squares) xx[u][j] += weighted * y;
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
    if constexpr (squares) add_sum<T>(sum_squares + j * w, xx[0][j]);
  });
}

// All features of one component.
template <class T, bool squares, bool origin>
inline void gather_features_wide_component(const T* by_row, ptrdiff_t d, const ActiveRows<T>& active,
                                           const double* point, double* sum_x) {
  constexpr int w = Simd<T>::width, n = gather_features_vectors;
  const ptrdiff_t length = round_up(d, group_features<T>);
  ptrdiff_t j = 0;
  while (j < length) {
    const auto block = [&](auto vectors, auto sets) GAUSSMIX_LAMBDA {
      gather_features_block<T, decltype(vectors)::value, decltype(sets)::value, squares, origin>(
          by_row + j, length, active, point + j, d - j, sum_x + j, sum_x + length + j);
      j += decltype(vectors)::value * w;
    };
    if (length - j >= n * w) block(Const<n>{}, Const<2>{});
    else if (length - j >= 2 * w) block(Const<2>{}, Const<2>{});
    else block(Const<1>{}, Const<4>{});
  }
}

// The squared length of each row. One operation an element.
template <class T>
inline void row_norms(const Tile<T>& tile, T* norm) {
  constexpr int w = Simd<T>::width;
  for (ptrdiff_t p = 0; p < tile.panels; ++p)
    for (int r = 0; r < panel_rows; r += w) {
      Vector<T> sum = {};
      const T* z = tile.by_feature + p * tile.d * panel_rows + r;
      for (ptrdiff_t j = 0; j < tile.d; ++j, z += panel_rows) sum += load(z) * load(z);
      store(norm + p * panel_rows + r, held<T>(sum));
    }
}

// The norms of the rows weighted by the shares of a component, from the panels that have an active row.
template <class T>
inline T sum_of_norms(const Shares<T>& shares, ptrdiff_t panels, ptrdiff_t component, const T* norm) {
  constexpr int w = Simd<T>::width;
  Vector<T> sum[2] = {};
  const T* value = shares.value + component * panel_rows;
  for (ptrdiff_t p = 0; p < panels; ++p, value += shares.panel_stride, norm += panel_rows)
    if (shares.active[p * shares.k + component])
      unroll<0, panel_rows / w>([&](auto v) GAUSSMIX_LAMBDA {
        sum[v % 2] += load(value + v * w) * load(norm + v * w);
      });
  T lanes[w];
  store(lanes, sum[0] + sum[1]);
  return sum_lanes<T>(lanes);
}

// Panels whose rows stay in the first-level cache while the components pass by.
template <class T>
inline ptrdiff_t gather_features_panels(ptrdiff_t d) {
  constexpr ptrdiff_t elements = 32768 / ptrdiff_t(sizeof(T));  // of 32 or 48 KiB, beside sums and lists
  const ptrdiff_t panels = elements / (round_up(d, group_features<T>) * panel_rows);
  return panels > 1 ? panels : 1;
}

// IN: tile.by_row, shares, points. IN/OUT sums. SCRATCH: the active rows, and the norms of all.
// An operation a row and component for sum_x and two for the squares, one more where the point is not the origin.
template <class T, Moments moments>
inline void gather_features_wide_tile(const Tile<T>& tile, const Shares<T>& shares, const Points& points, double* sums,
                                      T* scratch) {
  constexpr bool any_squares = moments != Moments::mean;
  const ptrdiff_t d = tile.d, component = gather_features_component<T, moments>(d);
  const ptrdiff_t most = gather_features_panels<T>(d);
  T* norm = scratch + active_rows_scratch(tile.panels * panel_rows);
  if (moments == Moments::norm) row_norms(tile, norm);
  for (ptrdiff_t first = 0; first < tile.panels; first += most) {
    const ptrdiff_t panels = tile.panels - first < most ? tile.panels - first : most;
    const T* by_row = tile.by_row + first * panel_rows * tile.row_length;
    Shares<T> here = shares;
    here.value += first * shares.panel_stride;
    here.active += first * shares.k;
    for (ptrdiff_t c = 0; c < shares.k; ++c) {
      const ActiveRows<T> active = list_active_rows(here, panels, c, scratch);
      if (!active.count) continue;
      double* own = sums + c * component;
      double* sum_x = own + group_features<T>;
      own[0] += active.sum_weight;
      const double* point = points.x + c * d;
      if (!points.at_origin || !points.at_origin[c]) {
        gather_features_wide_component<T, any_squares, false>(by_row, d, active, point, sum_x);
      } else if (moments == Moments::norm) {
        gather_features_wide_component<T, false, true>(by_row, d, active, point, sum_x);
        sum_x[tile.row_length] += sum_of_norms(here, panels, c, norm + first * panel_rows);
      } else {
        gather_features_wide_component<T, any_squares, true>(by_row, d, active, point, sum_x);
      }
    }
  }
}

// With fewer components lists of rows cost no more.
constexpr ptrdiff_t gather_features_dense_components = 8;

// IN: tile.by_row, shares; all points are the origin. IN/OUT sums. SCRATCH as for lists of rows, and
// dense_scratch behind it.
// Two multiply-adds a row, feature and component, one where there are no squares.
template <class T, Moments moments>
inline void gather_features_dense_tile(const Tile<T>& tile, const Shares<T>& shares, double* sums, T* scratch) {
  constexpr ptrdiff_t w = Simd<T>::width;
  const ptrdiff_t length = tile.row_length, component = gather_features_component<T, moments>(tile.d);
  const ptrdiff_t vectors = (moments == Moments::squares ? 2 : 1) * length / w;
  T* norm = scratch + active_rows_scratch(tile.panels * panel_rows);
  if (moments == Moments::norm) row_norms(tile, norm);
  for (ptrdiff_t c = 0; c < shares.k; ++c) {
    double* own = sums + c * component;
    own[0] += double(sum_of_shares(shares, tile.panels, c));
    if (moments == Moments::norm) own[group_features<T> + length] += sum_of_norms(shares, tile.panels, c, norm);
  }
  for (ptrdiff_t first = 0; first < vectors; first += dense_vectors) {
    const ptrdiff_t here = vectors - first < dense_vectors ? vectors - first : dense_vectors;
    const auto multiply = [&](ptrdiff_t rows, const T* row, T* products) {
      for (ptrdiff_t v = 0; v < here; ++v) {
        const bool squared = (first + v) * w >= length;
        const T* from = row + (first + v) * w - (squared ? length : 0);
        T* to = products + v * w;
        for (ptrdiff_t r = 0; r < rows; ++r, from += length, to += products_stride<T>)
          store(to, squared ? load(from) * load(from) : load(from));
      }
    };
    add_block(tile, shares, here, multiply, sums + group_features<T> + first * w, component,
              norm + tile.panels * panel_rows);
  }
}

template <class T, Moments moments>
inline void gather_features(const Tile<T>& tile, const Shares<T>& shares, const Points& points, double* sums,
                            T* scratch) {
  const auto narrow = [&](auto d) {
    gather_features_narrow_tile<T, decltype(d)::value, moments>(tile, shares, points, sums);
  };
  if (with_const<1, gather_features_narrow + 1>(tile.d, narrow)) return;
  if constexpr (moments != Moments::mean)  // which tied covariances take about pivots, never about the origin
    if (all_at_origin(shares.k, points.at_origin, gather_features_dense_components) && is_dense(tile, shares))
      return gather_features_dense_tile<T, moments>(tile, shares, sums, scratch);
  gather_features_wide_tile<T, moments>(tile, shares, points, sums, scratch);
}

// Writes sum_weight (k,) and sum_x (k, d) about the pivots, and calls second(component, its second moments about its
// point, how many these are, its pivot if the point is the origin or else null, its sums of x about point and pivot).
template <class T, Moments moments, class Second>
inline void gather_features_finish(const Centres& centres, const Points& points, double* sums, double* packed,
                                   Second second) {
  constexpr int w = Simd<T>::width;
  const ptrdiff_t k = centres.k, d = centres.d, component = gather_features_component<T, moments>(d);
  const bool wide = gather_features_needs_rows(d);
  for (ptrdiff_t c = 0; c < k; ++c, sums += component) {
    double* x = sums + (wide ? group_features<T> : w);
    double* squares = x + (wide ? round_up(d, group_features<T>) : d * w);
    packed[c] = wide ? sums[0] : sum_lanes<T>(sums);
    double* about_pivot = packed + k + c * d;
    const ptrdiff_t count = wide ? (moments == Moments::mean ? 0 : d) : second_moments<moments>(d);
    if (!wide) {
      for (ptrdiff_t j = 0; j < d; ++j) x[j] = sum_lanes<T>(x + j * w);
      for (ptrdiff_t j = 0; j < count; ++j) squares[j] = sum_lanes<T>(squares + j * w);
    }
    const double* pivot = points.at_origin && points.at_origin[c] ? centres.pivot + c * d : nullptr;
    for (ptrdiff_t j = 0; j < d; ++j) about_pivot[j] = pivot ? x[j] - packed[c] * pivot[j] : x[j];
    second(c, squares, count, pivot, x, about_pivot);
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
