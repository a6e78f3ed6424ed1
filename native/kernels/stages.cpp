// The stages of one instruction level in one floating-point type. This file is compiled once for each pair, with the
// level's own -march and namespace.

#include "exp.hpp"
#include "gather_diagonal.hpp"
#include "gather_full.hpp"
#include "gather_low_rank.hpp"
#include "gather_spherical.hpp"
#include "gather_tied.hpp"
#include "score_diagonal.hpp"
#include "score_full.hpp"
#include "score_low_rank.hpp"
#include "score_tied.hpp"
#include "share.hpp"
#include "tile_load.hpp"

#include "../pass/far_row.hpp"

namespace gaussmix {
namespace GAUSSMIX_LEVEL {

template <class T, Vector<T> (*f)(Vector<T>)>
static void map_vector(const T* in, T* out, ptrdiff_t n) {
  constexpr int w = Simd<T>::width;
  for (ptrdiff_t i = 0; i < n; i += w) {
    T lanes[w] = {};
    for (int lane = 0; lane < w; ++lane) lanes[lane] = i + lane < n ? in[i + lane] : T(1);
    store(lanes, f(load(lanes)));
    for (int lane = 0; lane < w && i + lane < n; ++lane) out[i + lane] = lanes[lane];
  }
}

template <class T>
static Vector<T> plain_exp(Vector<T> x) { return exp(x); }
template <class T>
static Vector<T> plain_log(Vector<T> x) { return log(x); }

// Of forms that have no rank.
template <size_t (*size)(ptrdiff_t, ptrdiff_t)>
static size_t sized(ptrdiff_t k, ptrdiff_t d, ptrdiff_t) { return size(k, d); }
template <double (*operations)(ptrdiff_t, ptrdiff_t)>
static double counted(ptrdiff_t k, ptrdiff_t d, ptrdiff_t) { return operations(k, d); }

template <class T>
static constexpr Kernels<T> kernels() {
  return {
      load_tile<T>,
      {{sized<score_full_size>, score_full_pack<T>, score_full<T>, far_square_full, counted<score_full_operations>},
       {sized<score_diagonal_size>, score_diagonal_pack<T>, score_diagonal<T>, far_square_diagonal,
        counted<score_diagonal_operations>},
       {sized<score_diagonal_size>, score_spherical_pack<T>, score_diagonal<T>, far_square_diagonal,
        counted<score_diagonal_operations>},
       {sized<score_tied_size>, score_tied_pack<T>, score_tied<T>, far_square_tied, counted<score_tied_operations>},
       {score_low_rank_size, score_low_rank_pack<T>, score_low_rank<T>, far_square_low_rank,
        score_low_rank_operations}},
      {{share_soft<T, false>}, {share_hard<T>}},
      {share_soft<T, true>},
      {{gather_full_needs_rows, gather_full_sums<T>, gather_full_scratch<T>, sized<gather_full_scatter>, gather_full<T>,
        gather_full_finish<T>, counted<gather_full_operations>, false, is_near_in_all_directions,
        gather_full_reach<T>},
       {gather_features_needs_rows, gather_diagonal_sums<T>, gather_diagonal_scratch<T>, sized<gather_diagonal_scatter>,
        gather_diagonal<T>, gather_diagonal_finish<T>, counted<gather_diagonal_operations>, false, is_near_along_axes,
        Limits<T>::gather_reach},
       {gather_features_needs_rows, gather_spherical_sums<T>, gather_diagonal_scratch<T>, sized<gather_spherical_scatter>,
        gather_spherical<T>, gather_spherical_finish<T>, counted<gather_spherical_operations>, false, is_near_along_axes,
        Limits<T>::gather_reach},
       {gather_tied_needs_rows, gather_tied_sums<T>, gather_tied_scratch<T>, sized<gather_tied_scatter>, gather_tied<T>,
        gather_tied_finish<T>, counted<gather_tied_operations>, true, nullptr, 0},
       {gather_low_rank_needs_rows, gather_low_rank_sums<T>, gather_low_rank_scratch<T>, gather_low_rank_scatter,
        gather_low_rank<T>, gather_low_rank_finish<T>, gather_low_rank_operations, false, nullptr, 0}},
      map_vector<T, plain_exp<T>>,
      map_vector<T, plain_log<T>>,
  };
}

const Kernels<GAUSSMIX_COMPUTE>& GAUSSMIX_STAGES() {
  static constexpr Kernels<GAUSSMIX_COMPUTE> stages = kernels<GAUSSMIX_COMPUTE>();
  return stages;
}

}  // namespace GAUSSMIX_LEVEL
}  // namespace gaussmix
