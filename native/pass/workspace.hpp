// The buffers of one thread: a tile, its shares, the working sums and the scratch of the stages.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "stages.hpp"

namespace gaussmix {

// Zeroed memory that begins on a cache line.
template <class T>
class Buffer {
 public:
  explicit Buffer(size_t size)
      : data_(static_cast<T*>(::operator new((size + 1) * sizeof(T), std::align_val_t(64)))) {
    for (size_t i = 0; i <= size; ++i) data_.get()[i] = T();
  }
  T* get() { return data_.get(); }

 private:
  struct Free {
    void operator()(T* data) const { ::operator delete(data, std::align_val_t(64)); }
  };
  std::unique_ptr<T, Free> data_;
};

// Rows of a tile. Scores (k) and rows (d) of a tile should stay in the second-level cache beside the parameters
// and sums of a component; more rows a tile read those less often.
template <class T>
inline ptrdiff_t tile_rows(ptrdiff_t k, ptrdiff_t d) {
  constexpr ptrdiff_t most = 256, least = 64;
  constexpr ptrdiff_t elements = 512 * 1024 / ptrdiff_t(sizeof(T));  // scores and rows: a quarter to half of the cache
  ptrdiff_t rows = elements / (k + 2 * d) / panel_rows * panel_rows;
  return rows > most ? most : rows < least ? least : rows;
}

template <class T>
class Workspace {
 public:
  Workspace(ptrdiff_t k, ptrdiff_t d, bool by_row, size_t scratch_size) : rows(tile_rows<T>(k, d)), memory_(0) {
    tile.rows = tile.panels = 0;
    tile.d = d;
    tile.row_length = round_up(d, group_features<T>);
    shares.k = k;
    shares.panel_stride = (k | 1) * panel_rows;
    // All in one piece: to ask for nine takes longer than a pass over few rows. First how much it is, then where.
    lay_out(nullptr, by_row, scratch_size);
    memory_ = Buffer<char>(used_);
    lay_out(memory_.get(), by_row, scratch_size);
  }

  ptrdiff_t rows;
  Tile<T> tile;
  Shares<T> shares;
  T* scratch() { return scratch_; }

 private:
  void lay_out(char* begin, bool by_row, size_t scratch_size) {
    const ptrdiff_t k = shares.k, d = tile.d;
    used_ = 0;
    const auto next = [&](auto* type, ptrdiff_t size) {
      // An element more, as Buffer has; the next begins on a cache line.
      decltype(type) here = begin ? reinterpret_cast<decltype(type)>(begin + used_) : nullptr;
      used_ += (size_t(size + 1) * sizeof(*type) + 63) / 64 * 64;
      return here;
    };
    T* const numbers = nullptr;
    uint16_t* const counts = nullptr;
    tile.by_feature = next(numbers, rows * d);
    // A group more: a vector that begins within the last row may end beyond it.
    tile.by_row = by_row ? next(numbers, rows * tile.row_length + group_features<T>) : nullptr;
    tile.weight = next(numbers, rows);
    shares.value = next(numbers, rows / panel_rows * shares.panel_stride);
    shares.active = next(counts, rows / panel_rows * k);
    shares.log_density = next(numbers, rows);
    shares.best = next(numbers, rows);
    shares.scratch = next(numbers, d * score_panels * panel_rows);
    scratch_ = next(numbers, ptrdiff_t(scratch_size));
  }

  size_t used_ = 0;
  T* scratch_ = nullptr;
  Buffer<char> memory_;
};

// The parameters as one score stage reads them, packed once a pass.
template <class T>
class Packed {
 public:
  Packed(const ScoreStage<T>& stage, const Model& model) : packed_(stage.packed_size(model.k, model.d, model.rank)) {
    stage.pack(model, packed_.get());
    scorer.model = &model;
    scorer.packed = packed_.get();
    scorer.far_square = stage.far_square;
  }
  Scorer<T> scorer;

 private:
  Buffer<T> packed_;
};

// Multiplier and shift of the columns, padded with zeros to whole groups of the smallest type, as load_tile asks.
struct PaddedFrame {
  PaddedFrame(const double* multiplier_in, const double* shift_in, ptrdiff_t d)
      : multiplier(size_t(round_up(d, group_features<float>))), shift(multiplier.size()) {
    for (size_t j = 0; j < size_t(d); ++j) {
      multiplier[j] = multiplier_in[j];
      shift[j] = shift_in[j];
    }
  }
  std::vector<double> multiplier, shift;
};

}  // namespace gaussmix
