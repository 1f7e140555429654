// The E-step of many rows with one pattern: that of complete rows in the columns seen, whose sums are then completed.
#pragma once
#include "estep.hpp"
#include "incomplete_rows.hpp"
#include "predict.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// The marginal density of a pattern's columns, in the order of positions, and the regressions of the missing ones.
struct RunDensity {
  const int k, have, lack;
  Buffer<double> shift, constants, factors, offsets;
  Buffer<double> means;   // of the columns seen: (k, have)
  Buffer<double> slopes;  // expected deviations of those missing from deviations of those seen: (k, lack, have)
  Buffer<double> rest;    // lower triangles of the covariances of those missing given those seen
  Density density;

  RunDensity(const RowDensities& from, const Density& whole)
      : k(from.gaussians.k), have(from.pattern.have), lack(from.pattern.lack), shift(have), constants(k),
        factors(std::int64_t(k) * have * have), offsets(std::int64_t(k) * have), means(std::int64_t(k) * have),
        slopes(std::int64_t(k) * lack * have), rest(k * triangle(lack)),
        density{k, Form::DENSE, shift, constants, factors, offsets, 1} {
    const int last = from.pattern.d - 1;
    for (int t = 0; t < have; ++t) shift[t] = whole.shift[last - from.pattern.seen[t]];
    Buffer<double> inverse(std::int64_t(have) * have * LANES), slope(LANES);
    for (int g = 0; g < from.gaussians.groups; ++g) {
      invert(from.elimination(g), from.pattern, inverse);
      put_density(from, g, inverse);
      put_rest(from, g, inverse);
    }
  }

 private:
  // The inverse of the Cholesky factor of the columns seen.
  void invert(const Elimination& e, const Pattern& pattern, double* to) const {
    for (int j = 0; j < have; ++j) {
      store(to + (std::int64_t(j) * have + j) * LANES, e.reciprocal(j));
      for (int i = j + 1; i < have; ++i) {
        Vec<double> total = {};
        for (int m = j; m < i; ++m)
          total += e.factor(pattern, m, pattern.seen[i], 0) * load(to + (std::int64_t(m) * have + j) * LANES);
        store(to + (std::int64_t(i) * have + j) * LANES, -total * e.reciprocal(i));
      }
    }
  }
  // Call act(component, lane) for a group's components.
  template <class Act> void each(int g, Act act) const {
    for (int l = 0; l < LANES && g * LANES + l < k; ++l) act(std::int64_t(g) * LANES + l, l);
  }
  void put_density(const RowDensities& from, int g, const double* inverse) {
    const Gaussians& all = from.gaussians;
    each(g, [&](std::int64_t j, int l) {
      const double normal = all.normal[g * LANES + l];
      constants[j] = from.constants(g)[l] / LOG2_E;
      for (int t = 0; t < have; ++t) means[j * have + t] = all.mean(g)[from.pattern.seen[t] * LANES + l];
      for (int i = 0; i < have; ++i) {
        double offset = 0;
        for (int t = 0; t < have; ++t) {
          const double value = t > i ? 0 : normal * inverse[(std::int64_t(i) * have + t) * LANES + l];
          factors[(j * have + t) * have + i] = value;
          offset += (means[j * have + t] - shift[t]) * value;
        }
        offsets[j * have + i] = offset;
      }
    });
  }
  void put_rest(const RowDensities& from, int g, const double* inverse) {
    const Elimination& e = from.elimination(g);
    const Vec<double> normal = load(from.gaussians.normal + g * LANES);
    for (int a = 0; a < lack; ++a)
      for (int t = 0; t < have; ++t) {
        Vec<double> total = {};
        for (int m = t; m < have; ++m)
          total += e.factor(from.pattern, m, from.pattern.missing[a], a) *
                   load(inverse + (std::int64_t(m) * have + t) * LANES);
        total *= normal;
        each(g, [&](std::int64_t j, int l) { slopes[(j * lack + a) * have + t] = total[l]; });
      }
    const std::int64_t size = triangle(lack);
    for (std::int64_t n = 0; n < size; ++n) {
      const Vec<double> value = load(e.rest() + n * LANES) * normal;
      each(g, [&](std::int64_t j, int l) { rest[j * size + n] = value[l]; });
    }
  }
};

// Copies of the values that rows have, some rows at a time.
class Pieces {
 public:
  static constexpr std::int64_t MOST = 2048;
  Pieces(const Ordered& rows, const Pattern& pattern, std::int64_t count)
      : rows_(rows), pattern_(pattern), size_(count < MOST ? count : MOST), values_(size_ * pattern.have),
        weight_(rows.rows.weight ? size_ : 0) {}
  // Call act(first, piece) for all rows from `first` on, before `end`.
  template <class Act> void each(std::int64_t first, std::int64_t end, Act act) {
    for (; first < end; first += size_) {
      const std::int64_t count = end - first < size_ ? end - first : size_, have = pattern_.have;
      for (std::int64_t n = 0; n < count; ++n) {
        rows_.copy(first + n, pattern_, values_ + n * have);
        if (rows_.rows.weight) weight_[n] = rows_.weight(first + n);
      }
      act(first, Rows{values_.data, count, have, have, 1, false, rows_.rows.weight ? weight_.data : nullptr, 1});
    }
  }

 private:
  const Ordered& rows_;
  const Pattern& pattern_;
  const std::int64_t size_;
  Buffer<double> values_, weight_;
};

// Add a component's sums in the columns seen, completed by regression, to those in all columns.
class Completion {
 public:
  Completion(const RunDensity& run, const Pattern& pattern, const Gaussians& gaussians)
      : run_(run), pattern_(pattern), gaussians_(gaussians), d_(pattern.d), cross_(std::int64_t(d_) * d_),
        first_(d_), apart_(d_) {}

  // Moments of rows' deviations from centres: `first` (have), `second`, the upper triangle, (have, have).
  void add(std::int64_t j, double weight, const double* first, const double* second, Sums& to) {
    const int have = run_.have, lack = run_.lack;
    to.weight[j] += weight;
    if (gaussians_.normal[j] == 0) return;  // noise has no moments
    for (int i = 0; i < have; ++i)
      for (int m = i; m < have; ++m)
        cross_[std::int64_t(i) * d_ + m] = cross_[std::int64_t(m) * d_ + i] = second[std::int64_t(i) * have + m];
    for (int i = 0; i < have; ++i) first_[i] = first[i];
    for (int a = 0; a < lack; ++a) complete(j, weight, a, to.centres + j * d_);
    const double* rest = run_.rest + j * triangle(lack);
    for (int a = 0; a < lack; ++a)
      for (int b = 0; b <= a; ++b) cross_[std::int64_t(have + a) * d_ + have + b] += weight * *rest++;
    for (int a = 0; a < d_; ++a) {
      to.mean[j * d_ + column(a)] += first_[a];
      for (int b = 0; b <= a; ++b) {
        const std::int64_t one = column(a), other = column(b);
        const std::int64_t upper = one < other ? one * d_ + other : other * d_ + one;
        to.scatter[j * d_ * d_ + upper] += cross_[std::int64_t(a) * d_ + b];
      }
    }
  }

 private:
  const RunDensity& run_;
  const Pattern& pattern_;
  const Gaussians& gaussians_;
  const std::int64_t d_;
  Buffer<double> cross_, first_, apart_;  // the columns seen come first, then those missing

  std::int64_t position(std::int64_t a) const {
    return a < run_.have ? pattern_.seen[a] : pattern_.missing[a - run_.have];
  }
  std::int64_t column(std::int64_t a) const { return d_ - 1 - position(a); }
  // The mean of column a less the centre.
  double distance(std::int64_t j, std::int64_t a, const double* centre) const {
    return gaussians_.mean(int(j / LANES))[position(a) * LANES + j % LANES] - centre[column(a)];
  }
  // Moments of a missing column, which is expected at slope' (x - centres) + apart, with those before it.
  void complete(std::int64_t j, double weight, int a, const double* centre) {
    const std::int64_t have = run_.have, here = have + a;
    const double* slope = run_.slopes + (j * run_.lack + a) * have;
    double apart = distance(j, here, centre), total = 0;
    for (int t = 0; t < have; ++t) apart -= slope[t] * distance(j, t, centre), total += slope[t] * first_[t];
    double* row = cross_ + here * d_;
    for (int i = 0; i < here; ++i) row[i] = apart * first_[i];
    for (int t = 0; t < have; ++t)
      for (int i = 0; i < here; ++i) row[i] += slope[t] * cross_[std::int64_t(t) * d_ + i];
    for (int t = 0; t < have; ++t) cross_[std::int64_t(t) * d_ + here] = row[t];
    first_[here] = total + weight * apart;
    double square = apart * first_[here];
    for (int t = 0; t < have; ++t) square += slope[t] * row[t];
    row[here] = square;
  }
};

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
