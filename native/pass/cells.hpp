// Rows by cells: the rows of a cell are scored under the same few components, its candidates.
//
// A row's cell is the number of the component that described it best when cells were made, and stands among the
// candidates of its cell. Rows of a cell fill whole tiles, so that the stages of a pass work on them as they are.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "stages.hpp"
#include "weight_exponent.hpp"
#include "workspace.hpp"

namespace gaussmix {

struct Cells {
  ptrdiff_t k, candidates;
  const int64_t* order;      // (n,) numbers of the rows, cell after cell
  const int64_t* begin;      // (k + 1,) where the rows of each cell begin in order
  const int32_t* candidate;  // (k, candidates), each once

  // The cell of the row at this place in order.
  ptrdiff_t cell_at(int64_t place) const { return std::upper_bound(begin, begin + k + 1, place) - begin - 1; }
};

// Some components as a model of their own, packed for a score stage.
//
// Under full covariances components lie packed one after the other: they are packed once a pass and copied from there.
// Other forms interleave them, and have few parameters.
template <class T>
class Selection {
 public:
  // `whole`: all components, packed.
  Selection(const ScoreStage<T>& stage, Form form, const Scorer<T>& whole, ptrdiff_t most)
      : stage_(stage),
        all_(*whole.model),
        whole_(form == form_full ? whole.packed : nullptr),
        component_(stage.packed_size(1, all_.d, 0)),
        // One factor for all is not selected from.
        factor_length_(form == form_tied ? 0 : size_t(all_.d)),
        means_(whole_ ? 0 : size_t(most * all_.d)),
        factor_(whole_ ? 0 : size_t(most) * factor_length_),
        log_constant_(size_t(most)),
        packed_(stage.packed_size(most, all_.d, 0)) {
    model.d = all_.d;
    model.k = 0;
    model.rank = 0;  // loadings are not selected: the bindings refuse them
    model.means = whole_ ? all_.means : means_.data();
    model.factor = whole_ || !factor_length_ ? all_.factor : factor_.data();
    model.log_constant = log_constant_.data();
    scorer.model = &model;
    scorer.packed = packed_.get();
    scorer.far_square = stage.far_square;
  }
  Selection(const Selection&) = delete;

  // `number` is kept.
  void take(const int32_t* number, ptrdiff_t count) {
    model.k = count;
    for (ptrdiff_t i = 0; i < count; ++i) log_constant_[size_t(i)] = all_.log_constant[number[i]];
    if (whole_) {
      model.number = number;
      T* out = packed_.get();
      for (ptrdiff_t i = 0; i < count; ++i) out = std::copy_n(whole_ + size_t(number[i]) * component_, component_, out);
      return;
    }
    const size_t d = size_t(all_.d);
    for (ptrdiff_t i = 0; i < count; ++i) {
      const size_t c = size_t(number[i]);
      std::copy_n(all_.means + c * d, d, means_.data() + size_t(i) * d);
      std::copy_n(all_.factor + c * factor_length_, factor_length_, factor_.data() + size_t(i) * factor_length_);
    }
    stage_.pack(model, packed_.get());
  }

  Model model;
  Scorer<T> scorer;

 private:
  const ScoreStage<T>& stage_;
  const Model& all_;
  const T* whole_;
  size_t component_, factor_length_;
  std::vector<double> means_, factor_, log_constant_;
  Buffer<T> packed_;
};

// Copies of the rows of one tile, which lie anywhere.
template <class T>
class Gathered {
 public:
  Gathered(const Rows& all, ptrdiff_t most) : all_(all), x_(size_t(most * all.d)), weight_(size_t(most)), rows_(all) {
    rows_.x = x_.data();
    rows_.row_stride = all.d;
    rows_.column_stride = 1;
    rows_.weight = all.weight ? weight_.data() : nullptr;
    rows_.weight_stride = 1;
  }

  // `weight_exponent`: weights are divided by that power of two.
  const Rows& take(const int64_t* number, ptrdiff_t count, int weight_exponent) {
    const T* x = static_cast<const T*>(all_.x);
    T* out = x_.data();
    rows_.n = count;
    rows_.weight_scale = std::ldexp(1.0, -weight_exponent);
    for (ptrdiff_t r = 0; r < count; ++r) {
      if (r + ahead < count) __builtin_prefetch(x + number[r + ahead] * all_.row_stride);
      const T* row = x + number[r] * all_.row_stride;
      for (ptrdiff_t j = 0; j < all_.d; ++j) *out++ = row[j * all_.column_stride];
      if (all_.weight) weight_[size_t(r)] = all_.weight[number[r] * all_.weight_stride];
    }
    return rows_;
  }

  // The exponent of the largest weight, within the normal numbers: in float32 sums are made of weights of order one.
  int weight_exponent(const int64_t* number, ptrdiff_t count) const {
    if (sizeof(T) == sizeof(double) || !all_.weight) return 0;
    double largest = 0;
    for (ptrdiff_t r = 0; r < count; ++r) largest = std::max(largest, all_.weight[number[r] * all_.weight_stride]);
    return gaussmix::weight_exponent(largest);
  }

 private:
  static constexpr ptrdiff_t ahead = 8;  // rows that are under way from memory
  const Rows& all_;
  std::vector<T> x_;
  std::vector<double> weight_;
  Rows rows_;
};

}  // namespace gaussmix
