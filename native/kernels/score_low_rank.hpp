// Scores under loadings and noise: y = (x - mean) root, z = (1 + V^T V)^-1 V^T y, and the squared distance
// |y - V z|^2 + |z|^2 (Woodbury; a sum of squares, which loses no digits where the loadings are long).
#pragma once

#include "score_full.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Factors whose coordinates of `low_rank_vectors` vectors of rows are in registers together, and features for which
// what is left of them is made side by side: chains enough to cover the latency of a multiply-add.
constexpr int low_rank_factors = registers >= 32 ? 10 : 4;
constexpr int low_rank_vectors = 2;
constexpr int low_rank_features = registers >= 32 ? 4 : 2;

// q factors in blocks of nearly equal sizes: the columns of V are orthogonal, so that what one block explains can be
// taken away before the next is asked.
inline ptrdiff_t low_rank_blocks(ptrdiff_t q) { return (q + low_rank_factors - 1) / low_rank_factors; }
inline ptrdiff_t low_rank_block_size(ptrdiff_t q, ptrdiff_t block) {
  const ptrdiff_t blocks = low_rank_blocks(q);
  return q / blocks + (block < q % blocks);
}

// Packed parameters of one component: log_constant, mean (d), root (d), and for each block of Q factors
// 1 / (1 + |v|^2) (Q) and V (d, Q).
inline size_t score_low_rank_component(ptrdiff_t d, ptrdiff_t q) { return size_t(1 + 2 * d + q * (1 + d)); }

inline size_t score_low_rank_size(ptrdiff_t k, ptrdiff_t d, ptrdiff_t q) {
  return size_t(k) * score_low_rank_component(d, q);
}

// 1 / (1 + |v|^2) of a line of V.
inline double low_rank_shrinkage(const double* line, ptrdiff_t d) {
  double square = 0;
  for (ptrdiff_t j = 0; j < d; ++j) square += line[j] * line[j];
  return 1 / (1 + square);
}

template <class T>
inline void score_low_rank_pack(const Model& model, T* packed) {
  const ptrdiff_t d = model.d, q = model.rank;
  for (ptrdiff_t c = 0; c < model.k; ++c) {
    const double* root = model.factor + c * (1 + q) * d;
    *packed++ = T(model.log_constant[c]);
    for (ptrdiff_t j = 0; j < d; ++j) *packed++ = T(model.means[c * d + j]);
    for (ptrdiff_t j = 0; j < d; ++j) *packed++ = T(root[j]);
    const double* lines = root + d;
    for (ptrdiff_t block = 0; block < low_rank_blocks(q); ++block) {
      const ptrdiff_t size = low_rank_block_size(q, block);
      for (ptrdiff_t i = 0; i < size; ++i) *packed++ = T(low_rank_shrinkage(lines + i * d, d));
      for (ptrdiff_t j = 0; j < d; ++j)
        for (ptrdiff_t i = 0; i < size; ++i) *packed++ = T(lines[i * d + j]);
      lines += size * d;
    }
  }
}

inline double score_low_rank_operations(ptrdiff_t k, ptrdiff_t d, ptrdiff_t q) {
  return 2.0 * double(k) * double(d) * double(q + 1);
}

// What F features from `coefficient` on (F, Q) are beside what z explains: squared into `square`, and stored.
template <class T, int N, int stride, int Q, int F, bool last>
GAUSSMIX_INLINE void low_rank_rest(const T* coefficient, const Vector<T> (&z)[Q][N], T* y, Vector<T> (&square)[N]) {
  constexpr int w = Simd<T>::width;
  Vector<T> rest[F][N];
  unroll<0, F * N>([&](auto e) GAUSSMIX_LAMBDA { rest[e / N][e % N] = load(y + e / N * stride + e % N * w); });
  unroll<0, Q>([&](auto i) GAUSSMIX_LAMBDA {
    unroll<0, F * N>([&](auto e) GAUSSMIX_LAMBDA {
      rest[e / N][e % N] -= coefficient[e / N * Q + i] * z[i][e % N];
    });
  });
  unroll<0, F * N>([&](auto e) GAUSSMIX_LAMBDA {
    if constexpr (last) square[e % N] += rest[e / N][e % N] * rest[e / N][e % N];
    else store(y + e / N * stride + e % N * w, rest[e / N][e % N]);
  });
}

// One block of Q factors and N vectors of rows y (d, rows `stride` apart). 2 d Q multiply-adds a row.
template <class T, int N, int stride, int Q, bool last>
inline void low_rank_block(const T* packed, ptrdiff_t d, T* y, Vector<T> (&square)[N]) {
  constexpr int w = Simd<T>::width, f = low_rank_features;
  const T* coefficient = packed + Q;
  Vector<T> z[Q][N] = {};
  for (ptrdiff_t j = 0; j < d; ++j) {
    Vector<T> own[N];
    unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { own[v] = load(y + j * stride + v * w); });
    unroll<0, Q * N>([&](auto e) GAUSSMIX_LAMBDA { z[e / N][e % N] += coefficient[j * Q + e / N] * own[e % N]; });
  }
  unroll<0, Q * N>([&](auto e) GAUSSMIX_LAMBDA {
    z[e / N][e % N] *= packed[e / N];
    square[e % N] += z[e / N][e % N] * z[e / N][e % N];
  });
  ptrdiff_t j = 0;
  for (; j + f <= d; j += f)
    low_rank_rest<T, N, stride, Q, f, last>(coefficient + j * Q, z, y + j * stride, square);
  for (; j < d; ++j) low_rank_rest<T, N, stride, Q, 1, last>(coefficient + j * Q, z, y + j * stride, square);
}

// One component and P panels. SCRATCH y (d, P * panel_rows).
template <class T, int P>
inline void score_low_rank_panels(const T* packed, ptrdiff_t d, ptrdiff_t q, const T* x, T* y, T* out,
                                  ptrdiff_t out_stride) {
  constexpr int w = Simd<T>::width, all = P * int(panel_rows) / w, stride = P * int(panel_rows);
  constexpr int n = all < low_rank_vectors ? all : low_rank_vectors;
  const T* mean = packed + 1;
  const T* root = mean + d;
  for (ptrdiff_t j = 0; j < d; ++j)
    unroll<0, P>([&](auto p) GAUSSMIX_LAMBDA {
      unroll<0, panel_rows / w>([&](auto v) GAUSSMIX_LAMBDA {
        store(y + j * stride + p * panel_rows + v * w,
              (load(x + (p * d + j) * panel_rows + v * w) - mean[j]) * root[j]);
      });
    });
  for (int r = 0; r < stride; r += n * w) {
    Vector<T> square[n] = {};
    const T* block = root + d;
    for (ptrdiff_t b = 0; b < low_rank_blocks(q); ++b) {
      const ptrdiff_t size = low_rank_block_size(q, b);
      with_const<1, low_rank_factors + 1>(size, [&](auto factors) {
        if (b + 1 == low_rank_blocks(q)) low_rank_block<T, n, stride, decltype(factors)::value, true>(block, d, y + r, square);
        else low_rank_block<T, n, stride, decltype(factors)::value, false>(block, d, y + r, square);
      });
      block += size * (1 + d);
    }
    unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
      const ptrdiff_t row = r + v * w;
      store(out + row / panel_rows * out_stride + row % panel_rows, score_of<T>(packed[0], square[v]));
    });
  }
}

// IN: tile.by_feature, packed. OUT: shares.value.
// 2 d (q + 1) operations a row and component; V (q d elements) is read twice for a panel and component.
template <class T>
inline void score_low_rank(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares) {
  constexpr int fit = Simd<T>::width * low_rank_vectors / int(panel_rows), together = fit > 1 ? fit : 1;
  static_assert(together <= score_panels, "scratch has room for so many");
  const ptrdiff_t d = tile.d, q = scorer.model->rank, stride = shares.panel_stride;
  const T* packed = scorer.packed;
  for (ptrdiff_t c = 0; c < shares.k; ++c, packed += score_low_rank_component(d, q)) {
    T* out = shares.value + c * panel_rows;
    ptrdiff_t p = 0;
    for (; p + together <= tile.panels; p += together)
      score_low_rank_panels<T, together>(packed, d, q, tile.by_feature + p * d * panel_rows, shares.scratch,
                                         out + p * stride, stride);
    if constexpr (together > 1)
      for (; p < tile.panels; ++p)
        score_low_rank_panels<T, 1>(packed, d, q, tile.by_feature + p * d * panel_rows, shares.scratch,
                                    out + p * stride, stride);
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
