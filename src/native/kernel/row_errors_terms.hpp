// What rows tell of the true values under a component: densities first, and, where these matter, terms of the sums.
//
// Dense<D> has triangles, with D columns that are known to the compiler, or any number of them (D = 0); Diagonal has
// variances alone. `terms` are kept between the two steps.
#pragma once
#include "row_errors_lanes.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

#define UNROLL _Pragma("GCC unroll 8")

// T = L E L' with unit triangular L, one matrix in each lane. Terms: L below the diagonal and 1 / E on it; then
// z = L^-1 (x - m).
template <int D> struct Dense {
  static constexpr bool TRIANGLES = true;
  static int triangle(int d) { return at_below(d, 0); }
  static int terms(int d) { return triangle(d) + d; }
  static int sums(int d) { return 1 + d + triangle(d); }
  static int scratch(int d) { return triangle(d) + 2 * d; }

  template <bool HOLES> static INLINE V total(const Group& g, const Component& c, int i, int j) {
    const int place = at_below(i, j);
    V t = all(c.covariance[place]) + load(g.errors + place * W);
    if constexpr (HOLES) {
      const V both = load(g.seen + i * W) * load(g.seen + j * W);
      t = t * both;
      if (i == j) t += 1.0 - both;
    }
    return t;
  }

  // Weighted log-density of the rows, without the constant of their columns.
  template <bool HOLES> static INLINE V density(const Group& g, const Component& c, int columns, V* terms) {
    const int d = D ? D : columns;
    V own[D ? D * (D + 1) / 2 + D : 1];
    V *l = D ? own : terms, *z = l + triangle(d);
    LogProduct product;
    V distance = {};
    UNROLL for (int i = 0; i < d; ++i) {
      V* row = l + at_below(i, 0);
      UNROLL for (int j = 0; j < i; ++j) {
        V u = total<HOLES>(g, c, i, j);
        UNROLL for (int m = 0; m < j; ++m) u -= row[m] * l[at_below(j, m)];
        row[j] = u;
      }
      const V variance = total<HOLES>(g, c, i, i);
      V pivot = variance, rest = load(g.x + i * W) - c.mean[i];
      if constexpr (HOLES) rest = rest * load(g.seen + i * W);
      UNROLL for (int j = 0; j < i; ++j) {
        const V u = row[j];
        row[j] = u * l[at_below(j, j)];
        pivot -= row[j] * u;
        rest -= row[j] * z[j];
      }
      pivot = larger(pivot, variance * LEAST_PIVOT);
      product.multiply(pivot);
      row[i] = 1.0 / pivot;
      z[i] = rest;
      distance += rest * rest * row[i];
    }
    if constexpr (D > 0) for (int n = 0; n < D * (D + 1) / 2 + D; ++n) terms[n] = own[n];
    return c.log_weight - 0.5 * (distance + product.logarithm_of());
  }

  // Adds q, q y and q (y y' - P) of all rows, with y = L'^-1 E^-1 z and P = L'^-1 E^-1 L^-1.
  template <bool HOLES> static INLINE void add(const Group& g, int columns, V q, const V* l, V* scratch, V* sums) {
    const int d = D ? D : columns;
    const V* z = l + triangle(d);
    V own[D ? D * (D + 1) / 2 + 2 * D : 1];
    V *w = D ? own : scratch, *y = w + triangle(d), *v = y + d;
    UNROLL for (int i = d - 1; i >= 0; --i) {
      V sum = z[i] * l[at_below(i, i)];
      UNROLL for (int m = i + 1; m < d; ++m) sum -= l[at_below(m, i)] * y[m];
      y[i] = sum;
    }
    UNROLL for (int j = 0; j < d; ++j)
      UNROLL for (int i = j + 1; i < d; ++i) {
        V sum = l[at_below(i, j)];
        UNROLL for (int m = j + 1; m < i; ++m) sum += l[at_below(i, m)] * w[at_below(m, j)];
        w[at_below(i, j)] = -sum;
      }
    sums[0] += q;
    UNROLL for (int i = 0; i < d; ++i) {
      V diagonal = l[at_below(i, i)];
      UNROLL for (int m = i + 1; m < d; ++m) {
        v[m] = w[at_below(m, i)] * l[at_below(m, m)];
        diagonal += w[at_below(m, i)] * v[m];
      }
      if constexpr (HOLES) diagonal = diagonal * load(g.seen + i * W);
      const V qy = q * y[i];
      sums[1 + i] += qy;
      V* to = sums + 1 + d + at_below(i, 0);
      UNROLL for (int j = 0; j < i; ++j) {
        V p = l[at_below(i, i)] * w[at_below(i, j)];
        UNROLL for (int m = i + 1; m < d; ++m) p += v[m] * w[at_below(m, j)];
        to[j] += qy * y[j] - q * p;
      }
      to[i] += qy * y[i] - q * diagonal;
    }
  }
};

// All covariances are diagonal. Terms: y, and then P.
struct Diagonal {
  static constexpr bool TRIANGLES = false;
  static int terms(int d) { return 2 * d; }
  static int sums(int d) { return 1 + 2 * d; }
  static int scratch(int) { return 1; }

  template <bool HOLES> static INLINE V density(const Group& g, const Component& c, int d, V* terms) {
    LogProduct product;
    V distance = {};
    for (int i = 0; i < d; ++i) {
      V t = all(c.covariance[i]) + load(g.errors + i * W), rest = load(g.x + i * W) - c.mean[i];
      if constexpr (HOLES) {
        const V seen = load(g.seen + i * W);
        t = t * seen + (1.0 - seen), rest = rest * seen;
      }
      const V p = 1.0 / t;
      product.multiply(t);
      terms[i] = rest * p;
      distance += rest * terms[i];
      terms[d + i] = HOLES ? p * load(g.seen + i * W) : p;
    }
    return c.log_weight - 0.5 * (distance + product.logarithm_of());
  }

  template <bool HOLES> static INLINE void add(const Group&, int d, V q, const V* terms, V*, V* sums) {
    sums[0] += q;
    for (int i = 0; i < d; ++i) {
      const V y = terms[i], qy = q * y;
      sums[1 + i] += qy;
      sums[1 + d + i] += qy * y - q * terms[d + i];
    }
  }
};

#undef UNROLL

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
