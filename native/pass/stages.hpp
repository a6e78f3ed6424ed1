// What the three stages of a pass hand to each other, and the table of stages of one instruction level.
//
// A tile of rows is scored under each component, the scores become shares, and the moments of the tile,
// weighted by share, are added to the sums. A stage is a function pointer, so that any form of score goes
// with any mode of share and any form of gather.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "near_origin.hpp"

namespace gaussmix {

// Rows in the lanes of a panel. The same for every level, so that a tile looks the same to all of them:
// two vectors of 8 doubles, the widest that the kernels keep in flight.
constexpr ptrdiff_t panel_rows = 16;
// Panels that a score stage may work on together; Shares::scratch has room for them. 4 are four vectors of 16 floats.
constexpr ptrdiff_t score_panels = 4;
// Features in a group of the row-major copy, a cache line; its rows are padded to whole groups.
template <class T>
constexpr ptrdiff_t group_features = 64 / ptrdiff_t(sizeof(T));

static constexpr ptrdiff_t round_up(ptrdiff_t n, ptrdiff_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// What a pass in T holds itself to.
template <class T>
struct Limits;

template <>
struct Limits<double> {
  // A share below this part of the row's weight may be left out of the moments: it is below the rounding of
  // a sum in which the row itself stands.
  static constexpr double negligible_share = 1e-16;
  // Coordinates are clipped here, so that differences stay finite.
  static constexpr double coordinate = 1e300;
  // A squared distance of more than this, or one that is not a number, counts as this; a row whose best score
  // is below far_score is "far" and is decided by scaled distances.
  static constexpr double square = 1e300;
  // Squares of deviations, divided by the square of a factor below this and above its inverse, are numbers still.
  static constexpr double ordinary = 1e100;
  // Moments of components that are so near the origin, in deviations, are summed about it.
  static constexpr double gather_reach = near_reach;
  static constexpr double far_score = -1e299;
  // Stands for a density of 0 until the log density is written: a score must stay finite.
  static constexpr double lowest = -1.7976931348623157e308;
};

template <>
struct Limits<float> {
  // Rows of very different weight meet in a component: far below one rounding, where it costs nothing yet.
  static constexpr float negligible_share = 1e-12f;
  static constexpr float coordinate = 1e30f;
  static constexpr float square = 1e30f;
  static constexpr double ordinary = 1e10;
  static constexpr double gather_reach = 2;  // four times the rounding of squares, of which there are few digits
  static constexpr float far_score = -1e29f;
  static constexpr float lowest = -3.40282347e38f;
};

enum Storage { storage_float64, storage_float32 };
enum Form { form_full, form_diagonal, form_spherical, form_tied, form_low_rank, forms };
enum Mode { mode_soft, mode_hard, modes };

// The caller's rows. Strides count elements.
struct Rows {
  const void* x;
  Storage storage;
  ptrdiff_t n, d, row_stride, column_stride;
  const double* multiplier;  // (d,)
  const double* shift;       // (d,)
  const double* weight;      // null: every row weighs 1
  ptrdiff_t weight_stride;
  double weight_scale;       // what weights are multiplied by, a power of two: 1, or so that float32 holds them
};

// Some rows in internal coordinates. Rows beyond the last, and rows of weight 0, are all zero.
template <class T>
struct Tile {
  ptrdiff_t rows;        // those that are there
  ptrdiff_t panels;      // panels in use
  ptrdiff_t d;
  ptrdiff_t row_length;  // of the row-major copy: d padded to whole groups
  T* by_feature;         // (panels, d, panel_rows)
  T* by_row;             // (panels * panel_rows, row_length), or null where no stage asks for it
  T* weight;             // (panels * panel_rows,)
};

// Scores, then shares, of one tile.
template <class T>
struct Shares {
  ptrdiff_t k;
  ptrdiff_t panel_stride;  // of value: an odd number of panel_rows, against cache-set conflicts
  T* value;                // (panels, panel_stride): component c of panel p at p * panel_stride + c * panel_rows
  uint16_t* active;        // (panels, k): bit r says that row r of the panel has a share that counts
  T* log_density;          // (panels * panel_rows,)
  T* best;                 // (panels * panel_rows,): number of the best component; hard mode and row results
  T* scratch;              // (d, score_panels * panel_rows) for the score stage
};

// What the rows are scored under.
struct Model {
  ptrdiff_t k, d;
  const double* means;         // (k, d)
  // full (k, d, d) upper triangles | diagonal, spherical (k, d) | tied (d, d) upper triangle | low rank (k, 1 + rank, d)
  const double* factor;
  const double* log_constant;  // (k,)
  ptrdiff_t rank;              // loadings of a component, orthogonal in units of the noise; 0 for other forms
  const int32_t* number = nullptr;  // (k,) where means and factors of each component lie; null: in order

  ptrdiff_t place(ptrdiff_t component) const { return number ? number[component] : component; }
};

// The points about which moments are asked for, the pivots, and those about which they are summed, the anchors.
// Components that lie near each other may share an anchor: a stage whose scatter is one for all components takes a row
// once for each anchor and not for each component. About the origin rows need no centring.
struct Centres {
  ptrdiff_t k, d;
  const double* pivot;       // (k, d)
  ptrdiff_t anchors;
  const int32_t* group;      // (k,) number of each component's anchor
  const double* anchor;      // (anchors, d)
  const uint8_t* at_origin;  // (k,) whether that is the origin
  const double* factor;      // of the components that gather, as Model::factor
  ptrdiff_t rank;            // as Model::rank
};

// Square of a distance as mantissa * 2^exponent, beyond the range of a double.
struct ScaledSquare {
  double mantissa;
  int exponent;
};

// The squared distance of a row (elements `stride` apart) from one component.
typedef ScaledSquare (*FarSquare)(const Model& model, ptrdiff_t component, const double* row, ptrdiff_t stride);

template <class T>
struct Scorer {
  const Model* model;
  const T* packed;
  FarSquare far_square;
};

template <class T>
struct ScoreStage {
  size_t (*packed_size)(ptrdiff_t k, ptrdiff_t d, ptrdiff_t rank);  // in elements
  void (*pack)(const Model& model, T* packed);
  void (*run)(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares);
  FarSquare far_square;
  double (*operations)(ptrdiff_t k, ptrdiff_t d, ptrdiff_t rank);   // roughly, a row: for the choice of threads
};

template <class T>
struct ShareStage {
  // Adds weight * log density to log_likelihood (panel_rows,), one sum for each place in a panel.
  void (*run)(const Scorer<T>& scorer, const Tile<T>& tile, Shares<T>& shares, double* log_likelihood);
};

template <class T>
struct GatherStage {
  bool (*needs_rows)(ptrdiff_t d);                                   // does it read Tile::by_row?
  size_t (*sums_size)(const Centres& centres);                       // working sums of a chunk, in doubles
  size_t (*scratch_size)(ptrdiff_t rows, const Centres& centres);    // in elements, zero when a pass begins
  size_t (*scatter_size)(ptrdiff_t k, ptrdiff_t d, ptrdiff_t rank);  // doubles in the packed vector
  void (*run)(const Tile<T>& tile, const Shares<T>& shares, const Centres& centres, double* sums, T* scratch);
  // Writes sum_weight (k,), sum_x (k, d) and scatter from the working sums, which it may use up.
  void (*finish)(const Centres& centres, double* sums, double* packed);
  double (*operations)(ptrdiff_t k, ptrdiff_t d, ptrdiff_t rank);    // roughly, a row
  bool shares_anchors;  // of components near each other
  NearOrigin is_near;   // which anchors may be the origin; null: none
  double reach;         // of is_near
};

template <class T>
struct Kernels {
  void (*load)(const Rows& rows, ptrdiff_t first, ptrdiff_t count, Tile<T>& tile);  // rows stored as T
  ScoreStage<T> score[forms];
  ShareStage<T> share[modes];
  ShareStage<T> share_rows;  // soft, with Shares::best too and no row left out
  GatherStage<T> gather[forms];
  void (*exp)(const T* in, T* out, ptrdiff_t n);
  void (*log)(const T* in, T* out, ptrdiff_t n);
};

struct Level {
  const char* name;
  Kernels<double> float64;  // of rows stored as float64
  Kernels<float> float32;   // of rows stored as float32
  size_t (*factor_scratch)(ptrdiff_t d);  // in doubles
  bool (*precision_factor)(ptrdiff_t d, const double* covariance, double least, double* factor, double* scratch);
  // Sums of a component, doubles of scratch for tiles of so many rows, and what the rows of a tile say of the sums.
  ptrdiff_t (*information_sums)(Form form, ptrdiff_t d);
  size_t (*information_scratch)(Form form, ptrdiff_t rows, ptrdiff_t k, ptrdiff_t d);
  void (*information_tile)(const Tile<double>& tile, const Shares<double>& shares, Form form, const double* pivot,
                           const double* root, double* scratch, double* whole, double* observed);
  // Of points in memory: see kernels/nearest.hpp.
  ptrdiff_t (*nearest_padding)();
  void (*nearest_centres)(const double* points, ptrdiff_t stride, ptrdiff_t n, ptrdiff_t d, ptrdiff_t k,
                          const double* centres, double* label);
  double (*shrink_distances)(const double* points, ptrdiff_t stride, ptrdiff_t n, ptrdiff_t d, const double* centre,
                             const double* weight, const double* distance, double* shrunk);
  double (*peak_flops)(int64_t rounds);  // runs the loop, returns its floating-point operations
};

}  // namespace gaussmix
