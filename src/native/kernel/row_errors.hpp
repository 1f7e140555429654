// Arguments and results of the kernel for rows with errors of measurement, compiled once for each instruction set.
#pragma once
#include <string>

#include "kernel.hpp"

namespace mixtura {

// Normal distributions of the rows' true values, and the noise component, which errors are taken not to change.
struct TrueValues {
  std::int64_t k;
  bool diagonal;
  const double *log_weights, *means, *covariances;  // (k), (k, d), (k, d, d) or (k, d)
  const double *uniform, *log_widths;               // weighted log-density or nullptr; (d)
};

// Covariances (u, d, d), or variances (u, d), of the errors, and which of them is that of each row. NaN in a row marks
// a missing value.
struct RowErrors {
  const double* covariances;
  bool diagonal;
  const std::int64_t* numbers;
};

// Sums over rows; with T = S_j + N, y = T^-1 (x - m_j) and P = T^-1: of responsibilities, of y, and of y y' - P.
struct RowSums {
  double *weight, *first, *second;  // (k) or (k + 1), (k, d), (k, d, d) or (k, d)
  double loglik, assignment_logprob;
};

struct RowErrorKernel {
  void (*sums)(const Rows&, const RowErrors&, const TrueValues&, RowSums&);
  void (*log_joint)(const Rows&, const RowErrors&, const TrueValues&, double* out);  // (n, k) or (n, k + 1)
};

// The kernel for an instruction set that `kernel_of` knows.
const RowErrorKernel& row_error_kernel_of(const std::string& level);

}  // namespace mixtura
