// EEE: one scatter W for all clusters, so every merge changes every cost.
//
// Merging two clusters adds v v' to W, with v the scaled difference of their means, and |W / n| + tr(W / n) rises by
// v' M v with M = adj(W) / n^d + I / n. M only grows with W: a cost seen earlier is a lower bound of what it is now,
// and only slots whose bound lies below the cheapest pair need to be looked at again.
#pragma once

#include "slots.hpp"

namespace mixtura {
namespace {

// The eigenvectors of a growing scatter matrix, by cyclic Jacobi rotations that start from the last ones.
class Axes {
 public:
  explicit Axes(std::int64_t d) : d_(d), a_(d * d, 0.0), v_(d * d, 0.0), turned_(d) {
    for (std::int64_t r = 0; r < d; ++r) v_[r * d + r] = 1;
  }
  double value(std::int64_t r) const { return std::max(a_[r * d_ + r], 0.0); }
  const double* axis(std::int64_t r) const { return &v_[r * d_]; }

  void add(const std::vector<double>& vector) {
    for (std::int64_t r = 0; r < d_; ++r) {
      turned_[r] = 0;
      for (std::int64_t c = 0; c < d_; ++c) turned_[r] += v_[r * d_ + c] * vector[c];
    }
    for (std::int64_t r = 0; r < d_; ++r)
      for (std::int64_t c = 0; c < d_; ++c) a_[r * d_ + c] += turned_[r] * turned_[c];
    for (int sweep = 0; sweep < 30; ++sweep)
      if (!turn()) return;
  }

 private:
  std::int64_t d_;
  std::vector<double> a_, v_, turned_;  // the matrix in its own axes, the axes as rows

  // One sweep of rotations; false when the matrix was diagonal already.
  bool turn() {
    bool any = false;
    for (std::int64_t p = 0; p < d_; ++p)
      for (std::int64_t q = p + 1; q < d_; ++q) {
        const double off = a_[p * d_ + q], x = a_[p * d_ + p], y = a_[q * d_ + q];
        if (std::abs(off) <= EPSILON * std::sqrt(std::abs(x * y)) || off == 0) continue;
        any = true;
        const double theta = (y - x) / (2 * off);
        const double t = std::copysign(1.0, theta) / (std::abs(theta) + std::hypot(theta, 1.0));
        rotate(p, q, 1 / std::hypot(t, 1.0), t / std::hypot(t, 1.0));
      }
    return any;
  }
  void rotate(std::int64_t p, std::int64_t q, double cosine, double sine) {
    const auto both = [=](double& x, double& y) {
      const double old = x;
      x = cosine * old - sine * y;
      y = sine * old + cosine * y;
    };
    for (std::int64_t k = 0; k < d_; ++k) both(a_[k * d_ + p], a_[k * d_ + q]);
    for (std::int64_t k = 0; k < d_; ++k) both(a_[p * d_ + k], a_[q * d_ + k]);
    for (std::int64_t k = 0; k < d_; ++k) both(v_[p * d_ + k], v_[q * d_ + k]);
    a_[p * d_ + q] = a_[q * d_ + p] = 0;
  }
};

// The metric M, divided by its largest eigenvalue so that determinants of any size stay finite.
class Metric {
 public:
  Metric(std::int64_t d, double total) : d_(d), total_(total), axes_(d), root_(d) { measure(); }

  double scale() const { return std::exp(scale_); }

  // Add a difference of means to W. Costs in the old unit times what this returns are in the new one.
  double grow(const std::vector<double>& difference) {
    axes_.add(difference);
    const double old = scale_;
    measure();
    return std::exp(old - scale_);
  }
  // Coordinates in which the metric is the identity.
  void turn(const double* from, double* to) const {
    for (std::int64_t r = 0; r < d_; ++r) {
      const double* axis = axes_.axis(r);
      double dot = 0;
      for (std::int64_t c = 0; c < d_; ++c) dot += axis[c] * from[c];
      to[r] = root_[r] * dot;
    }
  }

 private:
  std::int64_t d_;
  double total_;
  Axes axes_;
  std::vector<double> root_;
  double scale_;

  // The eigenvalues of M, by their logarithms.
  void measure() {
    scale_ = -INFINITE;
    for (std::int64_t r = 0; r < d_; ++r) {
      double rest = 0;
      for (std::int64_t c = 0; c < d_; ++c)
        if (c != r) rest += std::log(axes_.value(c) / total_);
      const double high = std::max(rest, 0.0);
      root_[r] = high + std::log(std::exp(rest - high) + std::exp(-high)) - std::log(total_);
      scale_ = std::max(scale_, root_[r]);
    }
    for (double& root : root_) root = std::exp((root - scale_) / 2);
  }
};

// For each slot a lower bound on the cost of merging it with one in a lower slot.
class Bounds {
 public:
  Bounds(const Points& p, double total)
      : slots(p), metric_(p.d, total), turned_(p.n * p.d), bound_(p.n, 0.0), partner_(p.n), exact_(p.n) {}
  Slots slots;

  double scale() const { return metric_.scale(); }
  std::int64_t partner(std::int64_t j) const { return partner_[j]; }
  double height(std::int64_t j) const { return bound_[j]; }

  // The slot whose cheapest partner is the cheapest of all; -1 when interrupted.
  std::int64_t cheapest(Watch& watch) {
    for (std::int64_t i = 0; i < slots.count; ++i) metric_.turn(&slots.mean[i * slots.d], &turned_[i * slots.d]);
    std::fill(exact_.begin(), exact_.end(), false);
    while (true) {
      std::int64_t best = 1;
      for (std::int64_t j = 2; j < slots.count; ++j)
        if (bound_[j] <= bound_[best]) best = j;
      if (exact_[best]) return best;
      look(best);
      if (watch.stop(slots.count)) return -1;
    }
  }
  void merge(std::int64_t i, std::int64_t j) {
    const std::int64_t d = slots.d, last = slots.count - 1;
    std::vector<double> difference(d);
    const double root = std::sqrt(slots.share(i, j));
    for (std::int64_t c = 0; c < d; ++c) difference[c] = root * (slots.mean[i * d + c] - slots.mean[j * d + c]);
    const double part = slots.weight[j] / (slots.weight[i] + slots.weight[j]);
    for (std::int64_t c = 0; c < d; ++c) turned_[i * d + c] += part * (turned_[j * d + c] - turned_[i * d + c]);
    std::copy_n(&turned_[last * d], d, &turned_[j * d]);
    bound_[j] = bound_[last];
    slots.merge(i, j);
    meet(i);
    if (j < last) meet(j);
    const double unit = metric_.grow(difference);
    for (double& bound : bound_) bound *= unit;
  }

 private:
  Metric metric_;
  std::vector<double> turned_, bound_;
  std::vector<std::int64_t> partner_;
  std::vector<char> exact_;

  double cost(std::int64_t i, std::int64_t j) const {
    const double *a = &turned_[i * slots.d], *b = &turned_[j * slots.d];
    double sum = 0;
    for (std::int64_t c = 0; c < slots.d; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
    return slots.share(i, j) * sum;
  }
  void look(std::int64_t j) {
    double least = INFINITE;
    for (std::int64_t i = 0; i < j; ++i) {
      const double now = cost(i, j);
      if (now <= least) least = now, partner_[j] = i;
    }
    bound_[j] = least;
    exact_[j] = true;
  }
  // Slot i holds another cluster: bound what it costs to merge with it.
  void meet(std::int64_t i) {
    bound_[i] = INFINITE;
    for (std::int64_t k = 0; k < slots.count; ++k) {
      if (k == i) continue;
      double& bound = bound_[std::max(i, k)];
      bound = std::min(bound, cost(std::min(i, k), std::max(i, k)));
    }
  }
};

bool pooled(const Points& points, std::int64_t* merges, double* heights, Watch& watch) {
  double total = 0;
  for (std::int64_t i = 0; i < points.n; ++i) total += points.weight[i];
  Bounds clusters(points, total);
  for (std::int64_t step = 0; step < points.n - 1; ++step) {
    const std::int64_t j = clusters.cheapest(watch);
    if (j < 0) return false;
    const std::int64_t i = clusters.partner(j);
    clusters.slots.note(i, j, merges + 2 * step);
    heights[step] = clusters.height(j) * clusters.scale();
    clusters.merge(i, j);
  }
  return true;
}

}  // namespace
}  // namespace mixtura
