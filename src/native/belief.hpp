// A conjugate prior (Fraley & Raftery 2007): what it adds to the statistics of each component, and its log-density.
#pragma once
#include "matrix.hpp"

namespace mixtura {

struct Belief {
  double pull = 0, count = 0;     // weight of the rows at the mean; what weights grow by
  const double* mean = nullptr;   // (d)
  const double* root = nullptr;   // (d, d): rows whose scatter about zero each component's grows by
  bool held() const { return mean != nullptr; }

  // Scatter is (k, d), (k, d, d), or (d, d) where all share one matrix. How much weight all get.
  double add(Size k, Size d, bool diagonal, bool shared, Numbers& weight, Numbers& means, Numbers& scatter) const {
    Numbers away(d);
    for (Size c = 0; c < k; ++c) {
      const double n = weight[c], part = pull > 0 ? pull / (n + pull) : 0;
      double* own = scatter.data() + (shared ? 0 : c * (diagonal ? d : d * d));
      for (Size i = 0; i < d; ++i) {
        away[i] = means[c * d + i] - mean[i];
        means[c * d + i] -= part * away[i];
      }
      for (Size i = 0; i < d; ++i)
        for (Size j = diagonal ? i : 0; j < (diagonal ? i + 1 : d); ++j) {
          double sum = part * n * away[i] * away[j];
          for (Size r = 0; r < d; ++r) sum += root[r * d + i] * root[r * d + j];
          own[diagonal ? i : i * d + j] += sum;
        }
      weight[c] += count;
    }
    return double(k) * count;
  }

  // Of components with these means, upper triangular (or diagonal) whitening factors u, and log|2 pi S|.
  double log_density(Size k, Size d, bool diagonal, bool shared, const Numbers& means, const Numbers& u,
                     const Numbers& logdet) const {
    double twice = 0;
    for (Size c = 0; c < k; ++c) {
      const double* own = u.data() + (shared ? 0 : c * (diagonal ? d : d * d));
      twice += count * (logdet[c] - double(d) * std::log(2 * 3.14159265358979323846));
      for (Size r = 0; r <= d; ++r)  // the last row is the mean's way from the prior mean
        for (Size j = 0; j < d; ++j) {
          double y = 0;
          for (Size i = diagonal ? j : 0; i <= j; ++i) {
            const double x = r < d ? root[r * d + i] : std::sqrt(pull) * (means[c * d + i] - mean[i]);
            y += x * own[diagonal ? j : i * d + j];
          }
          twice += y * y;
        }
    }
    return -0.5 * twice;
  }
};

}  // namespace mixtura
