// What rows say of the sums that are gathered for full, diagonal and spherical covariances: products of all that a row
// adds to them, in float64.
#pragma once

#include "../pass/stages.hpp"
#include "simd.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

// Sums of a block of products that stay in registers, beside as many lines as they are made of.
constexpr ptrdiff_t information_lines = registers >= 32 ? 4 : 2;
constexpr ptrdiff_t information_columns = 4;

// Sums of a component: its share, d moments, and the scatter as its form has it.
inline ptrdiff_t information_sums(Form form, ptrdiff_t d) {
  return 1 + d + (form == form_full ? d * (d + 1) / 2 : form == form_diagonal ? d : 1);
}

// Doubles from one line of SCRATCH to the next: an odd number of cache lines, against conflicts.
inline ptrdiff_t information_stride(ptrdiff_t rows) { return rows / 8 % 2 ? rows : rows + 8; }

// SCRATCH: the lines of one component, and those of all times their shares.
inline size_t information_scratch(Form form, ptrdiff_t rows, ptrdiff_t k, ptrdiff_t d) {
  return size_t((k + 1) * information_sums(form, d) * information_stride(rows));
}

// OUT lines (sums, stride): what each row adds to the sums about pivot, times root (panels * panel_rows,).
inline void information_own(const Tile<double>& tile, Form form, const double* pivot, const double* root,
                            ptrdiff_t stride, double* lines) {
  constexpr int w = Simd<double>::width;
  const ptrdiff_t d = tile.d;
  double* first = lines + stride;
  double* second = first + d * stride;
  for (ptrdiff_t r = 0; r < tile.panels * panel_rows; r += w) {
    const double* x = tile.by_feature + r / panel_rows * d * panel_rows + r % panel_rows;
    const Vector<double> one = load(root + r);
    store(lines + r, one);
    for (ptrdiff_t i = 0; i < d; ++i) store(first + i * stride + r, one * (load(x + i * panel_rows) - pivot[i]));
    Vector<double> square = {};
    double* product = second + r;
    for (ptrdiff_t i = 0; i < d; ++i) {
      const Vector<double> weighted = load(first + i * stride + r);
      if (form == form_full) {
        for (ptrdiff_t j = 0; j <= i; ++j, product += stride) store(product, weighted * (load(x + j * panel_rows) - pivot[j]));
        continue;
      }
      const Vector<double> own = weighted * (load(x + i * panel_rows) - pivot[i]);
      square += own;
      if (form == form_diagonal) store(product, own), product += stride;
    }
    if (form == form_spherical) store(product, square);
  }
}

// sums[i * length + j] += a_i b_j over rows, for I lines of a and J of b.
template <int I, int J>
inline void information_block(ptrdiff_t rows, const double* a, const double* b, ptrdiff_t stride, ptrdiff_t length,
                              double* sums) {
  constexpr int w = Simd<double>::width;
  Vector<double> sum[I][J] = {};
  for (ptrdiff_t r = 0; r < rows; r += w) {
    Vector<double> column[J];
    unroll<0, J>([&](auto j) GAUSSMIX_LAMBDA { column[j] = load(b + j * stride + r); });
    unroll<0, I>([&](auto i) GAUSSMIX_LAMBDA {
      const Vector<double> line = load(a + i * stride + r);
      unroll<0, J>([&](auto j) GAUSSMIX_LAMBDA { sum[i][j] += line * column[j]; });
    });
  }
  unroll<0, I>([&](auto i) GAUSSMIX_LAMBDA {
    unroll<0, J>([&](auto j) GAUSSMIX_LAMBDA {
      double lanes[w];
      store(lanes, sum[i][j]);
      sums[i * length + j] += sum_lanes<double>(lanes);
    });
  });
}

// The same for m lines of a and n of b; where triangle, only those blocks that reach the diagonal or lie right of it.
inline void information_products(ptrdiff_t rows, ptrdiff_t m, ptrdiff_t n, const double* a, const double* b,
                                 ptrdiff_t stride, ptrdiff_t length, bool triangle, double* sums) {
  for (ptrdiff_t i = 0; i < m; i += information_lines)
    for (ptrdiff_t j = triangle ? i / information_columns * information_columns : 0; j < n; j += information_columns) {
      const ptrdiff_t lines = m - i < information_lines ? m - i : information_lines;
      const ptrdiff_t columns = n - j < information_columns ? n - j : information_columns;
      with_const<1, int(information_lines) + 1>(lines, [&](auto p) {
        with_const<1, int(information_columns) + 1>(columns, [&](auto q) {
          information_block<decltype(p)::value, decltype(q)::value>(rows, a + i * stride, b + j * stride, stride, length,
                                                                    sums + i * length + j);
        });
      });
    }
}

// IN shares of rows of weight 1; root (panels * panel_rows,) of their weights; pivot (k, d). IN/OUT whole and observed (k * sums, k * sums): products of
// each component's own lines, once times the share, and of all components' lines times their shares, both on and right
// of the diagonal. SCRATCH: information_scratch of the tile's rows. (k sums)^2 / 2 + k sums^2 multiply-adds a row.
inline void information_tile(const Tile<double>& tile, const Shares<double>& shares, Form form, const double* pivot,
                             const double* root, double* scratch, double* whole, double* observed) {
  constexpr int w = Simd<double>::width;
  const ptrdiff_t rows = tile.panels * panel_rows, k = shares.k, n = information_sums(form, tile.d);
  const ptrdiff_t stride = information_stride(rows);
  double* own = scratch;
  double* shared = own + n * stride;
  for (ptrdiff_t c = 0; c < k; ++c) {
    double* lines = shared + c * n * stride;
    information_own(tile, form, pivot + c * tile.d, root, stride, own);
    for (ptrdiff_t r = 0; r < rows; r += w) {
      const Vector<double> share = load(shares.value + r / panel_rows * shares.panel_stride + c * panel_rows + r % panel_rows);
      for (ptrdiff_t i = 0; i < n; ++i) store(lines + i * stride + r, share * load(own + i * stride + r));
    }
    information_products(rows, n, n, lines, own, stride, k * n, true, whole + c * n * (k * n + 1));
  }
  information_products(rows, k * n, k * n, shared, shared, stride, k * n, true, observed);
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
