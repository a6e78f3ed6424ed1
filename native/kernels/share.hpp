// Scores to shares: soft (log-sum-exp) and hard (the best component takes the row).
#pragma once

#include "../pass/far_row.hpp"
#include "exp.hpp"
#include "simd.hpp"
#include "working_sum.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Vectors of a panel worked on together.
template <class T>
constexpr int share_vectors = panel_rows / Simd<T>::width >= 2 ? 2 : 1;

template <class T>
GAUSSMIX_INLINE void largest_score(const T* value, ptrdiff_t k, Vector<T>* best) {
  constexpr int w = Simd<T>::width;
  unroll<0, share_vectors<T>>([&](auto v) GAUSSMIX_LAMBDA { best[v] = load(value + v * w); });
  for (ptrdiff_t c = 1; c < k; ++c)
    unroll<0, share_vectors<T>>([&](auto v) GAUSSMIX_LAMBDA { best[v] = larger(load(value + c * panel_rows + v * w), best[v]); });
}

// Decides the far rows among the vectors at `place` of panel p. Kept out of line: it hardly ever runs.
template <class T>
__attribute__((noinline)) void decide_far_rows(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares,
                                               ptrdiff_t p, int place) {
  for (int r = place; r < place + share_vectors<T> * Simd<T>::width; ++r) {
    T* score = shares.value + p * shares.panel_stride + r;
    T best = score[0];
    for (ptrdiff_t c = 1; c < shares.k; ++c) best = score[c * panel_rows] > best ? score[c * panel_rows] : best;
    if (best > Limits<T>::far_score) continue;
    if (tile.weight[p * panel_rows + r] == 0) {
      for (ptrdiff_t c = 0; c < shares.k; ++c) score[c * panel_rows] = 0;  // its share is 0 whatever stands here
    } else {
      decide_far_row(*scorer.model, scorer.far_square, tile.by_feature + p * tile.d * panel_rows + r, panel_rows,
                     score, panel_rows);
    }
  }
}

// The largest score of each row, after far rows were decided.
template <class T>
GAUSSMIX_INLINE void decided_best(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares, ptrdiff_t p,
                                  int place, Vector<T>* best) {
  const T* value = shares.value + p * shares.panel_stride + place;
  largest_score(value, shares.k, best);
  unsigned near = ~0u;
  unroll<0, share_vectors<T>>([&](auto v) GAUSSMIX_LAMBDA { near &= bits_greater(best[v], broadcast(Limits<T>::far_score)); });
  if (near != (1u << Simd<T>::width) - 1) {
    decide_far_rows(scorer, tile, shares, p, place);
    largest_score(value, shares.k, best);
  }
}

// The number of the first component that has the best score.
template <class T>
GAUSSMIX_INLINE void first_best(const T* value, ptrdiff_t k, const Vector<T>* best, T* out) {
  constexpr int w = Simd<T>::width;
  Vector<T> number[share_vectors<T>] = {};
  for (ptrdiff_t c = k - 1; c >= 0; --c)
    unroll<0, share_vectors<T>>([&](auto v) GAUSSMIX_LAMBDA {
      number[v] = load(value + c * panel_rows + v * w) == best[v] ? broadcast(T(c)) : number[v];
    });
  unroll<0, share_vectors<T>>([&](auto v) GAUSSMIX_LAMBDA { store(out + v * w, number[v]); });
}

// Log density (minus infinity where the distance left the range), and its sum weighted by the rows.
template <class T>
GAUSSMIX_INLINE void put_log_density(Vector<T> log_density, Vector<T> weight, T* out, double* log_likelihood) {
  Vector<T> infinity = broadcast(T(__builtin_inf()));
  log_density = log_density > Limits<T>::lowest ? log_density : -infinity;
  store(out, log_density);
  if constexpr (sizeof(T) == sizeof(double)) {
    add_sum<T>(log_likelihood, weight > T(0) ? weight * log_density : Vector<T>{});
  } else {
    constexpr int half = Simd<double>::width;
    Vector<double> value[2], by[2];
    widen(log_density, value[0], value[1]);
    widen(weight, by[0], by[1]);
    unroll<0, 2>([&](auto i) GAUSSMIX_LAMBDA {
      add_sum<double>(log_likelihood + i * half, by[i] > 0.0 ? by[i] * value[i] : Vector<double>{});
    });
  }
}

// IN: shares.value holding scores, tile.weight. OUT: shares.value, active, log_density (and best, if asked).
// IN/OUT: log_likelihood. About 28 vector operations a row vector and component, 18 of them the exponential.
template <class T, bool with_best>
inline void share_soft(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares, double* log_likelihood) {
  constexpr int w = Simd<T>::width, n = share_vectors<T>;
  const ptrdiff_t k = shares.k;
  for (ptrdiff_t p = 0; p < tile.panels; ++p) {
    uint16_t* active = shares.active + p * k;
    for (int place = 0; place < panel_rows; place += n * w) {
      T* value = shares.value + p * shares.panel_stride + place;
      const ptrdiff_t row = p * panel_rows + place;
      Vector<T> best[n], sum[n] = {}, scale[n], threshold[n];
      decided_best(scorer, tile, shares, p, place, best);
      if constexpr (with_best) first_best<T>(value, k, best, shares.best + row);
      for (ptrdiff_t c = 0; c < k; ++c)
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
          Vector<T> e = exp(load(value + c * panel_rows + v * w) - best[v]);
          sum[v] += e;
          store(value + c * panel_rows + v * w, e);
        });
      unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
        Vector<T> weight = load(tile.weight + row + v * w);
        put_log_density<T>(best[v] + log(sum[v]), weight, shares.log_density + row + v * w,
                           log_likelihood + place + v * w);
        scale[v] = weight / sum[v];
        threshold[v] = Limits<T>::negligible_share * weight;
      });
      for (ptrdiff_t c = 0; c < k; ++c) {
        unsigned bits = 0;
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
          Vector<T> share = load(value + c * panel_rows + v * w) * scale[v];
          store(value + c * panel_rows + v * w, share);
          bits |= bits_greater(share, threshold[v]) << (v * w);
        });
        active[c] = uint16_t(place ? active[c] | bits << place : bits);
      }
    }
  }
}

// IN: shares.value holding scores, tile.weight. OUT: shares.value, active, log_density, best.
// IN/OUT: log_likelihood. 4 vector operations a row vector and component.
template <class T>
inline void share_hard(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares, double* log_likelihood) {
  constexpr int w = Simd<T>::width, n = share_vectors<T>;
  const ptrdiff_t k = shares.k;
  for (ptrdiff_t p = 0; p < tile.panels; ++p) {
    uint16_t* active = shares.active + p * k;
    for (int place = 0; place < panel_rows; place += n * w) {
      T* value = shares.value + p * shares.panel_stride + place;
      const ptrdiff_t row = p * panel_rows + place;
      Vector<T> best[n], number[n], weight[n];
      decided_best(scorer, tile, shares, p, place, best);
      first_best<T>(value, k, best, shares.best + row);
      unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
        weight[v] = load(tile.weight + row + v * w);
        number[v] = load(shares.best + row + v * w);
        put_log_density<T>(best[v], weight[v], shares.log_density + row + v * w, log_likelihood + place + v * w);
      });
      for (ptrdiff_t c = 0; c < k; ++c) {
        unsigned bits = 0;
        unroll<0, n>([&](auto v) GAUSSMIX_LAMBDA {
          Vector<T> share = number[v] == broadcast(T(c)) ? weight[v] : Vector<T>{};
          store(value + c * panel_rows + v * w, share);
          bits |= bits_greater(share, Vector<T>{}) << (v * w);
        });
        active[c] = uint16_t(place ? active[c] | bits << place : bits);
      }
    }
  }
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
