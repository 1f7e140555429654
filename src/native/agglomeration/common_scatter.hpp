// EEE: one scatter W for all clusters, so every merge changes every cost.
//
// Merging two clusters adds v v' to W, with v the scaled difference of their means, and |W / n| + tr(W / n) rises by
// v' M v with M = adj(W) / n^d + I / n. M only grows with W: a cost seen earlier is a lower bound of what it is now,
// and only slots whose bound lies below the cheapest pair need to be looked at again.
#pragma once
#include "../matrix.hpp"
#include "clusters.hpp"

namespace mixtura {
namespace {

// A rotation of two columns, then two rows, of a symmetric matrix, without overflow. Which of several tied merges of
// rounded data comes first depends on the last bits: with this rotation, partitions of mclust's examples are mclust's.
struct TwoSidedRotation {
  PlaneRotation plane;

  static TwoSidedRotation diagonalising(ConstMatrixView a, std::int64_t i, std::int64_t j) {
    const double theta = (a(j, j) - a(i, i)) / (2 * a(i, j));
    const double tangent = std::copysign(1.0, theta) / (std::abs(theta) + std::hypot(theta, 1.0));
    return {{i, j, 1 / std::hypot(tangent, 1.0), tangent / std::hypot(tangent, 1.0)}};
  }
  void axes(MatrixView v) const { plane.rows(v); }
  void both_sides(MatrixView a) const {
    plane.columns(a);
    plane.rows(a);
    a(plane.i, plane.j) = a(plane.j, plane.i) = 0;
  }
};

// The eigenvectors of a growing scatter matrix, found by rotations that start from the last ones.
class GrowingAxes {
 public:
  explicit GrowingAxes(std::int64_t d) : rotated_(d), axes_(d) { set_identity(axes_); }

  double value(std::int64_t r) const { return std::max(rotated_(r, r), 0.0); }

  // A vector's coordinate along an axis.
  double coordinate(std::int64_t r, const double* vector) const {
    const std::int64_t d = axes_.d;
    const double* axis = axes_.numbers.data() + r * d;
    double dot = 0;
    for (std::int64_t c = 0; c < d; ++c) dot += axis[c] * vector[c];
    return dot;
  }

  // Add the outer product of a vector. An element off the diagonal counts as rounding relative to the two variances of
  // its row and column, not to the largest one, so that the smallest eigenvalues are as exact as the others.
  void add(const std::vector<double>& vector) {
    const std::int64_t d = axes_.d;
    std::vector<double> own(d);
    for (std::int64_t r = 0; r < d; ++r) own[r] = coordinate(r, vector.data());
    for (std::int64_t r = 0; r < d; ++r)
      for (std::int64_t c = 0; c < d; ++c) rotated_(r, c) += own[r] * own[c];
    const auto negligible = [](double off, double x, double y) {
      return std::abs(off) <= EPSILON * std::sqrt(std::abs(x * y));
    };
    for (int sweep = 0; sweep < 30 && jacobi_sweep<TwoSidedRotation>(rotated_, axes_, negligible); ++sweep) {
    }
  }

 private:
  Square rotated_, axes_;  // the matrix in its own axes, and the axes as rows
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
  void whiten(const double* from, double* to) const {
    for (std::int64_t r = 0; r < d_; ++r) to[r] = root_[r] * axes_.coordinate(r, from);
  }

 private:
  std::int64_t d_;
  double total_;
  GrowingAxes axes_;
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

// For each slot a lower bound on the least cost of merging it with one in a lower slot.
class Bounds {
 public:
  Bounds(const WeightedRows& p, double total)
      : clusters(p), metric_(p.d, total), whitened_(p.n * p.d), bound_(p.n, 0.0), partner_(p.n), exact_(p.n) {}
  Clusters clusters;

  double scale() const { return metric_.scale(); }
  std::int64_t partner(std::int64_t j) const { return partner_[j]; }
  double height(std::int64_t j) const { return bound_[j]; }

  // The higher slot of the cheapest merge; `partner` gives the lower one.
  std::int64_t cheapest(InterruptCheck& check) {
    const std::int64_t d = clusters.d;
    for (std::int64_t i = 0; i < clusters.count; ++i)
      metric_.whiten(clusters.mean.data() + i * d, whitened_.data() + i * d);
    std::fill(exact_.begin(), exact_.end(), false);
    for (std::int64_t evaluated = 1;; ++evaluated) {
      std::int64_t best = 1;
      for (std::int64_t j = 2; j < clusters.count; ++j)
        if (bound_[j] <= bound_[best]) best = j;
      if (exact_[best]) return best;
      evaluate(best);
      if (evaluated % 16 == 0) check();  // the clock costs as much as a few pairs
    }
  }
  void merge(std::int64_t i, std::int64_t j) {
    const std::int64_t d = clusters.d, last = clusters.count - 1;
    std::vector<double> difference(d);
    const double root = std::sqrt(clusters.joint_weight(i, j));
    for (std::int64_t c = 0; c < d; ++c) difference[c] = root * (clusters.mean[i * d + c] - clusters.mean[j * d + c]);
    const double fraction = clusters.weight[j] / (clusters.weight[i] + clusters.weight[j]);
    double *to = whitened_.data() + i * d, *from = whitened_.data() + j * d;
    for (std::int64_t c = 0; c < d; ++c) to[c] += fraction * (from[c] - to[c]);
    std::copy_n(whitened_.data() + last * d, d, from);
    bound_[j] = bound_[last];
    clusters.merge(i, j);
    bound_partners(i);
    if (j < last) bound_partners(j);
    const double unit = metric_.grow(difference);
    for (double& bound : bound_) bound *= unit;
  }

 private:
  Metric metric_;
  std::vector<double> whitened_, bound_;
  std::vector<std::int64_t> partner_;
  std::vector<char> exact_;

  double cost(std::int64_t i, std::int64_t j) const {
    const double *a = whitened_.data() + i * clusters.d, *b = whitened_.data() + j * clusters.d;
    double sum = 0;
    for (std::int64_t c = 0; c < clusters.d; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
    return clusters.joint_weight(i, j) * sum;
  }
  void evaluate(std::int64_t j) {
    double least = INFINITE;
    for (std::int64_t i = 0; i < j; ++i) {
      const double now = cost(i, j);
      if (now <= least) least = now, partner_[j] = i;
    }
    bound_[j] = least;
    exact_[j] = true;
  }
  // After the cluster in slot i has changed, bound the cost of merging it.
  void bound_partners(std::int64_t i) {
    bound_[i] = INFINITE;
    for (std::int64_t k = 0; k < clusters.count; ++k) {
      if (k == i) continue;
      double& bound = bound_[std::max(i, k)];
      bound = std::min(bound, cost(std::min(i, k), std::max(i, k)));
    }
  }
};

void merge_with_common_scatter(const WeightedRows& rows, std::int64_t* merges, double* heights, InterruptCheck& check) {
  double total = 0;
  for (std::int64_t i = 0; i < rows.n; ++i) total += rows.weight[i];
  Bounds bounds(rows, total);
  for (std::int64_t step = 0; step < rows.n - 1; ++step) {
    const std::int64_t j = bounds.cheapest(check), i = bounds.partner(j);
    bounds.clusters.write_merge(i, j, merges + 2 * step);
    heights[step] = bounds.height(j) * bounds.scale();
    bounds.merge(i, j);
  }
}

}  // namespace
}  // namespace mixtura
