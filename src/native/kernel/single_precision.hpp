// When float32 arithmetic is accurate enough.
#pragma once
#include "centring.hpp"
#include "components.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// Limits of float32 arithmetic: the distance of means from the shift, in standard deviations, where components have
// points of their own near them (elsewhere it is NEAR); the variance inflation factor; standard deviations and weights;
// sums. At the first two, in each block, sums of deviations are off by 1e-4 standard deviations, and the least variance
// by half a per cent.
constexpr double FARTHEST_MEAN = 3000, NARROWEST = 1e5, WIDEST = 1e8, LARGEST_SUM = 1e30;

// Whether float32 arithmetic is accurate enough for float32 rows: means are so near the point that rows are relative
// to, in units of deviations, that rounding there does not matter, no component's least variance is too small relative
// to its others, and squares and products stay within range.
bool single_suffices(const Rows& rows, const Density& density) {
  if (!rows.single || !(density.inflation <= NARROWEST)) return false;
  const std::int64_t d = rows.d, k = density.k, matrices = density.form == Form::SHARED ? 1 : k;
  const double farthest = seen_from_near<float>(density.form, d) ? FARTHEST_MEAN : NEAR;
  for (std::int64_t n = 0; n < k * d; ++n)
    if (!(__builtin_fabs(density.offsets[n]) <= farthest)) return false;
  const bool diagonal = density.form == Form::DIAGONAL;
  const std::int64_t down = diagonal ? 1 : d + 1, size = diagonal ? d : d * d;
  for (std::int64_t m = 0; m < matrices; ++m)
    for (std::int64_t i = 0; i < d; ++i) {
      const double precision = density.factors[m * size + i * down];
      if (!(precision >= 1 / WIDEST && precision <= WIDEST)) return false;
    }
  for (std::int64_t n = 0; rows.weight && n < rows.n; ++n) {
    const double weight = rows.weight[n * rows.weight_stride];
    if (!(weight >= 1 / WIDEST && weight <= WIDEST)) return false;
  }
  return true;
}

// Whether no square came near the end of float32's range.
bool within_range(const Sums& sums, std::int64_t k, std::int64_t d) {
  const Layout layout(sums, k, d);
  double total = __builtin_fabs(sums.loglik);
  for (std::int64_t n = 0; n < k * d; ++n) total += __builtin_fabs(sums.mean[n]);
  for (std::int64_t n = 0; n < layout.matrices * layout.size; ++n) total += __builtin_fabs(sums.scatter[n]);
  return total < LARGEST_SUM;
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
