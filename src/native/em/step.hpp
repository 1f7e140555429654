// One EM iteration: from statistics to a mixture (M-step), and to the statistics there (E-step).
#pragma once
#include <numeric>

#include "../threads/pass.hpp"
#include "mstep.hpp"
#include "problem.hpp"
#include "whitening.hpp"

namespace mixtura {

// Keeps its buffers from one iteration to the next: allocating them each time takes a twentieth of a small iteration.
class EmStep {
 public:
  EmStep(const Problem& problem, Pass& pass) : p_(problem), pass_(pass) {}

  // What statistics come from: rows, or a mixture, to which the prior is not added again.
  enum class Of { ROWS, MIXTURE };

  // Writes the new mixture and its statistics to `to`, whatever that held before; false if there is no such mixture.
  bool operator()(const Statistics& from, Iterate& to, WarmStart& warm, Of of = Of::ROWS) {
    const Size k = Size(from.weight.size()), d = p_.rows.d;
    const double sum = from.total();
    to.at_floor.assign(k, 0);
    to.means = from.mean;
    to.weights.resize(k);
    to.covariances.resize(Layout::of_covariances(p_.model, k, d).size());
    weight_ = from.weight, scatter_ = from.scatter;
    const double added = add_ridge();
    for (Size c = 0; c < k; ++c) {
      if (!(weight_[c] > 0)) return false;
      to.weights[c] = weight_[c] / (sum + added);
    }
    double whole = sum + added;
    if (!p_.prior.flat() && of == Of::ROWS)
      whole += p_.prior.add(Layout::of_scatter(p_.model, k, d), weight_, to.means, scatter_);
    const MStepInput in{k, d, weight_.data(), scatter_.data(), whole, p_.floor};
    return mstep(in, p_.model, warm, to.covariances.data(), to.at_floor) && estep(to);
  }

 private:
  const Problem& p_;
  Pass& pass_;
  Numbers weight_, scatter_;  // statistics with ridge and prior
  Numbers shift_, constants_, offsets_;
  WhiteningFactors u_;

  // Add the ridge to all variances, and a little to the weights, so that empty components get a covariance; returns the
  // weight added in all.
  double add_ridge() {
    if (!(p_.ridge > 0)) return 0;
    const Size k = Size(weight_.size());
    const Layout at = Layout::of_scatter(p_.model, k, p_.rows.d);
    double sum = 0;
    for (double w : weight_) sum += w;
    const double little = 10 * std::numeric_limits<double>::epsilon() * std::min(1.0, sum > 0 ? sum : 1.0);
    for (Size c = 0; c < k; ++c) {
      weight_[c] += little;
      for (Size i = 0; i < at.d; ++i) scatter_[at.at(c, i, i)] += weight_[c] * p_.ridge;
    }
    return little * double(k);
  }

  // Statistics and log-likelihood at a mixture, whose covariances are raised to the floor.
  bool estep(Iterate& at) {
    const Size k = Size(at.weights.size()), d = p_.rows.d;
    const Layout layout = Layout::of_scatter(p_.model, k, d);
    if (!u_.make(layout, p_.floor, at.covariances, at.at_floor)) return false;
    const Density density = density_at(at);
    at.stats.weight.resize(k), at.stats.mean.resize(k * d), at.stats.scatter.resize(layout.size());
    Sums sums{at.means.data(),          p_.model.scatter(), at.stats.weight.data(), at.stats.mean.data(),
              at.stats.scatter.data(), 0,                  0};
    pass_.sum(p_.kernel->estep, density, sums);
    at.loglik = sums.loglik, at.assignment_logprob = sums.assignment_logprob;
    if (!p_.prior.flat()) at.loglik += p_.prior.log_density(layout, at.means, u_.factors, u_.logdet);
    return std::isfinite(at.loglik);
  }

  // The mixture as the kernel reads it, given its whitening factors; rows are shifted by its mean.
  Density density_at(const Iterate& at) {
    const Layout& layout = u_.layout;
    const Size k = layout.k, d = layout.d;
    shift_.assign(d, 0.0), constants_.resize(k), offsets_.assign(k * d, 0.0);
    for (Size i = 0; i < k * d; ++i) shift_[i % d] += at.weights[i / d] * at.means[i];
    for (Size c = 0; c < k; ++c) {
      constants_[c] = std::log(at.weights[c]) - 0.5 * u_.logdet[c];
      const double* own = u_.factors.data() + layout.start(c);
      double* offset = offsets_.data() + c * d;
      for (Size i = 0; i < d; ++i) {
        const double centre = at.means[c * d + i] - shift_[i];
        if (layout.diagonal) offset[i] = centre * own[i];
        for (Size j = i; j < d && !layout.diagonal; ++j) offset[j] += centre * own[i * d + j];
      }
    }
    const double inflation = p_.rows.single ? inflation_of(at) : 1;
    return {k, p_.model.form(), shift_.data(), constants_.data(), u_.factors.data(), offsets_.data(), inflation};
  }

  // The largest variance inflation factor of a column, 1 / (1 - R^2), in any component.
  double inflation_of(const Iterate& at) const {
    const Size d = p_.rows.d, matrices = u_.layout.diagonal ? 0 : u_.layout.shared ? 1 : u_.layout.k;
    double most = 1;
    for (Size c = 0; c < matrices; ++c)
      for (Size i = 0; i < d; ++i) {
        const double *row = u_.factors.data() + u_.layout.at(c, i, 0), variance = at.covariances[(c * d + i) * d + i];
        most = std::max(most, variance * std::inner_product(row, row + d, row, 0.0));
      }
    return most;
  }
};

}  // namespace mixtura
