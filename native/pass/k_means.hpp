// k-means on few rows in memory: first centres far apart, and Lloyd's iterations. In one thread, which asks whether to stop
// after as many points as are gone over together. Both functions return false if they were stopped; what they were to say is
// then incomplete.
#pragma once

#include <cstdint>

#include "stages.hpp"
#include "threads.hpp"
#include "workspace.hpp"

namespace gaussmix {

// Points as they are gone over: column by column, padded with points of weight 0.
class Points {
 public:
  // IN points (n, d), row by row; weight (n,), or null for ones.
  Points(const Level& level, ptrdiff_t n, ptrdiff_t d, const double* points, const double* weight);
  const ptrdiff_t n, d, stride;
  const ptrdiff_t at_once;  // so many are gone over together
  const double* columns() { return columns_.get(); }  // (d, stride)
  const double* weight() { return weight_.get(); }    // (stride,)

 private:
  Buffer<double> columns_, weight_;
};

// The best of several draws at each step (Arthur & Vassilvitskii 2007). IN uniforms (1 + (k - 1) n_draws,), from 0 to
// below 1. OUT chosen (k,): numbers of points. Memory: a number for each point and draw.
bool spread_centres(const Level& level, Points& points, ptrdiff_t k, ptrdiff_t n_draws, const double* uniforms,
                    int64_t* chosen, Interrupt interrupt);

// Lloyd 1982. IN/OUT centres (k, d); one without points stays. OUT label (n,): the nearest of the last centres but for
// those of a round that changed no label.
bool lloyd(const Level& level, Points& points, ptrdiff_t k, int iterations, double* centres, int64_t* label,
           Interrupt interrupt);

}  // namespace gaussmix
