// Accelerated EM (SQUAREM, Varadhan & Roland 2008): extrapolation from three iterates, in coordinates that may take any
// value: logarithms of weights, means, and Cholesky factors of covariances with logarithms on the diagonal.
#pragma once
#include "problem.hpp"

namespace mixtura {

struct Coordinates {
  Layout layout;  // of the mixture's covariances

  Size first_factor() const { return layout.k + layout.k * layout.d; }

  // Coordinates z of a mixture; false if a covariance has no Cholesky factor.
  bool of(const Iterate& mixture, Numbers& z) const {
    const Size k = layout.k, d = layout.d;
    z.assign(first_factor() + layout.size(), 0.0);
    for (Size c = 0; c < k; ++c) z[c] = std::log(mixture.weights[c]);
    std::copy(mixture.means.begin(), mixture.means.end(), z.begin() + k);
    double* factors = z.data() + first_factor();
    if (layout.diagonal) {
      for (Size i = 0; i < k * d; ++i) factors[i] = 0.5 * std::log(mixture.covariances[i]);
      return true;
    }
    for (Size c = 0; c < k; ++c) {
      const MatrixView l = MatricesView{factors, d}[c];
      if (!cholesky(ConstMatricesView{mixture.covariances.data(), d}[c], l)) return false;
      for (Size i = 0; i < d; ++i) l(i, i) = std::log(l(i, i));
    }
    return true;
  }

  // Statistics of a given total weight whose M-step is the mixture with these coordinates.
  void statistics(const Numbers& z, double total, bool pooled, Statistics& to) const {
    const Size k = layout.k, d = layout.d;
    double sum = 0;
    to.weight.resize(k), to.scatter.assign(pooled ? d * d : layout.size(), 0.0);
    for (Size c = 0; c < k; ++c) sum += to.weight[c] = std::exp(z[c]);
    for (double& w : to.weight) w *= total / sum;
    to.mean.assign(z.begin() + k, z.begin() + first_factor());
    const double* factors = z.data() + first_factor();
    for (Size i = 0; i < k * d && layout.diagonal; ++i) to.scatter[i] = to.weight[i / d] * std::exp(2 * factors[i]);
    for (Size c = 0; c < k && !layout.diagonal; ++c)
      add_product(ConstMatricesView{factors, d}[c], to.weight[c], MatricesView{to.scatter.data(), d}[pooled ? 0 : c]);
  }

  // Squared length of a step, in standard deviations of the components.
  double squared_length(const Numbers& step, const Numbers& covariances) const {
    const Size k = layout.k, d = layout.d;
    double sum = 0;
    const double* l = step.data() + first_factor();
    for (Size c = 0; c < k; ++c) sum += step[c] * step[c];
    for (Size c = 0; c < k; ++c)
      for (Size i = 0; i < d; ++i) {
        const double variance = covariances[layout.at(c, i, i)], mean = step[k + c * d + i];
        sum += mean * mean / variance;
        if (layout.diagonal) sum += l[layout.at(c, i, i)] * l[layout.at(c, i, i)];
        for (Size j = 0; j <= i && !layout.diagonal; ++j) {
          const double off = l[layout.at(c, i, j)];
          sum += j == i ? off * off : off * off / variance;
        }
      }
    return sum;
  }

 private:
  // weight L L' of a factor L whose diagonal is given by its logarithms.
  static void add_product(ConstMatrixView logs, double weight, MatrixView to) {
    const Size d = logs.d;
    Square factor(d);
    for (Size i = 0; i < d; ++i)
      for (Size j = 0; j < d; ++j) factor(i, j) = i == j ? std::exp(logs(i, j)) : logs(i, j);
    for (Size i = 0; i < d; ++i)
      for (Size j = 0; j < d; ++j)
        for (Size m = 0; m <= std::min(i, j); ++m) to(i, j) += weight * factor(i, m) * factor(j, m);
  }
};

// Coordinates of the last iterates, and the longest step of extrapolation (that of EM is 1).
struct Squarem {
  std::vector<Numbers> points;
  double longest = 4;

  // The extrapolation from three points; false if its step would be no longer than that of EM, 1.
  bool extrapolate(const Coordinates& coordinates, const Numbers& covariances, Numbers& z) {
    const Numbers &a = points[0], &b = points[1], &c = points[2];
    Numbers first(a.size()), bend(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) first[i] = b[i] - a[i], bend[i] = c[i] - b[i] - first[i];
    const double wanted =
        std::sqrt(coordinates.squared_length(first, covariances) / coordinates.squared_length(bend, covariances));
    if (!(wanted > 1)) return false;
    const double length = std::min(wanted, longest);
    if (wanted > longest) longest *= 4;
    z.resize(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) z[i] = a[i] + 2 * length * first[i] + length * length * bend[i];
    return true;
  }
};

}  // namespace mixtura
