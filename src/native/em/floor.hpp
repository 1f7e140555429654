// The floor under covariances, and the whitening factors of those that lie above it.
#pragma once
#include "model.hpp"

namespace mixtura {

// Raise eigenvalues, in units of the floor, to at least one; returns whether any was lower.
inline bool raise_eigenvalues(MatrixView covariance, const double* floor) {
  const Size d = covariance.d;
  const auto unit = [&](Size i, Size j) { return std::sqrt(floor[i] * floor[j]); };
  Square scaled(d), axes(d);
  Numbers values(d);
  for (Size i = 0; i < d; ++i)
    for (Size j = 0; j < d; ++j) scaled(i, j) = covariance(i, j) / unit(i, j);
  eigen(scaled, axes, values.data());
  const double least = std::max(1.0, 10 * std::numeric_limits<double>::epsilon() * double(d * d) * values[0]);
  if (values[d - 1] >= least) return false;
  for (double& value : values) value = std::max(value, least);
  composed(axes, values.data(), covariance);
  for (Size i = 0; i < d; ++i)
    for (Size j = 0; j < d; ++j) covariance(i, j) *= unit(i, j);
  return true;
}

// Relative error of rounding in the least eigenvalue of a covariance: condition number times epsilon, at most 1.
inline double eigenvalue_rounding(const Layout& layout, const double* covariance) {
  const Size d = layout.d;
  const double epsilon = std::numeric_limits<double>::epsilon();
  Numbers values(covariance, covariance + d);
  if (!layout.diagonal) {
    Square matrix(d), axes(d);
    for (Size i = 0; i < d; ++i)
      for (Size j = 0; j < d; ++j) matrix(i, j) = covariance[i * d + j];
    eigen(matrix, axes, values.data());
  }
  const auto [least, largest] = std::minmax_element(values.begin(), values.end());
  return epsilon * *largest / std::max(*least, epsilon * *largest);
}

// Whether the trace of the inverse of the covariance with this whitening factor, in units of the floor, is below one:
// then all its eigenvalues are above the floor.
inline bool surely_above_floor(ConstMatrixView factor, const double* floor) {
  double trace = 0;
  for (Size i = 0; i < factor.d; ++i)
    for (Size j = i; j < factor.d; ++j) trace += floor[i] * factor(i, j) * factor(i, j);
  return trace < 1;
}

}  // namespace mixtura
