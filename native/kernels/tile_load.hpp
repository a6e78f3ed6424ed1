// Rows of the caller's array into a tile: z = x * multiplier + shift, clipped, in both layouts.
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

template <class T>
GAUSSMIX_INLINE Vector<T> clipped(Vector<T> z) {
  Vector<T> limit = broadcast<T>(T(coordinate_limit));
  return larger(smaller(z, limit), -limit);
}

template <class T, class S>
GAUSSMIX_INLINE Vector<T> load_converted(const S* p) {
  typedef S Stored __attribute__((vector_size(sizeof(S) * Simd<T>::width)));
  Stored stored;
  __builtin_memcpy(&stored, p, sizeof stored);
  return __builtin_convertvector(stored, Vector<T>);
}

template <class T>
GAUSSMIX_INLINE void interleave(Vector<T> a, Vector<T> b, Vector<T>& low, Vector<T>& high) {
  if constexpr (Simd<T>::width == 8) {
    low = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    high = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  } else if constexpr (Simd<T>::width == 4) {
    low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  } else {
    low = __builtin_shufflevector(a, b, 0, 2);
    high = __builtin_shufflevector(a, b, 1, 3);
  }
}

// The even and the odd elements of (a, b).
template <class T>
GAUSSMIX_INLINE void separate(Vector<T> a, Vector<T> b, Vector<T>& even, Vector<T>& odd) {
  if constexpr (Simd<T>::width == 8) {
    even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
    odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
  } else if constexpr (Simd<T>::width == 4) {
    even = __builtin_shufflevector(a, b, 0, 2, 4, 6);
    odd = __builtin_shufflevector(a, b, 1, 3, 5, 7);
  } else {
    even = __builtin_shufflevector(a, b, 0, 2);
    odd = __builtin_shufflevector(a, b, 1, 3);
  }
}

// A square of vectors, transposed: log2(width) perfect shuffles.
template <class T>
GAUSSMIX_INLINE void transpose(Vector<T>* v) {
  constexpr int w = Simd<T>::width;
  unroll<0, w == 8 ? 3 : w == 4 ? 2 : 1>([&](auto) GAUSSMIX_LAMBDA {
    Vector<T> next[w];
    unroll<0, w / 2>([&](auto i) GAUSSMIX_LAMBDA { interleave<T>(v[i], v[i + w / 2], next[2 * i], next[2 * i + 1]); });
    unroll<0, w>([&](auto i) GAUSSMIX_LAMBDA { v[i] = next[i]; });
  });
}

// One panel whose rows are whole in memory and may be read to the end of a vector: squares of
// width x width are loaded along the rows, moved to internal coordinates, and transposed.
// `readable` elements may be read from x on.
template <class T, class S, bool by_row>
inline void load_panel_of_rows(const S* x, ptrdiff_t row_stride, const T* multiplier, const T* shift, Tile<T>& tile,
                               T* by_feature, T* rows_out) {
  constexpr int w = Simd<T>::width;
  const ptrdiff_t d = tile.d;
  for (ptrdiff_t j = 0; j < d; j += w) {
    Vector<T> m = load(multiplier + j), s = load(shift + j);
    const ptrdiff_t columns = d - j < w ? d - j : w;
    for (ptrdiff_t r = 0; r < panel_rows; r += w) {
      Vector<T> square[w];
      unroll<0, w>([&](auto i) GAUSSMIX_LAMBDA {
        square[i] = clipped<T>(load_converted<T, S>(x + (r + i) * row_stride + j) * m + s);
      });
      if constexpr (by_row)
        unroll<0, w>([&](auto i) GAUSSMIX_LAMBDA { store(rows_out + (r + i) * tile.row_length + j, square[i]); });
      transpose<T>(square);
      T* out = by_feature + j * panel_rows + r;
      if (columns == w)
        unroll<0, w>([&](auto i) GAUSSMIX_LAMBDA { store(out + i * panel_rows, square[i]); });
      else
        unroll<0, w>([&](auto i) GAUSSMIX_LAMBDA { if (i < columns) store(out + i * panel_rows, square[i]); });
    }
  }
}

// The same for D < width features: shuffles whose result no feature needs are not made, and rows move to internal
// coordinates after the transposition, D vectors instead of `width`.
template <class T, class S, int D>
inline void load_panel_of_short_rows(const S* x, ptrdiff_t row_stride, const T* multiplier, const T* shift,
                                     T* by_feature) {
  constexpr int w = Simd<T>::width;
  for (int r = 0; r < panel_rows; r += w) {
    Vector<T> square[w];
    unroll<0, w>([&](auto i) GAUSSMIX_LAMBDA { square[i] = load_converted<T, S>(x + (r + i) * row_stride); });
    transpose<T>(square);
    unroll<0, (D < w ? D : w)>([&](auto j) GAUSSMIX_LAMBDA {
      store(by_feature + j * panel_rows + r,
            clipped<T>(square[j] * broadcast(multiplier[j]) + broadcast(shift[j])));
    });
  }
}

// One panel of rows of two features that lie side by side.
template <class T, class S>
inline void load_panel_of_pairs(const S* x, const T* multiplier, const T* shift, T* by_feature) {
  constexpr int w = Simd<T>::width;
  Vector<T> m0 = broadcast(multiplier[0]), m1 = broadcast(multiplier[1]);
  Vector<T> s0 = broadcast(shift[0]), s1 = broadcast(shift[1]);
  for (int r = 0; r < panel_rows; r += w) {
    Vector<T> first, second;
    separate<T>(load_converted<T, S>(x + 2 * r), load_converted<T, S>(x + 2 * r + w), first, second);
    store(by_feature + r, clipped<T>(first * m0 + s0));
    store(by_feature + panel_rows + r, clipped<T>(second * m1 + s1));
  }
}

// One panel whose features are whole in memory (Fortran order, or a single feature).
template <class T, class S>
inline void load_panel_of_columns(const S* x, ptrdiff_t column_stride, const T* multiplier, const T* shift,
                                  ptrdiff_t d, T* by_feature) {
  constexpr int w = Simd<T>::width;
  for (ptrdiff_t j = 0; j < d; ++j)
    for (int r = 0; r < panel_rows; r += w)
      store(by_feature + j * panel_rows + r,
            clipped<T>(load_converted<T, S>(x + j * column_stride + r) * broadcast(multiplier[j]) +
                       broadcast(shift[j])));
}

// One panel of `count` rows at any strides.
template <class T, class S>
inline void load_panel_of_elements(const S* x, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t count,
                                   const T* multiplier, const T* shift, ptrdiff_t d, T* by_feature) {
  constexpr int w = Simd<T>::width;
  for (ptrdiff_t j = 0; j < d; ++j) {
    T* out = by_feature + j * panel_rows;
    const S* in = x + j * column_stride;
    for (ptrdiff_t r = 0; r < count; ++r) {
      S stored;
      __builtin_memcpy(&stored, in + r * row_stride, sizeof stored);
      out[r] = T(stored);
    }
    for (ptrdiff_t r = count; r < panel_rows; ++r) out[r] = 0;
    for (int r = 0; r < panel_rows; r += w)
      store(out + r, clipped<T>(load(out + r) * broadcast(multiplier[j]) + broadcast(shift[j])));
  }
}

template <class T>
inline void copy_panel_to_rows(const T* by_feature, const Tile<T>& tile, T* rows_out) {
  for (ptrdiff_t j = 0; j < tile.d; ++j)
    for (ptrdiff_t r = 0; r < panel_rows; ++r) rows_out[r * tile.row_length + j] = by_feature[j * panel_rows + r];
}

template <class T>
inline void clear_row(Tile<T>& tile, ptrdiff_t r) {
  T* panel = tile.by_feature + r / panel_rows * tile.d * panel_rows + r % panel_rows;
  for (ptrdiff_t j = 0; j < tile.d; ++j) panel[j * panel_rows] = 0;
  if (tile.by_row)
    for (ptrdiff_t j = 0; j < tile.row_length; ++j) tile.by_row[r * tile.row_length + j] = 0;
}

// Weights of the tile's rows; rows of weight 0 (and the padding) become zero rows, so that no later stage
// meets a value that ought not to count.
template <class T>
inline void load_weights(const Rows& rows, ptrdiff_t first, Tile<T>& tile) {
  constexpr int w = Simd<T>::width;
  const ptrdiff_t places = tile.panels * panel_rows;
  const double* from = rows.weight ? rows.weight + first * rows.weight_stride : nullptr;
  if (!from || rows.weight_stride == 0) {
    const Vector<T> same = broadcast(from ? T(*from) : T(1));
    for (ptrdiff_t r = 0; r < places; r += w) store(tile.weight + r, same);
    if (same[0] != 0) {
      for (ptrdiff_t r = tile.rows; r < places; ++r) {
        tile.weight[r] = 0;
        clear_row(tile, r);
      }
      return;
    }
  } else {
    for (ptrdiff_t r = 0; r < tile.rows; ++r) tile.weight[r] = T(from[r * rows.weight_stride]);
    for (ptrdiff_t r = tile.rows; r < places; ++r) tile.weight[r] = 0;
  }
  for (ptrdiff_t r = 0; r < places; ++r)
    if (tile.weight[r] == 0) clear_row(tile, r);
}

// IN: rows [first, first + count). OUT: tile, whose buffers, d and row_length are set; rows.multiplier and
// rows.shift are padded with zeros to a whole group of features (so the padding of by_row comes out as 0).
// Every way of reading computes one fused multiply-add an element: the bits do not depend on the strides.
// 8 bytes read and 8 (16 with by_row) written an element.
template <class T, class S>
inline void load_tile(const Rows& rows, ptrdiff_t first, ptrdiff_t count, Tile<T>& tile) {
  constexpr int w = Simd<T>::width;
  const ptrdiff_t d = tile.d;
  const S* x = static_cast<const S*>(rows.x);
  tile.rows = count;
  tile.panels = (count + panel_rows - 1) / panel_rows;
  const bool whole_rows = rows.column_stride == 1 && rows.row_stride >= d && d > 1;
  const bool pairs = whole_rows && d == 2 && rows.row_stride == 2 && !tile.by_row;
  const bool whole_columns = rows.row_stride == 1;
  for (ptrdiff_t p = 0; p < tile.panels; ++p) {
    const ptrdiff_t row = first + p * panel_rows;
    const ptrdiff_t here = count - p * panel_rows < panel_rows ? count - p * panel_rows : panel_rows;
    const S* panel_x = x + row * rows.row_stride;
    T* by_feature = tile.by_feature + p * d * panel_rows;
    T* by_row = tile.by_row ? tile.by_row + p * panel_rows * tile.row_length : nullptr;
    // A vector read at the start of the last square of the panel's last row must end inside the array.
    const ptrdiff_t end = (row + panel_rows - 1) * rows.row_stride + (d + w - 1) / w * w;
    const bool inside = end <= (rows.n - 1) * rows.row_stride + d;
    if (here == panel_rows && pairs) {
      load_panel_of_pairs<T, S>(panel_x, rows.multiplier, rows.shift, by_feature);
    } else if (here == panel_rows && whole_rows && inside) {
      if (by_row)
        load_panel_of_rows<T, S, true>(panel_x, rows.row_stride, rows.multiplier, rows.shift, tile, by_feature, by_row);
      else if (w > 4 && d == 3)
        load_panel_of_short_rows<T, S, 3>(panel_x, rows.row_stride, rows.multiplier, rows.shift, by_feature);
      else if (w > 4 && d == 4)
        load_panel_of_short_rows<T, S, 4>(panel_x, rows.row_stride, rows.multiplier, rows.shift, by_feature);
      else
        load_panel_of_rows<T, S, false>(panel_x, rows.row_stride, rows.multiplier, rows.shift, tile, by_feature,
                                        nullptr);
    } else {
      if (here == panel_rows && whole_columns)
        load_panel_of_columns<T, S>(panel_x, rows.column_stride, rows.multiplier, rows.shift, d, by_feature);
      else
        load_panel_of_elements<T, S>(panel_x, rows.row_stride, rows.column_stride, here, rows.multiplier, rows.shift,
                                     d, by_feature);
      if (by_row) copy_panel_to_rows(by_feature, tile, by_row);
    }
  }
  load_weights(rows, first, tile);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
