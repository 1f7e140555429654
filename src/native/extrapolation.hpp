// A mixture in coordinates that may take any value, so that EM's path can be extrapolated in them (Varadhan & Roland
// 2008): logarithms of shares, means, and Cholesky factors of covariances with logarithms on the diagonal.
#pragma once
#include "matrix.hpp"

namespace mixtura {

struct Chart {
  Size k, d;
  bool diagonal;

  Size each() const { return diagonal ? d : d * d; }

  // False where a covariance has no factor.
  bool read(const Numbers& shares, const Numbers& means, const Numbers& covariances, Numbers& z) const {
    z.assign(k + k * d + k * each(), 0.0);
    for (Size c = 0; c < k; ++c) z[c] = std::log(shares[c]);
    std::copy(means.begin(), means.end(), z.begin() + k);
    double* l = z.data() + k + k * d;
    if (diagonal) {
      for (Size i = 0; i < k * d; ++i) l[i] = 0.5 * std::log(covariances[i]);
      return true;
    }
    for (Size c = 0; c < k; ++c, l += d * d) {
      if (!cholesky(covariances.data() + c * d * d, l, d)) return false;
      for (Size i = 0; i < d; ++i) l[i * (d + 1)] = std::log(l[i * (d + 1)]);
    }
    return true;
  }

  // Statistics of so much weight that belong to the mixture there.
  void write(const Numbers& z, double total, bool pooled, Numbers& weight, Numbers& mean, Numbers& scatter) const {
    double sum = 0;
    weight.resize(k), scatter.assign(pooled ? d * d : k * each(), 0.0);
    for (Size c = 0; c < k; ++c) sum += weight[c] = std::exp(z[c]);
    for (double& w : weight) w *= total / sum;
    mean.assign(z.begin() + k, z.begin() + k + k * d);
    const double* l = z.data() + k + k * d;
    for (Size i = 0; i < k * d && diagonal; ++i) scatter[i] = weight[i / d] * std::exp(2 * l[i]);
    Numbers factor(d * d);
    for (Size c = 0; c < k && !diagonal; ++c, l += d * d) {
      double* s = scatter.data() + (pooled ? 0 : c * d * d);
      for (Size i = 0; i < d * d; ++i) factor[i] = i % (d + 1) ? l[i] : std::exp(l[i]);
      for (Size i = 0; i < d; ++i)
        for (Size j = 0; j < d; ++j)
          for (Size m = 0; m <= std::min(i, j); ++m) s[i * d + j] += weight[c] * factor[i * d + m] * factor[j * d + m];
    }
  }

  // Squared length of a step, in deviations of the components.
  double squared(const Numbers& step, const Numbers& covariances) const {
    double sum = 0;
    const double* l = step.data() + k + k * d;
    for (Size c = 0; c < k; ++c) sum += step[c] * step[c];
    for (Size c = 0; c < k; ++c)
      for (Size i = 0; i < d; ++i) {
        const double variance = covariances[c * each() + (diagonal ? i : i * (d + 1))], mean = step[k + c * d + i];
        sum += mean * mean / variance;
        if (diagonal) sum += l[c * d + i] * l[c * d + i];
        for (Size j = 0; j <= i && !diagonal; ++j) {
          const double off = l[(c * d + i) * d + j];
          sum += j == i ? off * off : off * off / variance;
        }
      }
    return sum;
  }
};

// Three places on EM's path, and how far extrapolation may go.
struct Leap {
  std::vector<Numbers> path;
  double longest = 4;

  // Where the path leads; false where it does not bend so that one can tell.
  bool ahead(const Chart& chart, const Numbers& covariances, Numbers& z) {
    const Numbers &a = path[0], &b = path[1], &c = path[2];
    Numbers first(a.size()), bend(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) first[i] = b[i] - a[i], bend[i] = c[i] - b[i] - first[i];
    const double wanted = std::sqrt(chart.squared(first, covariances) / chart.squared(bend, covariances));
    if (!(wanted > 1)) return false;
    const double length = std::min(wanted, longest);
    if (wanted > longest) longest *= 4;
    z.resize(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) z[i] = a[i] + 2 * length * first[i] + length * length * bend[i];
    return true;
  }
};

}  // namespace mixtura
