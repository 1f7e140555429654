// Clusters that merge in pairs. Each has an index, its slot; a merged cluster takes the lower of the two slots, and the
// last cluster moves to the slot that becomes free.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "agglomeration.hpp"

namespace mixtura {
namespace {

constexpr double INFINITE = std::numeric_limits<double>::infinity();
constexpr double EPSILON = std::numeric_limits<double>::epsilon();

// Weight and mean of each slot's cluster, and its first row.
struct Clusters {
  std::int64_t d, count;
  std::vector<double> weight, mean;
  std::vector<std::int64_t> first;

  explicit Clusters(const WeightedRows& p)
      : d(p.d), count(p.n), weight(p.weight, p.weight + p.n), mean(p.rows, p.rows + p.n * p.d), first(p.n) {
    for (std::int64_t i = 0; i < count; ++i) first[i] = i;
  }
  // The weight of the squared distance of two means in the scatter of both clusters together.
  double joint_weight(std::int64_t i, std::int64_t j) const { return weight[i] / (weight[i] + weight[j]) * weight[j]; }
  // By how much a merge raises the trace of the scatter.
  double trace_rise(std::int64_t i, std::int64_t j) const {
    const double *a = mean.data() + i * d, *b = mean.data() + j * d;
    double sum = 0;
    for (std::int64_t c = 0; c < d; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
    return joint_weight(i, j) * sum;
  }
  // The first rows of two clusters, the smaller first.
  void write_merge(std::int64_t i, std::int64_t j, std::int64_t* merge) const {
    merge[0] = std::min(first[i], first[j]);
    merge[1] = std::max(first[i], first[j]);
  }
  // Clusters i < j become one, in slot i.
  void merge(std::int64_t i, std::int64_t j) {
    const double fraction = weight[j] / (weight[i] + weight[j]);
    for (std::int64_t c = 0; c < d; ++c) mean[i * d + c] += fraction * (mean[j * d + c] - mean[i * d + c]);
    weight[i] += weight[j];
    first[i] = std::min(first[i], first[j]);
    const std::int64_t last = --count;
    weight[j] = weight[last];
    first[j] = first[last];
    std::copy_n(mean.data() + last * d, d, mean.data() + j * d);
  }
};

}  // namespace
}  // namespace mixtura
