// Bayes' rule on a block: from log-densities to responsibilities, and the log-likelihood on the way.
#pragma once
#include "components.hpp"
#include "exp_log.hpp"
#include "scratch.hpp"

namespace mixtura::MIXTURA_LEVEL {

// How far log2-densities may lie below a row's largest. A responsibility below 2^-72 changes no bit of any sum, unless
// the row is so far from all components that its squared deviations are huge: for such rows (FAR) only responsibilities
// below the smallest number are dropped.
constexpr int SMALL = -72, FAR = 1478;
template <class T> constexpr int SMALLEST = sizeof(T) == 8 ? -1010 : -124;

// Replace h by f = exp(h - largest), scaled responsibilities (or their roots), which add up to total[n] (or their
// squares do). active[j] counts the rows where f > 0. With TINY, small responsibilities are not dropped.
template <class T, Power POWER, bool TINY = false>
void exponentials(const Components<T>& c, int panels, T* h, const T* largest, T* total, int* active) {
  constexpr T UNIT = T(1) / int(POWER);
  const std::int64_t rows = std::int64_t(panels) * PANEL<T>;
  for (int j = 0; j < c.k; ++j) active[j] = 0;
  for (int n = 0; n < rows; n += PANEL<T>) {
    Vec<T> most[TALL], least[TALL], sum[TALL] = {};
    for (int v = 0; v < TALL; ++v) {
      most[v] = load(largest + n + v * WIDTH<T>);
      least[v] = !TINY && c.highest - most[v] < FAR * UNIT ? all(SMALL * UNIT) : all(SMALLEST<T> * UNIT);
    }
    T* here = h + n;
    for (int j = 0; j < c.k; ++j, here += rows) {
      Vec<T> below_most[TALL];
      unsigned gone = 0;
      for (int v = 0; v < TALL; ++v) {
        below_most[v] = load(here + v * WIDTH<T>) - most[v];
        gone += __builtin_popcount(below(below_most[v], least[v]));
      }
      active[j] += PANEL<T> - gone;
      if (gone == PANEL<T>) {
        for (int v = 0; v < TALL; ++v) store(here + v * WIDTH<T>, Vec<T>{});
        continue;
      }
      for (int v = 0; v < TALL; ++v) {
        Vec<T> f = exp2(below_most[v]);
        f = below_most[v] < least[v] ? Vec<T>{} : f;
        if constexpr (POWER == Power::ROOT) sum[v] += f * f;
        else sum[v] += f;
        store(here + v * WIDTH<T>, f);
      }
    }
    for (int v = 0; v < TALL; ++v) store(total + n + v * WIDTH<T>, sum[v]);
  }
}

namespace {

INLINE double root(double x) { return __builtin_sqrt(x); }
INLINE float root(float x) { return __builtin_sqrtf(x); }

// Sums of log totals and of the largest log-densities over registers of rows, each of weight 1. Totals lie between 1
// and k, so a logarithm serves for the product of several.
template <class T> struct Product {
  static constexpr int MOST = sizeof(T) == 8 ? 16 : 2;  // k^16 is within float64
  Vec<T> product = all(T(1));
  Wide<T> log_total = {}, largest = {};
  int count = 0;
  INLINE void add(Vec<T> total, Vec<T> most) {
    product *= total;
    largest += widened<T>(most);
    if (++count == MOST) flush();
  }
  INLINE void flush() {
    log_total += widened<T>(logarithm(product));
    product = all(T(1));
    count = 0;
  }
};

// Adds a block's log-likelihood and assignment_logprob, in nats: the latter is the weighted sum of the logarithms of
// the largest responsibilities. Replaces total by weight / total, and root by its root.
template <class T, Power POWER>
void add_likelihood(const Rows& rows, std::int64_t first, int count, int panels, double unit, double base,
                    Scratch<T>& s, Sums& to) {
  const int whole = rows.weight ? 0 : count / WIDTH<T> * WIDTH<T>;
  Product<T> plain;
  for (int n = 0; n < whole; n += WIDTH<T>) {
    const Vec<T> total = load(s.total + n);
    plain.add(total, load(s.largest + n));
    store(s.total + n, 1 / total);
  }
  plain.flush();
  for (int n = whole; n < panels * PANEL<T>; ++n)
    s.root[n] = n >= count ? 0 : rows.weight ? T(rows.weight[(first + n) * rows.weight_stride]) : 1;
  Wide<T> log_total = plain.log_total, largest = plain.largest, weights = {};
  for (int n = whole; n < panels * PANEL<T>; n += WIDTH<T>) {
    const Vec<T> total = load(s.total + n), weight = load(s.root + n);
    log_total += widened<T>(weight * logarithm(total));
    largest += widened<T>(weight * load(s.largest + n));
    weights += widened<T>(weight);
    store(s.total + n, weight / total);
  }
  if constexpr (POWER == Power::ROOT)
    for (int n = 0; n < panels * PANEL<T>; ++n) s.root[n] = root(s.total[n]);
  const double log_totals = sum_of<T>(log_total);
  to.loglik += unit * sum_of<T>(largest) + log_totals + base * (whole + sum_of<T>(weights));
  to.assignment_logprob -= log_totals;
}

// Each row's largest log-density and its weight / total, kept so that some components can be summed again without the
// others.
template <class T> struct RowFactors {
  bool kept;  // whether there is room for any
  Buffer<T> largest, factor;
  double base = 0;  // the highest constant; it is subtracted, so that float32 keeps more digits
  bool known = false;
  explicit RowFactors(std::int64_t n) : kept(n > 0), largest(n + PANEL<T>), factor(n + PANEL<T>) {}
};

// Responsibilities of a block's rows from log-densities, up to the factor in s.total (its root in s.root).
template <class T, Power POWER>
void apply_bayes_rule(const Rows& rows, std::int64_t first, int count, int panels, const Components<T>& components,
                      RowFactors<T>& factors, Scratch<T>& s, Sums& to) {
  const std::size_t bytes = sizeof(T) * std::size_t(panels) * PANEL<T>;
  if (!factors.known) {
    exponentials<T, POWER>(components, panels, s.h, s.largest, s.total, s.active);
    add_likelihood<T, POWER>(rows, first, count, panels, components.unit, factors.base, s, to);
    if (!factors.kept) return;
    std::memcpy(factors.largest + first, s.largest, bytes);
    std::memcpy(factors.factor + first, s.total, bytes);
    return;
  }
  exponentials<T, POWER>(components, panels, s.h, factors.largest + first, s.total, s.active);
  std::memcpy(s.total, factors.factor + first, bytes);
  for (int n = 0; n < panels * PANEL<T>; ++n) s.root[n] = root(s.total[n]);
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
