// Clusters on their way to being one. Each has a slot; two that merge take the lower one, and the last cluster moves to
// the slot that falls free.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "hierarchical.hpp"

namespace mixtura {
namespace {

constexpr double INFINITE = std::numeric_limits<double>::infinity();
constexpr double EPSILON = std::numeric_limits<double>::epsilon();
constexpr std::int64_t PATIENCE = 1 << 24;  // numbers handled between two looks at the keyboard

struct Watch {
  bool (*interrupted)();
  std::int64_t each;  // numbers that a pair may take
  std::int64_t handled = 0;
  bool stop(std::int64_t pairs) {
    handled += pairs * each;
    if (handled < PATIENCE) return false;
    handled = 0;
    return interrupted();
  }
};

// Weight and mean of each slot's cluster, and its first row.
struct Slots {
  std::int64_t d, count;
  std::vector<double> weight, mean;
  std::vector<std::int64_t> first;

  explicit Slots(const Points& p)
      : d(p.d), count(p.n), weight(p.weight, p.weight + p.n), mean(p.rows, p.rows + p.n * p.d), first(p.n) {
    for (std::int64_t i = 0; i < count; ++i) first[i] = i;
  }
  double share(std::int64_t i, std::int64_t j) const { return weight[i] / (weight[i] + weight[j]) * weight[j]; }
  double apart(std::int64_t i, std::int64_t j) const {
    const double *a = &mean[i * d], *b = &mean[j * d];
    double sum = 0;
    for (std::int64_t c = 0; c < d; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
    return share(i, j) * sum;
  }
  void note(std::int64_t i, std::int64_t j, std::int64_t* merge) const {
    merge[0] = std::min(first[i], first[j]);
    merge[1] = std::max(first[i], first[j]);
  }
  void merge(std::int64_t i, std::int64_t j) {
    const double part = weight[j] / (weight[i] + weight[j]);
    for (std::int64_t c = 0; c < d; ++c) mean[i * d + c] += part * (mean[j * d + c] - mean[i * d + c]);
    weight[i] += weight[j];
    first[i] = std::min(first[i], first[j]);
    const std::int64_t last = --count;
    weight[j] = weight[last];
    first[j] = first[last];
    std::copy_n(&mean[last * d], d, &mean[j * d]);
  }
};

}  // namespace
}  // namespace mixtura
