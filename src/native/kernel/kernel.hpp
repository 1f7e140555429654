// Arguments and results of the kernel, which is compiled once for each instruction set (see levels.hpp).
#pragma once
#include <cstdint>

namespace mixtura {

enum class Form { DENSE, SHARED, DIAGONAL };    // whitening factors: one triangle each, one for all, or diagonals
enum class Scatter { FULL, POOLED, DIAGONAL };  // a matrix each, one for all, or variances alone
enum class Prediction { LOG_DENSITY, RESPONSIBILITIES, LABELS };

// Rows as they lie in the caller's memory; strides count numbers, not bytes.
struct Rows {
  const void* data;
  std::int64_t n, d, row_stride, column_stride;
  bool single;           // float32
  const double* weight;  // nullptr: each row counts once
  std::int64_t weight_stride;
};

// log w_j N(x | m_j, S_j) = constant_j - |(x - shift) U_j - (m_j - shift) U_j|^2 / 2.
struct Density {
  std::int64_t k;
  Form form;
  const double *shift, *constants;  // (d), (k)
  const double* factors;            // U: (k, d, d), (1, d, d), or (k, d) for diagonal ones
  const double* offsets;            // (m_j - shift) U_j: (k, d)
  double inflation = 1;             // largest variance inflation factor of a column, 1 / (1 - R^2), in any component
};

// Multivariate t components, whose maps and constants in a Density are those of Gaussian ones. Of Gaussian components
// and of noise the first three are 0, and the last is 1.
struct Tails {
  const double* inverse;    // 1 / nu, with nu the degrees of freedom: (k)
  const double* half;       // (nu + d) / 2: the log-density at a squared distance D falls by this times log(1 + D / nu)
  const double* constants;  // what is added to the constants
  const double* most;       // 1 + d / nu: the scale that is expected of a row at the mean
};

// Sums over rows; deviations are from `centres` (k, d), which may be any points near the means.
struct Sums {
  const double* centres;
  Scatter kind;
  double *weight, *mean, *scatter;  // (k), (k, d), (k, d, d) or (d, d) or (k, d)
  double loglik, assignment_logprob;
  // Of t components, whose `weight` is that of the scales: responsibilities, and these times log2(1 + D / nu): (2, k).
  double* scales = nullptr;
};

// Which values rows have, and what is needed of the mixture where some are missing.
struct Seen {
  const std::uint64_t* words;  // (n, each): a bit for each column, column 0 the lowest, set where the row has a value
  std::int64_t each;
  const std::int64_t* order;  // numbers of the rows, with equal words next to each other; nullptr: 0, 1, ...
  const double* means;        // (k, d)
  const double* log_widths;   // (d): of the noise's region; noise is a component whose factor is zero
};

using Summing = void (*)(const Rows&, const Density&, Sums&);

struct Kernel {
  Summing estep, moments;
  void (*predict)(const Rows&, const Density&, Prediction, double* out, std::int64_t* labels);
  void (*t_estep)(const Rows&, const Density&, const Tails&, Sums&);
  void (*t_predict)(const Rows&, const Density&, const Tails&, Prediction, double* out, std::int64_t* labels);
  void (*seen)(const Rows&, std::uint64_t* words);
  void (*incomplete_estep)(const Rows&, const Seen&, const Density&, Sums&);
  void (*incomplete_predict)(const Rows&, const Seen&, const Density&, Prediction, double* out, std::int64_t* labels);
  void (*exp2)(const double*, double*, std::int64_t);
  void (*logarithm)(const double*, double*, std::int64_t);
  void (*log2_1p)(const double*, double*, std::int64_t);
};

}  // namespace mixtura
