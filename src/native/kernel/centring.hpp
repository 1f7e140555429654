// Means and centred scatter from sums of deviations about given centres; where digits are lost, the sums are repeated.
#pragma once
#include "block.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// Least fractions of a variance that may remain after a change of centre. For the pooled scatter the remainder is small
// in every pass over well separated data, so more digits are required.
constexpr double LEAST_LEFT = 1e-5, LEAST_LEFT_OF_TOTAL = 1e-3;

// Layout of the components' scatter: numbers in one matrix, and the distance to the next component's.
struct Layout {
  std::int64_t size, step, matrices;
  Layout(const Sums& sums, std::int64_t k, std::int64_t d)
      : size(sums.kind == Scatter::DIAGONAL ? d : d * d), step(sums.kind == Scatter::POOLED ? 0 : size),
        matrices(sums.kind == Scatter::POOLED ? 1 : k) {}
};

// Means and centred scatter from sums of deviations. Lists (and counts) the matrices whose centres were so far from the
// means that less than the fraction `least` of a variance remains: there the difference loses digits, and the caller
// has to sum again with the means as centres.
int centre_sums(const Density& density, std::int64_t d, Sums& sums, double least, int* lost) {
  const Layout layout(sums, density.k, d);
  const bool full = sums.kind != Scatter::DIAGONAL;
  const std::int64_t down = full ? d + 1 : 1;
  Buffer<double> raw(layout.matrices * d);
  for (std::int64_t m = 0; m < layout.matrices; ++m)
    for (std::int64_t i = 0; i < d; ++i) raw[m * d + i] = sums.scatter[m * layout.size + i * down];
  for (std::int64_t j = 0; j < density.k; ++j) {
    double *mean = sums.mean + j * d, *scatter = sums.scatter + j * layout.step;
    const double weight = sums.weight[j];
    for (std::int64_t i = 0; i < d; ++i) mean[i] = weight > 0 ? mean[i] / weight : 0;
    for (std::int64_t i = 0; i < d; ++i)
      for (std::int64_t l = i; l < (full ? d : i + 1); ++l)
        scatter[full ? i * d + l : i] -= weight * mean[i] * mean[l];
    for (std::int64_t i = 0; i < d; ++i) mean[i] += sums.centres[j * d + i];
  }
  int count = 0;
  for (std::int64_t m = 0; m < layout.matrices; ++m) {
    double* scatter = sums.scatter + m * layout.size;
    bool exact = true;
    for (std::int64_t i = 0; i < d; ++i) {
      double& variance = scatter[i * down];
      exact = exact && least * raw[m * d + i] <= variance;
      if (variance < 0) variance = 0;
      for (std::int64_t l = i + 1; full && l < d; ++l) scatter[l * d + i] = scatter[i * d + l];
    }
    if (!exact) lost[count++] = int(m);
  }
  return count;
}

void clear(const Density& density, std::int64_t d, Sums& sums) {
  const Layout layout(sums, density.k, d);
  std::memset(sums.weight, 0, std::size_t(density.k) * sizeof(double));
  std::memset(sums.mean, 0, std::size_t(density.k * d) * sizeof(double));
  std::memset(sums.scatter, 0, std::size_t(layout.matrices * layout.size) * sizeof(double));
  sums.loglik = sums.assignment_logprob = 0;
}

// Sums about the given centres and, if digits are lost, again about the means.
template <class Add> void twice_if_needed(const Rows& rows, const Density& density, Sums& sums, double least, Add add) {
  const std::int64_t d = rows.d;
  Buffer<double> centres(density.k * d);
  Buffer<int> lost(density.k);
  std::memcpy(centres, sums.centres, std::size_t(density.k * d) * sizeof(double));
  sums.centres = centres;
  clear(density, d, sums);
  add(false);
  if (!centre_sums(density, d, sums, least, lost)) return;
  std::memcpy(centres, sums.mean, std::size_t(density.k * d) * sizeof(double));
  clear(density, d, sums);
  add(true);
  centre_sums(density, d, sums, 0, lost);
}

// Some of the components, whose sums are repeated about the means found before.
struct Subset {
  const int* which;
  std::int64_t k, d, size, each;
  Buffer<double> constants, factors, offsets, centres, weight, mean, scatter;
  Density density;
  Sums sums;

  Subset(const Density& of, std::int64_t columns, const Sums& found, const int* which, int count)
      : which(which), k(count), d(columns), size(Layout(found, of.k, d).size),
        each(of.form == Form::DENSE ? d * d : of.form == Form::DIAGONAL ? d : 0), constants(k), factors(k * each),
        offsets(k * d), centres(k * d), weight(k), mean(k * d), scatter(k * size),
        density{k, of.form, of.shift, constants, each ? factors.data : of.factors, offsets, of.inflation},
        sums{centres, found.kind, weight, mean, scatter, 0, 0} {
    for (std::int64_t j = 0; j < k; ++j) {
      constants[j] = of.constants[which[j]];
      put(of.factors, which[j], factors, j, each);
      put(of.offsets, which[j], offsets, j, d);
      put(found.mean, which[j], centres, j, d);
    }
    clear(density, d, sums);
  }
  static void put(const double* from, std::int64_t i, double* to, std::int64_t j, std::int64_t size) {
    std::memcpy(to + j * size, from + i * size, std::size_t(size) * sizeof(double));
  }
  void give_back(Sums& to) {
    Buffer<int> lost(k);
    centre_sums(density, d, sums, 0, lost);
    for (std::int64_t j = 0; j < k; ++j) {
      to.weight[which[j]] = weight[j];
      put(mean, j, to.mean, which[j], d);
      put(scatter, j, to.scatter, which[j], size);
    }
  }
};

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
