// Rows of the caller's array into a tile: z = x * multiplier + shift, clipped, in both layouts.
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Doubles as T holds them.
template <class T>
GAUSSMIX_INLINE Vector<double> clipped(Vector<double> z) {
  const Vector<double> limit = broadcast<double>(Limits<T>::coordinate);
  return larger(smaller(z, limit), -limit);
}

// Elements in internal coordinates, by vectors of doubles m and s; the product and the sum are made in float64.
template <class T, class M, class S>
GAUSSMIX_INLINE Vector<T> moved(Vector<T> x, M m, S s) {
  if constexpr (sizeof(T) == sizeof(double)) {
    return clipped<T>(x * m(0) + s(0));
  } else {
    constexpr int half = Simd<double>::width;
    Vector<double> first, second;
    widen(x, first, second);
    return narrow(clipped<T>(first * m(0) + s(0)), clipped<T>(second * m(half) + s(half)));
  }
}

// Memory is asked for rows so long before they are needed: without that a tile takes up to half as long again. 16 to 128
// rows make no difference, but where a row is short it takes more of them to last as long as memory takes to answer.
constexpr ptrdiff_t rows_ahead = 32, short_rows_ahead = 128;

// What lies `elements` behind x, which may be beyond the array: nothing comes of it there.
template <class T>
GAUSSMIX_INLINE void ask_for(const T* x, ptrdiff_t elements) {
  __builtin_prefetch(reinterpret_cast<const void*>(uintptr_t(x) + uintptr_t(elements) * sizeof(T)));
}

// Elements of one feature.
template <class T>
GAUSSMIX_INLINE Vector<T> moved_rows(Vector<T> x, const double* multiplier, const double* shift) {
  const Vector<double> m = broadcast(*multiplier), s = broadcast(*shift);
  return moved<T>(x, [&](int) GAUSSMIX_LAMBDA { return m; }, [&](int) GAUSSMIX_LAMBDA { return s; });
}

// Elements of one row, a vector of features.
template <class T>
GAUSSMIX_INLINE Vector<T> moved_features(Vector<T> x, const double* multiplier, const double* shift) {
  return moved<T>(x, [&](int i) GAUSSMIX_LAMBDA { return load(multiplier + i); },
                  [&](int i) GAUSSMIX_LAMBDA { return load(shift + i); });
}

template <class T>
GAUSSMIX_INLINE void interleave(Vector<T> a, Vector<T> b, Vector<T>& low, Vector<T>& high) {
  if constexpr (Simd<T>::width == 16) {
    low = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    high = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  } else if constexpr (Simd<T>::width == 8) {
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
  if constexpr (Simd<T>::width == 16) {
    even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  } else if constexpr (Simd<T>::width == 8) {
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
  unroll<0, w == 16 ? 4 : w == 8 ? 3 : w == 4 ? 2 : 1>([&](auto) GAUSSMIX_LAMBDA {
    Vector<T> next[w];
    unroll<0, w / 2>([&](auto i) GAUSSMIX_LAMBDA { interleave<T>(v[i], v[i + w / 2], next[2 * i], next[2 * i + 1]); });
    unroll<0, w>([&](auto i) GAUSSMIX_LAMBDA { v[i] = next[i]; });
  });
}

// One panel whose rows are whole in memory and may be read to the end of a vector: squares of
// width x width are loaded along the rows, moved to internal coordinates, and transposed.
// `readable` elements may be read from x on.
template <class T, bool by_row>
inline void load_panel_of_rows(const T* x, ptrdiff_t row_stride, const double* multiplier, const double* shift, Tile<T>& tile,
                               T* by_feature, T* rows_out) {
  constexpr int w = Simd<T>::width;
  const ptrdiff_t d = tile.d;
  for (ptrdiff_t j = 0; j < d; j += w) {
    const ptrdiff_t columns = d - j < w ? d - j : w;
    for (ptrdiff_t r = 0; r < panel_rows; r += w) {
      Vector<T> square[w];
      unroll<0, w>([&](auto i) GAUSSMIX_LAMBDA {
        ask_for(x, (r + i + rows_ahead) * row_stride + j);
        square[i] = moved_features<T>(load(x + (r + i) * row_stride + j), multiplier + j, shift + j);
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
template <class T, int D>
inline void load_panel_of_short_rows(const T* x, ptrdiff_t row_stride, const double* multiplier, const double* shift,
                                     T* by_feature) {
  constexpr int w = Simd<T>::width;
  for (int r = 0; r < panel_rows; r += w) {
    Vector<T> square[w];
    unroll<0, w>([&](auto i) GAUSSMIX_LAMBDA {
      ask_for(x, (r + i + short_rows_ahead) * row_stride);
      square[i] = load(x + (r + i) * row_stride);
    });
    transpose<T>(square);
    unroll<0, (D < w ? D : w)>([&](auto j) GAUSSMIX_LAMBDA {
      store(by_feature + j * panel_rows + r,
            moved_rows<T>(square[j], multiplier + j, shift + j));
    });
  }
}

// D, D + 1, ... features, up to half a vector. False where there are more.
template <class T, int D>
inline bool load_panel_if_short(ptrdiff_t d, const T* x, ptrdiff_t row_stride, const double* multiplier,
                                const double* shift, T* by_feature) {
  if constexpr (D > Simd<T>::width / 2) {
    return false;
  } else {
    if (d != D) return load_panel_if_short<T, D + 1>(d, x, row_stride, multiplier, shift, by_feature);
    load_panel_of_short_rows<T, D>(x, row_stride, multiplier, shift, by_feature);
    return true;
  }
}

// One panel of rows of two features that lie side by side.
template <class T>
inline void load_panel_of_pairs(const T* x, const double* multiplier, const double* shift, T* by_feature) {
  constexpr int w = Simd<T>::width;
  for (int r = 0; r < panel_rows; r += w) {
    ask_for(x, 2 * (r + short_rows_ahead));
    Vector<T> first, second;
    separate<T>(load(x + 2 * r), load(x + 2 * r + w), first, second);
    store(by_feature + r, moved_rows<T>(first, multiplier, shift));
    store(by_feature + panel_rows + r, moved_rows<T>(second, multiplier + 1, shift + 1));
  }
}

// One panel whose features are whole in memory (Fortran order, or a single feature).
template <class T>
inline void load_panel_of_columns(const T* x, ptrdiff_t column_stride, const double* multiplier, const double* shift,
                                  ptrdiff_t d, T* by_feature) {
  constexpr int w = Simd<T>::width;
  for (ptrdiff_t j = 0; j < d; ++j)
    for (int r = 0; r < panel_rows; r += w) {
      const T* rows = x + j * column_stride + r;
      ask_for(rows, rows_ahead);
      store(by_feature + j * panel_rows + r, moved_rows<T>(load(rows), multiplier + j, shift + j));
    }
}

// One panel of `count` rows at any strides.
template <class T>
inline void load_panel_of_elements(const T* x, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t count,
                                   const double* multiplier, const double* shift, ptrdiff_t d, T* by_feature) {
  constexpr int w = Simd<T>::width;
  for (ptrdiff_t j = 0; j < d; ++j) {
    T* out = by_feature + j * panel_rows;
    const T* in = x + j * column_stride;
    for (ptrdiff_t r = 0; r < count; ++r) {
      __builtin_memcpy(out + r, in + r * row_stride, sizeof(T));
    }
    for (ptrdiff_t r = count; r < panel_rows; ++r) out[r] = 0;
    for (int r = 0; r < panel_rows; r += w)
      store(out + r, moved_rows<T>(load(out + r), multiplier + j, shift + j));
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
    const Vector<T> same = broadcast(from ? T(*from * rows.weight_scale) : T(1));
    for (ptrdiff_t r = 0; r < places; r += w) store(tile.weight + r, same);
    if (same[0] != 0) {
      for (ptrdiff_t r = tile.rows; r < places; ++r) {
        tile.weight[r] = 0;
        clear_row(tile, r);
      }
      return;
    }
  } else {
    for (ptrdiff_t r = 0; r < tile.rows; ++r) tile.weight[r] = T(from[r * rows.weight_stride] * rows.weight_scale);
    for (ptrdiff_t r = tile.rows; r < places; ++r) tile.weight[r] = 0;
  }
  for (ptrdiff_t r = 0; r < places; ++r)
    if (tile.weight[r] == 0) clear_row(tile, r);
}

// IN: rows [first, first + count). OUT: tile, whose buffers, d and row_length are set; rows.multiplier and
// rows.shift are padded with zeros to a whole group of features (so the padding of by_row comes out as 0).
// Every way of reading computes one fused multiply-add an element: the bits do not depend on the strides.
// One element read and one (two with by_row) written.
template <class T>
inline void load_tile(const Rows& rows, ptrdiff_t first, ptrdiff_t count, Tile<T>& tile) {
  constexpr int w = Simd<T>::width;
  const ptrdiff_t d = tile.d;
  const T* x = static_cast<const T*>(rows.x);
  tile.rows = count;
  tile.panels = (count + panel_rows - 1) / panel_rows;
  const bool whole_rows = rows.column_stride == 1 && rows.row_stride >= d && d > 1;
  const bool pairs = whole_rows && d == 2 && rows.row_stride == 2 && !tile.by_row;
  const bool whole_columns = rows.row_stride == 1;
  for (ptrdiff_t p = 0; p < tile.panels; ++p) {
    const ptrdiff_t row = first + p * panel_rows;
    const ptrdiff_t here = count - p * panel_rows < panel_rows ? count - p * panel_rows : panel_rows;
    const T* panel_x = x + row * rows.row_stride;
    T* by_feature = tile.by_feature + p * d * panel_rows;
    T* by_row = tile.by_row ? tile.by_row + p * panel_rows * tile.row_length : nullptr;
    // A vector read at the start of the last square of the panel's last row must end inside the array.
    const ptrdiff_t end = (row + panel_rows - 1) * rows.row_stride + (d + w - 1) / w * w;
    const bool inside = end <= (rows.n - 1) * rows.row_stride + d;
    if (here == panel_rows && pairs) {
      load_panel_of_pairs<T>(panel_x, rows.multiplier, rows.shift, by_feature);
    } else if (here == panel_rows && whole_rows && inside) {
      if (by_row)
        load_panel_of_rows<T, true>(panel_x, rows.row_stride, rows.multiplier, rows.shift, tile, by_feature, by_row);
      else if (!load_panel_if_short<T, 3>(d, panel_x, rows.row_stride, rows.multiplier, rows.shift, by_feature))
        load_panel_of_rows<T, false>(panel_x, rows.row_stride, rows.multiplier, rows.shift, tile, by_feature,
                                        nullptr);
    } else {
      if (here == panel_rows && whole_columns)
        load_panel_of_columns<T>(panel_x, rows.column_stride, rows.multiplier, rows.shift, d, by_feature);
      else
        load_panel_of_elements<T>(panel_x, rows.row_stride, rows.column_stride, here, rows.multiplier, rows.shift,
                                     d, by_feature);
      if (by_row) copy_panel_to_rows(by_feature, tile, by_row);
    }
  }
  load_weights(rows, first, tile);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
