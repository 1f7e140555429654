// What a run of EM is given, and its current iterate.
#pragma once
#include "model.hpp"
#include "prior.hpp"

namespace mixtura {

struct Problem {
  const Kernel* kernel;
  Rows rows;
  CovarianceModel model;
  const double* floor;  // (d): least variances
  double ridge;         // added to all variances
  Prior prior;
};

struct EmOptions {
  double tol;               // by which the mean log-likelihood per row must rise
  double rows_per_weight;   // how many rows a weight of one stands for
  Size least_rows;          // a component at the floor with fewer rows has collapsed
  double point_mass;        // one that holds less weight there is spurious
  Size accelerate_after;    // iterations after which SQUAREM steps are tried
};

struct Statistics {
  Numbers weight, mean, scatter;  // (k), (k, d), and the shape of Layout::of_scatter

  double total() const {
    double sum = 0;
    for (double w : weight) sum += w;
    return sum;
  }
  double least_weight() const { return *std::min_element(weight.begin(), weight.end()); }
};

// A mixture, and the statistics of the E-step at it.
struct Iterate {
  Statistics stats;
  Numbers weights, means, covariances;  // (k), (k, d), and (k, d, d) or (k, d)
  std::vector<char> at_floor;           // (k)
  double loglik = 0, assignment_logprob = 0;

  bool any_spurious(double point_mass) const {
    for (std::size_t c = 0; c < at_floor.size(); ++c)
      if (at_floor[c] && stats.weight[c] < point_mass) return true;
    return false;
  }
  bool any_at_floor() const {
    return std::any_of(at_floor.begin(), at_floor.end(), [](char raised) { return raised; });
  }
};

}  // namespace mixtura
