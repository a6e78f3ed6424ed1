// Moments for full covariances: sum_weight, sum_x and the lower triangle of the scatter about a pivot.
#pragma once

#include "gather_full_dense.hpp"
#include "gather_full_narrow.hpp"
#include "gather_full_wide.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

inline bool gather_full_needs_rows(ptrdiff_t d) { return d > gather_full_narrow; }

template <class T>
inline bool gather_full_has_dense(const Centres& centres) {
  return gather_full_needs_rows(centres.d) && gather_full_may_be_dense<T>(centres);
}

// Sums of tiles taken row by row and, behind them, of dense ones.
template <class T>
inline ptrdiff_t gather_full_sparse_sums(const Centres& centres) {
  const ptrdiff_t d = centres.d;
  return centres.k * (gather_full_needs_rows(d) ? gather_full_wide_component<T>(d) : gather_full_narrow_component<T>(d));
}

template <class T>
inline size_t gather_full_sums(const Centres& centres) {
  const ptrdiff_t dense = gather_full_has_dense<T>(centres) ? gather_full_dense_sums<T>(centres.k, centres.d) : 0;
  return size_t(gather_full_sparse_sums<T>(centres) + dense);
}

template <class T>
inline size_t gather_full_scratch(ptrdiff_t rows, const Centres& centres) {
  const ptrdiff_t d = centres.d;
  if (!gather_full_needs_rows(d)) return gather_full_narrow_scratch(rows, d);
  const size_t sparse = gather_full_wide_scratch<T>(rows, d), dense = dense_scratch<T>(centres.k);
  return sparse > dense ? sparse : dense;
}

inline size_t gather_full_scatter(ptrdiff_t k, ptrdiff_t d) { return size_t(k * (d * (d + 1) / 2)); }

inline double gather_full_operations(ptrdiff_t k, ptrdiff_t d) { return double(k) * double(d) * double(d); }

template <class T>
inline void gather_full(const Tile<T>& tile, const Shares<T>& shares, const Centres& centres, double* sums,
                        T* scratch) {
  const double* pivot = centres.pivot;
  const auto narrow = [&](auto d) {
    gather_full_narrow_tile<T, decltype(d)::value>(tile, shares, pivot, sums, scratch);
  };
  if (with_const<1, gather_full_narrow + 1>(tile.d, narrow)) return;
  if (gather_full_has_dense<T>(centres) && is_dense(tile, shares))
    gather_full_dense_tile<T>(tile, shares, sums + gather_full_sparse_sums<T>(centres), scratch);
  else
    gather_full_wide_tile<T>(tile, shares, pivot, sums, scratch);
}

template <class T>
inline void gather_full_finish(const Centres& centres, double* sums, double* packed) {
  if (gather_full_needs_rows(centres.d))
    gather_full_wide_finish<T>(centres.k, centres.d, sums, packed);
  else
    gather_full_narrow_finish<T>(centres.k, centres.d, sums, packed);
  if (gather_full_has_dense<T>(centres))
    gather_full_dense_finish<T>(centres, sums + gather_full_sparse_sums<T>(centres), packed);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
