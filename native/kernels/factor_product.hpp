// A lower triangular factor times vectors of rows, in tiles of the factor whose products stay in registers.
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Up to here the number of features is a template parameter and a centred row never leaves the registers.
constexpr int score_full_narrow = 8;
// Rows of P and vectors of rows whose products are in registers at once. P begins with a tile of the rows that are left
// over, a multiple of `step`: rows that are not there are zero.
template <int R, int V, int S>
struct FactorShape {
  static constexpr int rows = R, vectors = V, step = S;
};
// Beside another program on the same core the loads limit them: 10 for 24 multiply-adds where there are 32 registers,
// 6 for 8 where there are 16. Rows that take more than the first-level cache cost less than fewer rows at a time would.
typedef FactorShape<(registers >= 32 ? 6 : 4), (registers >= 32 ? 4 : 2), 1> WideShape;
// For two vectors of rows. Its step is 4, as twelve lengths of a first tile would take minutes to compile.
typedef FactorShape<(registers >= 32 ? 12 : 4), 2, 4> TallShape;

struct FactorTiles {
  ptrdiff_t rows;   // of a whole tile
  ptrdiff_t short_rows, first;  // of the first: those of P, and with zeros
};

template <class Shape>
inline FactorTiles tiles_of(ptrdiff_t d) {
  const ptrdiff_t left_over = d % Shape::rows ? d % Shape::rows : Shape::rows;
  return {Shape::rows, left_over, round_up(left_over, Shape::step)};
}

inline FactorTiles factor_tiles(ptrdiff_t d) {
  if (d <= score_full_narrow) return {1, 1, 1};
  return tiles_of<WideShape>(d);
}

// P of the upper triangular `factor` = P^T, in tiles (the first is the short one, with its zeros): for each column of a
// tile its entries on and below the diagonal.
inline size_t packed_factor_size(ptrdiff_t d, FactorTiles tiles) {
  const ptrdiff_t zeros = (tiles.first * (tiles.first + 1) - tiles.short_rows * (tiles.short_rows + 1)) / 2;
  return size_t(d * (d + 1) / 2 + zeros);
}

// Returns the end of what it wrote.
template <class T>
inline T* pack_factor(const double* factor, ptrdiff_t d, FactorTiles tiles, T* packed) {
  for (ptrdiff_t j = 0; j < tiles.first; ++j)
    for (ptrdiff_t i = j; i < tiles.first; ++i) *packed++ = i < tiles.short_rows ? T(factor[j * d + i]) : T(0);
  for (ptrdiff_t begin = tiles.short_rows; begin < d; begin += tiles.rows)
    for (ptrdiff_t j = 0; j < begin + tiles.rows; ++j)
      for (ptrdiff_t i = j > begin ? j : begin; i < begin + tiles.rows; ++i) *packed++ = T(factor[j * d + i]);
  return packed;
}

// Rows as a panel holds them, (d, panel_rows), from some place in it on; what does not fit into one panel lies
// `panel_stride` further.
template <class T>
struct PanelRows {
  const T* first;
  ptrdiff_t panel_stride;

  template <int v>
  GAUSSMIX_INLINE Vector<T> vector(Const<v>, ptrdiff_t feature) const {
    constexpr int row = v * Simd<T>::width;
    return load(first + row / panel_rows * panel_stride + feature * panel_rows + row % panel_rows);
  }
};

// One tile of R rows of P times N vectors of rows: `full` columns left of the diagonal, then the triangle; products
// begin with begin(0) ... begin(R - 1). take(Const<R>, full, y[R][N]) gets the products. Returns the end of the tile's
// entries.
template <class T, int N, int R, class Begin, class Take>
GAUSSMIX_INLINE const T* factor_tile(const T* factor, ptrdiff_t full, PanelRows<T> rows, Begin&& begin, Take&& take) {
  Vector<T> y[R][N];
  unroll<0, R>([&](auto i) GAUSSMIX_LAMBDA {
    const Vector<T> first = begin(full + i);
    unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { y[i][v] = first; });
  });
#pragma GCC unroll 4  // counters and branches cost as much as a load of the factor
  for (ptrdiff_t j = 0; j < full; ++j, factor += R) {
    Vector<T> z[N];
    unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { z[v] = rows.vector(v, j); });
    unroll<0, R>([&](auto i) GAUSSMIX_LAMBDA {
      unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { y[i][v] += factor[i] * z[v]; });
    });
  }
  unroll<0, R>([&](auto j) GAUSSMIX_LAMBDA {
    constexpr int column = decltype(j)::value;
    Vector<T> z[N];
    unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { z[v] = rows.vector(v, full + column); });
    unroll<column, R>([&](auto i) GAUSSMIX_LAMBDA {
      unroll<0, N>([&](auto v) GAUSSMIX_LAMBDA { y[i][v] += *factor * z[v]; });
      ++factor;
    });
  });
  take(Const<R>{}, full, y);
  return factor;
}

// The first tile of P: R rows or `step` fewer, or again fewer. Inlined: a call would send the products through memory,
// 25 cycles a vector of rows.
template <class T, int N, int R, int step, class Begin, class Take>
GAUSSMIX_INLINE const T* first_factor_tile(ptrdiff_t there, const T* factor, PanelRows<T> rows, Begin&& begin,
                                           Take&& take) {
  if constexpr (R > step)
    if (there < R) return first_factor_tile<T, N, R - step, step>(there, factor, rows, begin, take);
  return factor_tile<T, N, R>(factor, 0, rows, begin, take);
}

// Rows times P packed in the tiles of a shape, N vectors of rows, plus begin(i) for row i of P; take gets the products
// tile by tile. The rows of zeros at the end of the first tile multiply features that need not be there: its products of
// those rows mean nothing where d is less than that tile.
template <class T, class Shape, int N, class Begin, class Take>
GAUSSMIX_INLINE void multiply_factor(const T* factor, ptrdiff_t d, PanelRows<T> rows, Begin&& begin, Take&& take) {
  const FactorTiles tiles = tiles_of<Shape>(d);
  factor = first_factor_tile<T, N, Shape::rows, Shape::step>(tiles.first, factor, rows, begin, take);
  for (ptrdiff_t full = tiles.short_rows; full < d; full += Shape::rows)
    factor = factor_tile<T, N, Shape::rows>(factor, full, rows, begin, take);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
