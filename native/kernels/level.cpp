// The table of one instruction level. This file is compiled once for each, with its own -march and namespace.

#include "exp.hpp"
#include "factor.hpp"
#include "gather_diagonal.hpp"
#include "gather_full.hpp"
#include "gather_tied.hpp"
#include "peak.hpp"
#include "score_diagonal.hpp"
#include "score_full.hpp"
#include "score_tied.hpp"
#include "share.hpp"
#include "tile_load.hpp"

#include "../pass/far_row.hpp"

#define GAUSSMIX_TEXT_OF(name) #name
#define GAUSSMIX_TEXT(name) GAUSSMIX_TEXT_OF(name)

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

template <Vector<double> (*f)(Vector<double>)>
static void map_vector(const double* in, double* out, ptrdiff_t n) {
  constexpr int w = Simd<double>::width;
  for (ptrdiff_t i = 0; i < n; i += w) {
    double lanes[w] = {};
    for (int lane = 0; lane < w; ++lane) lanes[lane] = i + lane < n ? in[i + lane] : 1.0;
    store(lanes, f(load(lanes)));
    for (int lane = 0; lane < w && i + lane < n; ++lane) out[i + lane] = lanes[lane];
  }
}

static Vector<double> plain_exp(Vector<double> x) { return exp(x); }
static Vector<double> plain_log(Vector<double> x) { return log(x); }

const Level& table() {
  typedef double T;
  static const Level level = {
      GAUSSMIX_TEXT(GAUSSMIX_LEVEL_NAME),
      {
          {load_tile<T, double>, load_tile<T, float>},
          {{score_full_size, score_full_pack<T>, score_full<T>, far_square_full, score_full_operations},
           {score_diagonal_size, score_diagonal_pack<T>, score_diagonal<T>, far_square_diagonal,
            score_diagonal_operations},
           {score_tied_size, score_tied_pack<T>, score_tied<T>, far_square_tied, score_tied_operations}},
          {{share_soft<T, false>}, {share_hard<T>}},
          {share_soft<T, true>},
          {{gather_full_needs_rows, gather_full_sums<T>, gather_full_scratch, gather_full_scatter, gather_full<T>,
            gather_full_finish<T>, gather_full_operations, false},
           {gather_features_needs_rows, gather_diagonal_sums<T>, gather_diagonal_scratch, gather_diagonal_scatter,
            gather_diagonal<T>, gather_diagonal_finish<T>, gather_diagonal_operations, false},
           {gather_tied_needs_rows, gather_tied_sums<T>, gather_tied_scratch, gather_tied_scatter, gather_tied<T>,
            gather_tied_finish<T>, gather_tied_operations, true}},
      },
      factor_scratch,
      precision_factor,
      peak_flops,
      map_vector<plain_exp>,
      map_vector<plain_log>,
  };
  return level;
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
