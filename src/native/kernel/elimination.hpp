// Cholesky factors of the columns seen, and covariances of the others given them, for one pattern after the other.
//
// Columns are eliminated one by one. Patterns that begin alike share their first eliminations: rows are in the order of
// their patterns, so that for each only what differs from the one before is computed again.
#pragma once
#include "lanes.hpp"
#include "seen.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// Numbers that may be kept for patterns that begin alike; what does not fit is computed in place.
constexpr std::int64_t KEPT = 1 << 22;

// Eliminations of one group of components. After t of them a matrix of d - t columns is left: the covariance of the
// columns that are missing or not yet eliminated given those eliminated.
class Elimination {
 public:
  Elimination(const Gaussians& gaussians, int g)
      : d_(gaussians.d), kept_(most_kept(gaussians)), covariance_(gaussians.covariance(g)),
        matrices_(begin(kept_ + 1) + triangle(d_) * LANES), factors_(std::int64_t(d_) * d_ * LANES),
        reciprocals_(d_ * LANES), log_determinants_((d_ + 1) * LANES), before_(d_) {
    store(log_determinants_.data, Vec<double>{});
  }

  // Change to a pattern that agrees with the one before in the first `same` positions.
  void change(const Pattern& pattern, int same) {
    int t = 0;
    while (t < pattern.have && pattern.seen[t] < same) ++t;
    if (t < done_ && t > kept_) t = kept_;
    for (; t < pattern.have; ++t) eliminate(t, pattern.seen[t] - t);
    done_ = t;
  }
  // Covariance of the missing columns given those seen: a lower triangle.
  const double* rest() const { return matrix(done_); }
  Vec<double> log_determinant() const { return load(log_determinants_ + done_ * LANES); }

  // Deviations of a row from the means: of the values seen on entry, and of the expected missing ones on return. `left`
  // is scratch of d registers. Returns the squared distance of the values seen.
  INLINE Vec<double> complete(const Pattern& pattern, double* deviations, double* left) const {
    for (int i = 0; i < d_; ++i) store(left + i * LANES, Vec<double>{});
    for (int t = 0; t < pattern.have; ++t) {
      const int i = pattern.seen[t];
      store(left + i * LANES, load(deviations + i * LANES));
    }
    Vec<double> distance = {};
    for (int t = 0; t < pattern.have; ++t) {
      const int i = pattern.seen[t], before = before_[t];
      const double *factor = factors_ + std::int64_t(t) * d_ * LANES, *later = factor + before * LANES;
      const Vec<double> y = load(left + i * LANES) * load(reciprocals_ + t * LANES);
      distance += y * y;
      for (int a = 0; a < before; ++a) subtract(left + pattern.missing[a] * LANES, y, factor + a * LANES);
      double* to = left + (i + 1) * LANES;
      for (int b = 0; b < d_ - i - 1; ++b) subtract(to + b * LANES, y, later + b * LANES);
    }
    for (int a = 0; a < pattern.lack; ++a) {
      const int i = pattern.missing[a];
      store(deviations + i * LANES, -load(left + i * LANES));
    }
    return distance;
  }

  // Element of the Cholesky factor: the column of elimination t, at a position after it or missing.
  INLINE Vec<double> factor(const Pattern& pattern, int t, int position, int missing_before) const {
    const int i = pattern.seen[t], at = position < i ? missing_before : before_[t] + position - i - 1;
    return load(factors_ + (std::int64_t(t) * d_ + at) * LANES);
  }
  INLINE Vec<double> reciprocal(int t) const { return load(reciprocals_ + t * LANES); }

 private:
  const int d_, kept_;
  int done_ = 0;
  const double* covariance_;
  Buffer<double> matrices_;          // those after 1, ..., kept_ eliminations, and a last one for all others
  Buffer<double> factors_;           // columns of the Cholesky factor, without what was eliminated before
  Buffer<double> reciprocals_;       // of the pivots' roots
  Buffer<double> log_determinants_;  // of the columns eliminated
  Buffer<int> before_;               // missing columns before each eliminated one

  static std::int64_t pyramid(std::int64_t rows) { return rows * (rows + 1) * (rows + 2) / 6; }
  // Numbers of all matrices after at least one and fewer than t eliminations.
  static std::int64_t begin(int t, std::int64_t d) { return (pyramid(d - 1) - pyramid(d - t)) * LANES; }
  std::int64_t begin(int t) const { return begin(t, d_); }
  static int most_kept(const Gaussians& gaussians) {
    int t = 0;
    while (t < gaussians.d && begin(t + 2, gaussians.d) * gaussians.groups <= KEPT) ++t;
    return t;
  }
  const double* matrix(int t) const { return t ? matrices_ + starts(t) : covariance_; }
  std::int64_t starts(int t) const { return begin(t <= kept_ ? t : kept_ + 1); }
  static INLINE void subtract(double* from, Vec<double> y, const double* factor) {
    store(from, load(from) - y * load(factor));
  }

  // Eliminate the column at index p of the matrix left after t eliminations.
  void eliminate(int t, int p) {
    const int n = d_ - t;
    const double* a = matrix(t);
    double *to = matrices_ + starts(t + 1), *factor = factors_ + std::int64_t(t) * d_ * LANES;
    // Rounding may leave nothing of a column that others determine.
    const Vec<double> pivot = larger(load(a + (triangle(p) + p) * LANES), all(0x1p-1000));
    const Vec<double> reciprocal = 1 / roots(pivot);
    for (int r = 0; r < p; ++r) store(factor + r * LANES, load(a + (triangle(p) + r) * LANES) * reciprocal);
    for (int r = p + 1; r < n; ++r)
      store(factor + (r - 1) * LANES, load(a + (triangle(r) + p) * LANES) * reciprocal);
    for (int r = 0; r < n; ++r) {
      if (r == p) continue;
      const int kept = r < p ? r : r - 1;
      const double* from = a + triangle(r) * LANES;
      const Vec<double> own = load(factor + kept * LANES);
      double* row = to + triangle(kept) * LANES;
      const int first = r < p ? r + 1 : p;
      for (int c = 0; c < first; ++c) store(row + c * LANES, load(from + c * LANES) - own * load(factor + c * LANES));
      for (int c = p; c < kept + (r > p); ++c)
        store(row + c * LANES, load(from + (c + 1) * LANES) - own * load(factor + c * LANES));
    }
    store(reciprocals_ + t * LANES, reciprocal);
    store(log_determinants_ + (t + 1) * LANES, load(log_determinants_ + t * LANES) + logarithm(pivot));
    before_[t] = p;
  }
};

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
