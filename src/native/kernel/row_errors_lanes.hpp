// Rows with errors, one in each lane of a register, and what they tell of the true values under a component.
#pragma once
#include "exp_log.hpp"
#include "memory.hpp"
#include "row_errors.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

using V = Vec<double>;
constexpr int W = WIDTH<double>;
constexpr double HALF_LOG_TWO_PI = 0x1.d67f1c864beb5p-1, LOG_TWO = 0x1.62e42fefa39efp-1, LOG2_E = 0x1.71547652b82fep0;

// Place of row i, column j <= i, of a triangle that is stored row after row.
constexpr int at_below(int i, int j) { return i * (i + 1) / 2 + j; }

// A register's worth of rows with their errors; lanes beyond the last row repeat it with weight zero.
struct Group {
  int d, size;  // columns; numbers in a row's covariance: a triangle, or variances
  Buffer<double> x, seen, errors;
  V weight, constant, widths;  // of each row; log-density of its columns; log-widths of the columns that it lacks
  bool holes;                  // whether any value is missing
  int count;

  Group(int d, bool triangles)
      : d(d), size(triangles ? at_below(d, 0) : d), x(d * W), seen(d * W), errors(std::int64_t(size) * W) {}

  template <class From>
  void read(const From* from, const Rows& rows, const RowErrors& given, const TrueValues& true_values,
            std::int64_t first) {
    double weights[W], constants[W], missing[W];
    count = int(rows.n - first < W ? rows.n - first : W);
    holes = false;
    for (int l = 0; l < W; ++l) {
      const std::int64_t n = first + (l < count ? l : count - 1);
      weights[l] = l >= count ? 0 : rows.weight ? rows.weight[n * rows.weight_stride] : 1;
      constants[l] = missing[l] = 0;
      for (int i = 0; i < d; ++i) {
        const double value = double(from[n * rows.row_stride + i * rows.column_stride]);
        const bool has = value == value;
        x[i * W + l] = has ? value : 0, seen[i * W + l] = has;
        constants[l] -= has ? HALF_LOG_TWO_PI : 0;
        if (!has) holes = true, missing[l] += true_values.uniform ? true_values.log_widths[i] : 0;
      }
      read_errors(given, n, l);
    }
    weight = load(weights), constant = load(constants), widths = load(missing);
  }

 private:
  void read_errors(const RowErrors& given, std::int64_t n, int l) {
    const double* own = given.covariances + given.numbers[n] * (given.diagonal ? d : std::int64_t(d) * d);
    if (size == d) {
      for (int i = 0; i < d; ++i) errors[i * W + l] = own[given.diagonal ? i : i * d + i];
      return;
    }
    for (int i = 0; i < d; ++i)
      for (int j = 0; j <= i; ++j)
        errors[at_below(i, j) * W + l] = given.diagonal ? (i == j ? own[i] : 0) : own[i * d + j];
  }
};

// One component; its covariance is a triangle, or variances.
struct Component {
  double log_weight;
  const double *mean, *covariance;
};

// Logarithm of a product of positive numbers, whose exponents are added apart, so that it cannot overflow.
struct LogProduct {
  using I = Vec<long long>;
  V mantissas = all(1.0);
  I exponents = {};
  INLINE void multiply(V x) {
    const I number = bits<I>(x);
    exponents += (number >> 52) - 1023;
    mantissas *= bits<V>((number & 0x000fffffffffffffLL) | 0x3ff0000000000000LL);
  }
  INLINE V logarithm_of() const {
    const V power = bits<V>(exponents + 0x4338000000000000LL) - 0x1.8p52;
    return logarithm(mantissas) + power * LOG_TWO;
  }
};

// Least fraction of a variance that may remain as a pivot: less is rounding.
constexpr double LEAST_PIVOT = 0x1p-60;

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
