// The E-step of incomplete rows one by one, with a component in each lane: for patterns that few rows have.
#pragma once
#include "centring.hpp"
#include "elimination.hpp"
#include "responsibilities.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// Log-densities to base two under all components, of rows with one pattern after the other.
class RowDensities {
 public:
  const Gaussians& gaussians;
  Pattern pattern;

  explicit RowDensities(const Gaussians& gaussians)
      : gaussians(gaussians), pattern(gaussians.d), constants_(gaussians.groups * LANES), values_(gaussians.d),
        left_(gaussians.d * LANES), eliminations_(gaussians.groups) {
    for (int g = 0; g < gaussians.groups; ++g) eliminations_.add(gaussians, g);
  }

  const Elimination& elimination(int g) const { return eliminations_[g]; }
  const double* constants(int g) const { return constants_ + g * LANES; }

  void change(const std::uint64_t* words) {
    const int same = pattern.change(words);
    double widths = 0;
    for (int a = 0; a < pattern.lack; ++a) widths += gaussians.log_widths[pattern.missing[a]];
    const double scale = pattern.have * (LOG2_E * LOG_2PI / 2);
    for (int g = 0; g < gaussians.groups; ++g) {
      eliminations_[g].change(pattern, same);
      const Vec<double> normal = load(gaussians.normal + g * LANES);
      const Vec<double> volume = elimination(g).log_determinant() * (LOG2_E / 2);
      const Vec<double> own = load(gaussians.log_weights + g * LANES) + (1 - normal) * widths;
      store(constants_ + g * LANES, own - volume - normal * scale);
    }
  }
  void read(const Ordered& rows, std::int64_t n) { rows.copy(n, pattern, values_); }
  // Log-densities of the row read last under a group, and its completed deviations from the means.
  Vec<double> operator()(int g, double* deviations) {
    const double* mean = gaussians.mean(g);
    const Vec<double> normal = load(gaussians.normal + g * LANES);
    for (int t = 0; t < pattern.have; ++t) {
      const int i = pattern.seen[t];
      store(deviations + i * LANES, (values_[t] - load(mean + i * LANES)) * normal);
    }
    const Vec<double> distance = elimination(g).complete(pattern, deviations, left_);
    const Vec<double> h = load(constants_ + g * LANES) - distance * (LOG2_E / 2);
    return larger(h, load(gaussians.lowest + g * LANES));
  }

 private:
  Buffer<double> constants_, values_, left_;
  Several<Elimination> eliminations_;
};

// Replace the log-densities h of a row by 2^(h - most); returns their sum.
INLINE double scale_densities(double* h, int groups, double& most) {
  constexpr double LEAST = SMALLEST<double>;
  Vec<double> highest = load(h), total = {};
  for (int g = 1; g < groups; ++g) highest = larger(load(h + g * LANES), highest);
  most = largest(highest);
  for (int g = 0; g < groups; ++g) {
    const Vec<double> below_most = load(h + g * LANES) - most;
    Vec<double> f = exp2(larger(below_most, all(LEAST)));
    f = below_most < LEAST ? Vec<double>{} : f;
    total += f;
    store(h + g * LANES, f);
  }
  return sum<double>(total);
}

// The sum of rows' log-likelihoods; logarithms are taken of several rows at a time.
class Likelihood {
 public:
  void add(double total, double most, double weight) {
    totals_[count_] = total, weights_[count_] = weight;
    highest_ += weight * most;
    if (++count_ == MOST) flush();
  }
  void give(Sums& to) {
    flush();
    to.loglik += highest_ / LOG2_E + log_totals_;
    to.assignment_logprob -= log_totals_;
  }

 private:
  static constexpr int MOST = 8 * LANES;
  double totals_[MOST], weights_[MOST], highest_ = 0, log_totals_ = 0;
  int count_ = 0;
  void flush() {
    for (; count_ % LANES; ++count_) totals_[count_] = 1, weights_[count_] = 0;
    Vec<double> logs = {};
    for (int n = 0; n < count_; n += LANES) logs += load(weights_ + n) * logarithm(load(totals_ + n));
    log_totals_ += sum<double>(logs);
    count_ = 0;
  }
};

// Sums over completed rows of a group's components. Outer products are added up over several rows at a time.
class GroupSums {
 public:
  GroupSums(const Gaussians& gaussians, int g, const double* centres)
      : gaussians_(gaussians), g_(g), d_(gaussians.d), weight_(LANES), run_(LANES), first_(d_ * LANES),
        second_(triangle(d_) * LANES), apart_(d_ * LANES), rows_(std::int64_t(MOST) * d_ * LANES),
        weighted_(std::int64_t(MOST) * d_ * LANES) {
    clear(weight_, 1), clear(run_, 1), clear(first_, d_), clear(second_, triangle(d_));
    for (int i = 0; i < d_; ++i)
      for (int l = 0; l < LANES; ++l) {
        const std::int64_t j = g * LANES + l, here = i * LANES + l;
        apart_[here] = j < gaussians.k ? gaussians.mean(g)[here] - centres[j * d_ + d_ - 1 - i] : 0;
      }
  }
  // Where the completed deviations of the next row belong.
  double* next() { return rows_ + std::int64_t(count_) * d_ * LANES; }
  void add(Vec<double> responsibility) {
    if (!below(Vec<double>{}, responsibility)) return;
    store(run_.data, load(run_.data) + responsibility);
    double *row = next(), *to = weighted_ + (row - rows_);
    for (int i = 0; i < d_ * LANES; i += LANES) {
      const Vec<double> deviation = load(row + i) + load(apart_ + i), value = responsibility * deviation;
      store(row + i, deviation), store(to + i, value);
      store(first_ + i, load(first_ + i) + value);
    }
    if (++count_ == MOST) flush();
  }
  // After the last row with a pattern: add the covariance of what these rows lack.
  void end_run(const Pattern& pattern, const double* rest) {
    const Vec<double> run = load(run_.data), weight = run * load(gaussians_.normal + g_ * LANES);
    for (int a = 0; a < pattern.lack; ++a)
      for (int b = 0; b <= a; ++b, rest += LANES) {
        double* to = second_ + (triangle(pattern.missing[a]) + pattern.missing[b]) * LANES;
        store(to, load(to) + weight * load(rest));
      }
    store(weight_.data, load(weight_.data) + run);
    clear(run_, 1);
  }
  void give(Sums& to) {
    flush();
    for (int l = 0; l < LANES && g_ * LANES + l < gaussians_.k; ++l) {
      const std::int64_t j = g_ * LANES + l, last = d_ - 1;
      to.weight[j] += weight_[l];
      for (int i = 0; i < d_; ++i) {
        to.mean[j * d_ + last - i] += first_[i * LANES + l];
        double* row = to.scatter + (j * d_ + last - i) * d_;
        for (int m = 0; m <= i; ++m) row[last - m] += second_[(triangle(i) + m) * LANES + l];
      }
    }
  }

 private:
  static constexpr int MOST = 16;
  const Gaussians& gaussians_;
  const int g_, d_;
  int count_ = 0;
  Buffer<double> weight_, run_, first_, second_, apart_, rows_, weighted_;

  static void clear(double* to, std::int64_t registers) {
    for (std::int64_t i = 0; i < registers * LANES; ++i) to[i] = 0;
  }
  template <int J> INLINE void products(int i, int j0) {
    Vec<double> acc[J];
    double* to = second_ + (triangle(i) + j0) * LANES;
    for (int j = 0; j < J; ++j) acc[j] = load(to + j * LANES);
    const std::int64_t step = std::int64_t(d_) * LANES;
    const double *left = weighted_ + i * LANES, *right = rows_ + j0 * LANES;
    for (int n = 0; n < count_; ++n, left += step, right += step) {
      const Vec<double> own = load(left);
      for (int j = 0; j < J; ++j) acc[j] += own * load(right + j * LANES);
    }
    for (int j = 0; j < J; ++j) store(to + j * LANES, acc[j]);
  }
  void flush() {
    for (int i = 0; i < d_; ++i) {
      int j0 = 0;
      for (; j0 + 4 <= i + 1; j0 += 4) products<4>(i, j0);
      for (; j0 <= i; ++j0) products<1>(i, j0);
    }
    count_ = 0;
  }
};

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
