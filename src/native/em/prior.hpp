// A conjugate prior of means and covariances (Fraley & Raftery 2007).
#pragma once
#include "model.hpp"

namespace mixtura {

struct Prior {
  double shrinkage = 0;          // weight of the rows that pull at each component's mean
  double count = 0;              // by which each component's weight in its covariance grows
  const double* mean = nullptr;  // (d): where means are pulled to
  const double* root = nullptr;  // (d, d): rows whose scatter about zero is added to each component's
  bool flat() const { return mean == nullptr; }

  // Add the prior to the statistics; returns the weight that all components get together.
  double add(const Layout& at, Numbers& weight, Numbers& means, Numbers& scatter) const {
    const Size d = at.d;
    Numbers away(d);
    for (Size c = 0; c < at.k; ++c) {
      const double n = weight[c], fraction = shrinkage > 0 ? shrinkage / (n + shrinkage) : 0;
      for (Size i = 0; i < d; ++i) {
        away[i] = means[c * d + i] - mean[i];
        means[c * d + i] -= fraction * away[i];
      }
      for (Size i = 0; i < d; ++i)
        for (Size j = at.diagonal ? i : 0; j < (at.diagonal ? i + 1 : d); ++j) {
          double sum = fraction * n * away[i] * away[j];
          for (Size r = 0; r < d; ++r) sum += root[r * d + i] * root[r * d + j];
          scatter[at.at(c, i, j)] += sum;
        }
      weight[c] += count;
    }
    return double(at.k) * count;
  }

  // Log-density of components with these means, upper triangular (or diagonal) whitening factors, and log|2 pi S|.
  double log_density(const Layout& at, const Numbers& means, const Numbers& factors, const Numbers& logdet) const {
    const Size d = at.d;
    double twice = 0;
    for (Size c = 0; c < at.k; ++c) {
      twice += count * (logdet[c] - double(d) * std::log(2 * 3.14159265358979323846));
      for (Size r = 0; r <= d; ++r)  // the last row is the mean minus the prior mean
        for (Size j = 0; j < d; ++j) {
          double y = 0;
          for (Size i = at.diagonal ? j : 0; i <= j; ++i) {
            const double x = r < d ? root[r * d + i] : std::sqrt(shrinkage) * (means[c * d + i] - mean[i]);
            y += x * factors[at.at(c, i, j)];
          }
          twice += y * y;
        }
    }
    return -0.5 * twice;
  }
};

}  // namespace mixtura
