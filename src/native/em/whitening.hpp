// Whitening factors of a mixture's covariances, after these were raised to the floor.
#pragma once
#include "floor.hpp"

namespace mixtura {

// Upper triangular whitening factors (or diagonal ones) of k covariances, and log|2 pi S|.
struct WhiteningFactors {
  Layout layout{};
  Numbers factors, logdet;

  // Raises covariances to the floor first, and reports which; false if one has no factor even then.
  bool make(const Layout& at, const double* floor, Numbers& covariances, std::vector<char>& at_floor) {
    layout = at;
    factors.assign(layout.size(), 0.0);
    logdet.assign(layout.k, double(layout.d) * std::log(2 * 3.14159265358979323846));
    if (layout.diagonal) return make_diagonal(floor, covariances, at_floor), true;
    cholesky_factor.resize(layout.d * layout.d);
    for (Size c = 0; c < layout.k; ++c) {
      if (c && layout.shared)
        logdet[c] = logdet[0], at_floor[c] = at_floor[0];
      else if (!make_dense(c, floor, covariances, at_floor))
        return false;
    }
    return true;
  }

 private:
  Numbers cholesky_factor;

  void make_diagonal(const double* floor, Numbers& covariances, std::vector<char>& at_floor) {
    const Size d = layout.d;
    for (Size i = 0; i < layout.k * d; ++i) {
      double& variance = covariances[i];
      if (!(variance >= floor[i % d])) variance = floor[i % d], at_floor[i / d] = 1;
      factors[i] = 1 / std::sqrt(variance);
      logdet[i / d] += std::log(variance);
    }
  }

  bool make_dense(Size c, const double* floor, Numbers& covariances, std::vector<char>& at_floor) {
    const Size d = layout.d;
    const MatrixView l{cholesky_factor.data(), d};
    const MatrixView covariance = MatricesView{covariances.data(), d}[c], factor = MatricesView{factors.data(), d}[c];
    bool fine = cholesky(covariance, l);
    if (fine) {
      inverse_transposed(l, factor);
      fine = surely_above_floor(factor, floor);
    }
    if (!fine) {
      at_floor[c] |= char(raise_eigenvalues(covariance, floor));
      if (!cholesky(covariance, l)) return false;
      inverse_transposed(l, factor);
    }
    for (Size i = 0; i < d; ++i) logdet[c] += 2 * std::log(l(i, i));
    return true;
  }
};

}  // namespace mixtura
