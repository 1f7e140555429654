// EII, VII and VVV: each cluster has a term of its own, so a pair's cost stays until one of the two merges.
// Of pairs that tie, the one in the last slots merges, as in mclust.
#pragma once

#include "slots.hpp"

namespace mixtura {
namespace {

double* at(std::vector<double>& triangle, std::int64_t row) { return triangle.data() + row * (row + 1) / 2; }

// Logarithm of the determinant of a matrix given by its lower triangle, which is overwritten; -inf where it is singular.
double log_determinant(std::vector<double>& a, std::int64_t d) {
  double sum = 0;
  for (std::int64_t r = 0; r < d; ++r) {
    double* row = at(a, r);
    const double before = row[r];
    for (std::int64_t c = 0; c < r; ++c) {
      const double* other = at(a, c);
      double dot = row[c];
      for (std::int64_t k = 0; k < c; ++k) dot -= row[k] * other[k];
      row[c] = dot / other[c];
      row[r] -= row[c] * row[c];
    }
    if (!(row[r] > EPSILON * before)) return -INFINITE;
    sum += std::log(row[r]);
    row[r] = std::sqrt(row[r]);
  }
  return sum;
}

// What the clusters are made of, and what a merge would cost.
class Separate {
 public:
  Separate(const Points& p, Criterion criterion)
      : slots(p), criterion_(criterion), alpha_(p.alpha), trace_(p.n, 0.0), term_(p.n), scatter_(p.n) {
    for (std::int64_t i = 0; i < p.n; ++i) term_[i] = single(slots.weight[i]);
  }
  Slots slots;

  double cost(std::int64_t i, std::int64_t j) {
    const double apart = slots.apart(i, j);
    if (criterion_ == Criterion::EII) return apart;
    return joint(i, j, trace_[i] + trace_[j] + apart) - term_[i] - term_[j];
  }
  void merge(std::int64_t i, std::int64_t j) {
    const double trace = trace_[i] + trace_[j] + slots.apart(i, j);
    if (criterion_ != Criterion::EII) term_[i] = joint(i, j, trace);
    if (criterion_ == Criterion::VVV) {
      sum(i, j);
      scatter_[i] = sum_;
      scatter_[j].swap(scatter_[slots.count - 1]);
      scatter_[slots.count - 1] = {};
    }
    trace_[i] = trace;
    trace_[j] = trace_[slots.count - 1];
    term_[j] = term_[slots.count - 1];
    slots.merge(i, j);
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
    const std::int64_t d = slots.d;
    sum_.assign(d * (d + 1) / 2, 0.0);
    for (const auto* part : {&scatter_[i], &scatter_[j]})
      for (std::size_t c = 0; c < part->size(); ++c) sum_[c] += (*part)[c];
    const double share = slots.share(i, j);
    const double *a = &slots.mean[i * d], *b = &slots.mean[j * d];
    double* out = sum_.data();
    for (std::int64_t r = 0; r < d; ++r) {
      const double scaled = share * (a[r] - b[r]);
      for (std::int64_t c = 0; c <= r; ++c) *out++ += scaled * (a[c] - b[c]);
    }
  }
  // n log((tr W + alpha) / n), and for VVV n log(|W / n| + (tr W + alpha) / n).
  double joint(std::int64_t i, std::int64_t j, double trace) {
    const double weight = slots.weight[i] + slots.weight[j], width = std::log((trace + alpha_) / weight);
    if (criterion_ == Criterion::VII || weight <= slots.d || !(trace > 0)) return weight * width;
    sum(i, j);
    const double volume = log_determinant(sum_, slots.d) - slots.d * std::log(weight);
    const double most = std::max(width, volume);
    return weight * (most + std::log1p(std::exp(std::min(width, volume) - most)));
  }
};

// All pairs' costs, and for each slot the cheapest partner in a lower slot.
class Pairs {
 public:
  Pairs(Separate& clusters, Watch& watch) : clusters_(clusters), watch_(watch) {
    const std::int64_t n = clusters.slots.count;
    cost_.resize(n * (n - 1) / 2);
    partner_.assign(n, 0);
  }
  bool fill() {
    for (std::int64_t j = 1; j < clusters_.slots.count; ++j) {
      for (std::int64_t i = 0; i < j; ++i) of(i, j) = clusters_.cost(i, j);
      scan(j);
      if (watch_.stop(j)) return false;
    }
    return true;
  }
  std::int64_t cheapest() const {
    std::int64_t best = 1;
    for (std::int64_t j = 2; j < clusters_.slots.count; ++j)
      if (of(partner_[j], j) <= of(partner_[best], best)) best = j;
    return best;
  }
  std::int64_t partner(std::int64_t j) const { return partner_[j]; }
  double height(std::int64_t j) const { return of(partner_[j], j); }

  // Two clusters have merged into slot i; slot j holds what was in the last one.
  bool update(std::int64_t i, std::int64_t j) {
    const std::int64_t last = clusters_.slots.count;
    for (std::int64_t k = 0; k < last; ++k) {
      if (k != j) of(std::min(k, j), std::max(k, j)) = of(k, last);  // meaningless where j was the last, and harmless
    }
    for (std::int64_t k = 0; k < last; ++k)
      if (k != i) of(std::min(k, i), std::max(k, i)) = clusters_.cost(std::min(k, i), std::max(k, i));
    std::int64_t seen = 2 * last;
    for (std::int64_t k = i; k < last; ++k) {
      const bool lost = k == i || k == j || partner_[k] == i || partner_[k] == j;
      if (lost) scan(k);
      if (lost) seen += k;
      if (!lost) consider(i, k);
      if (!lost && j < k) consider(j, k);
    }
    return !watch_.stop(seen);
  }

 private:
  Separate& clusters_;
  Watch& watch_;
  std::vector<double> cost_;
  std::vector<std::int64_t> partner_;

  double& of(std::int64_t i, std::int64_t j) { return cost_[j * (j - 1) / 2 + i]; }
  double of(std::int64_t i, std::int64_t j) const { return cost_[j * (j - 1) / 2 + i]; }
  void consider(std::int64_t i, std::int64_t j) {
    const double now = of(partner_[j], j), other = of(i, j);
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

bool separate(const Points& points, Criterion criterion, std::int64_t* merges, double* heights, Watch& watch) {
  Separate clusters(points, criterion);
  Pairs pairs(clusters, watch);
  if (!pairs.fill()) return false;
  for (std::int64_t step = 0; step < points.n - 1; ++step) {
    const std::int64_t j = pairs.cheapest(), i = pairs.partner(j);
    clusters.slots.note(i, j, merges + 2 * step);
    heights[step] = pairs.height(j);
    clusters.merge(i, j);
    if (!pairs.update(i, j)) return false;
  }
  return true;
}

}  // namespace
}  // namespace mixtura
