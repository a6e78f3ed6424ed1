// Rows so far from every component that their squared distances leave the range of a double.
#pragma once

#include "stages.hpp"

namespace gaussmix {

ScaledSquare far_square_full(const Model& model, ptrdiff_t component, const double* row, ptrdiff_t stride);
ScaledSquare far_square_tied(const Model& model, ptrdiff_t component, const double* row, ptrdiff_t stride);
ScaledSquare far_square_low_rank(const Model& model, ptrdiff_t component, const double* row, ptrdiff_t stride);
ScaledSquare far_square_diagonal(const Model& model, ptrdiff_t component, const double* row, ptrdiff_t stride);

// Overwrites the scores (elements score_stride apart) of a far row: the nearest component of positive weight gets
// minus half its squared distance, held in range; the others get minus infinity. Of equal distances the first wins, as
// it does where squares are in range and a log constant is lost beside them.
template <class T>
void decide_far_row(const Model& model, FarSquare far_square, const T* row, ptrdiff_t stride, T* scores,
                    ptrdiff_t score_stride);

extern template void decide_far_row(const Model&, FarSquare, const double*, ptrdiff_t, double*, ptrdiff_t);
extern template void decide_far_row(const Model&, FarSquare, const float*, ptrdiff_t, float*, ptrdiff_t);

}  // namespace gaussmix
