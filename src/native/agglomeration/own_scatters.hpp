// EII, VII and VVV: the criterion is a sum over clusters, so a pair's cost does not change until one of the two merges.
// Of pairs that tie, the one in the last slots merges, as in mclust.
#pragma once
#include "../matrix.hpp"
#include "clusters.hpp"

namespace mixtura {
namespace {

// A lower triangle, row after row.
struct TriangleView {
  double* data;
  double* row(std::int64_t i) const { return data + i * (i + 1) / 2; }
};

// Log-determinant of a matrix given by its lower triangle, which is overwritten; -inf where it is singular.
double log_determinant(std::vector<double>& triangle, std::int64_t d) {
  const TriangleView a{triangle.data()};
  double sum = 0;
  const bool regular = cholesky(a, a, d, [&sum](double pivot, double variance) {
    if (!(pivot > EPSILON * variance)) return false;
    sum += std::log(pivot);
    return true;
  });
  return regular ? sum : -INFINITE;
}

// Clusters, each with its scatter (or the trace), and the costs of merges: increases of the criterion.
class OwnScatters {
 public:
  OwnScatters(const WeightedRows& p, Criterion criterion, double alpha)
      : clusters(p), criterion_(criterion), alpha_(alpha), trace_(p.n, 0.0), term_(p.n), scatter_(p.n) {
    for (std::int64_t i = 0; i < p.n; ++i) term_[i] = single(clusters.weight[i]);
  }
  Clusters clusters;

  double cost(std::int64_t i, std::int64_t j) {
    const double apart = clusters.trace_rise(i, j);
    if (criterion_ == Criterion::EII) return apart;
    return joint(i, j, trace_[i] + trace_[j] + apart) - term_[i] - term_[j];
  }
  void merge(std::int64_t i, std::int64_t j) {
    const double trace = trace_[i] + trace_[j] + clusters.trace_rise(i, j);
    if (criterion_ != Criterion::EII) term_[i] = joint(i, j, trace);
    if (criterion_ == Criterion::VVV) {
      sum(i, j);
      scatter_[i] = sum_;
      scatter_[j].swap(scatter_[clusters.count - 1]);
      scatter_[clusters.count - 1] = {};
    }
    trace_[i] = trace;
    trace_[j] = trace_[clusters.count - 1];
    term_[j] = term_[clusters.count - 1];
    clusters.merge(i, j);
  }

 private:
  Criterion criterion_;
  double alpha_;
  std::vector<double> trace_, term_;
  std::vector<std::vector<double>> scatter_;  // lower triangles; empty for a single row
  std::vector<double> sum_;

  double single(double weight) const { return weight * std::log(alpha_ / weight); }

  // The scatter of two clusters together.
  void sum(std::int64_t i, std::int64_t j) {
    const std::int64_t d = clusters.d;
    sum_.assign(d * (d + 1) / 2, 0.0);
    for (const auto* part : {&scatter_[i], &scatter_[j]})
      for (std::size_t c = 0; c < part->size(); ++c) sum_[c] += (*part)[c];
    const double joint = clusters.joint_weight(i, j);
    const double *a = clusters.mean.data() + i * d, *b = clusters.mean.data() + j * d;
    double* out = sum_.data();
    for (std::int64_t r = 0; r < d; ++r) {
      const double scaled = joint * (a[r] - b[r]);
      for (std::int64_t c = 0; c <= r; ++c) *out++ += scaled * (a[c] - b[c]);
    }
  }
  // n log((tr W + alpha) / n), and for VVV n log(|W / n| + (tr W + alpha) / n).
  double joint(std::int64_t i, std::int64_t j, double trace) {
    const double weight = clusters.weight[i] + clusters.weight[j], width = std::log((trace + alpha_) / weight);
    if (criterion_ == Criterion::VII || weight <= clusters.d || !(trace > 0)) return weight * width;
    sum(i, j);
    const double volume = log_determinant(sum_, clusters.d) - clusters.d * std::log(weight);
    const double most = std::max(width, volume);
    return weight * (most + std::log1p(std::exp(std::min(width, volume) - most)));
  }
};

// All pairs' costs, and for each slot the cheapest partner in a lower slot.
class Pairs {
 public:
  Pairs(OwnScatters& costs, InterruptCheck& check) : costs_(costs), check_(check) {
    const std::int64_t n = costs.clusters.count;
    cost_.resize(n * (n - 1) / 2);
    partner_.assign(n, 0);
  }
  void fill() {
    for (std::int64_t j = 1; j < costs_.clusters.count; ++j) {
      for (std::int64_t i = 0; i < j; ++i) pair_cost(i, j) = costs_.cost(i, j);
      scan(j);
      check_();
    }
  }
  std::int64_t cheapest() const {
    std::int64_t best = 1;
    for (std::int64_t j = 2; j < costs_.clusters.count; ++j)
      if (pair_cost(partner_[j], j) <= pair_cost(partner_[best], best)) best = j;
    return best;
  }
  std::int64_t partner(std::int64_t j) const { return partner_[j]; }
  double height(std::int64_t j) const { return pair_cost(partner_[j], j); }

  // Update costs after two clusters have merged into slot i, and the last cluster has moved to slot j.
  void update(std::int64_t i, std::int64_t j) {
    const std::int64_t last = costs_.clusters.count;
    for (std::int64_t k = 0; k < last; ++k)  // no change if j is last
      if (k != j) pair_cost(std::min(k, j), std::max(k, j)) = pair_cost(k, last);
    for (std::int64_t k = 0; k < last; ++k)
      if (k != i) pair_cost(std::min(k, i), std::max(k, i)) = costs_.cost(std::min(k, i), std::max(k, i));
    for (std::int64_t k = i; k < last; ++k) {
      const bool lost = k == i || k == j || partner_[k] == i || partner_[k] == j;
      if (lost) scan(k);
      if (!lost) consider(i, k);
      if (!lost && j < k) consider(j, k);
    }
    check_();
  }

 private:
  OwnScatters& costs_;
  InterruptCheck& check_;
  std::vector<double> cost_;
  std::vector<std::int64_t> partner_;

  double& pair_cost(std::int64_t i, std::int64_t j) { return cost_[j * (j - 1) / 2 + i]; }
  double pair_cost(std::int64_t i, std::int64_t j) const { return cost_[j * (j - 1) / 2 + i]; }
  void consider(std::int64_t i, std::int64_t j) {
    const double now = pair_cost(partner_[j], j), other = pair_cost(i, j);
    if (other < now || (other == now && i > partner_[j])) partner_[j] = i;
  }
  void scan(std::int64_t j) {
    const double* row = cost_.data() + j * (j - 1) / 2;
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < j; ++i)
      if (row[i] <= row[best]) best = i;
    partner_[j] = best;
  }
};

void merge_with_own_scatters(const WeightedRows& rows, Criterion criterion, double alpha, std::int64_t* merges,
                             double* heights, InterruptCheck& check) {
  OwnScatters costs(rows, criterion, alpha);
  Pairs pairs(costs, check);
  pairs.fill();
  for (std::int64_t step = 0; step < rows.n - 1; ++step) {
    const std::int64_t j = pairs.cheapest(), i = pairs.partner(j);
    costs.clusters.write_merge(i, j, merges + 2 * step);
    heights[step] = pairs.height(j);
    costs.merge(i, j);
    pairs.update(i, j);
  }
}

}  // namespace
}  // namespace mixtura
