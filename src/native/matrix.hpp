// Symmetric matrices as small as covariances are, (d, d) row after row.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace mixtura {

using Size = std::int64_t;
using Numbers = std::vector<double>;

// L with L L' = a, in the lower triangle; false where a is not positive definite.
inline bool cholesky(const double* a, double* l, Size d) {
  for (Size i = 0; i < d; ++i)
    for (Size j = 0; j <= i; ++j) {
      double sum = a[i * d + j];
      for (Size m = 0; m < j; ++m) sum -= l[i * d + m] * l[j * d + m];
      if (i != j) {
        l[i * d + j] = sum / l[j * d + j];
      } else {
        if (!(sum > 0)) return false;
        l[i * d + i] = std::sqrt(sum);
      }
    }
  return true;
}

// U = L^-T, upper triangular with zeros below: U U' is the inverse of L L'.
inline void inverse_transposed(const double* l, double* u, Size d) {
  for (Size j = 0; j < d; ++j) {
    for (Size i = 0; i < d; ++i) u[i * d + j] = 0;
    for (Size i = 0; i <= j; ++i) {  // row j of L^-1, which is column j of U, solved from its diagonal backwards
      const Size r = j - i;
      double sum = r == j ? 1.0 : 0.0;
      for (Size m = r + 1; m <= j; ++m) sum -= u[m * d + j] * l[m * d + r];
      u[r * d + j] = sum / l[r * d + r];
    }
  }
}

// A rotation by the angle whose cosine and sine are c and s, of columns i and j of an (m, d) matrix.
inline void rotate_columns(double* a, Size m, Size d, Size i, Size j, double c, double s) {
  for (Size r = 0; r < m; ++r) {
    const double x = a[r * d + i], y = a[r * d + j];
    a[r * d + i] = c * x - s * y;
    a[r * d + j] = s * x + c * y;
  }
}

// The same from both sides of a symmetric (d, d) matrix.
inline void rotate(double* a, Size d, Size i, Size j, double c, double s) {
  rotate_columns(a, d, d, i, j, c, s);
  for (Size r = 0; r < d; ++r) {
    const double x = a[i * d + r], y = a[j * d + r];
    a[i * d + r] = c * x - s * y;
    a[j * d + r] = s * x + c * y;
  }
}

inline void identity(double* a, Size d) {
  for (Size i = 0; i < d * d; ++i) a[i] = i % (d + 1) ? 0.0 : 1.0;
}

// Eigenvalues, largest first, and eigenvectors in the columns of v, by Jacobi's rotations; a is used up.
inline void eigen(double* a, double* v, double* values, Size d) {
  identity(v, d);
  for (int sweep = 0; sweep < 50; ++sweep) {
    double off = 0, on = 0;
    for (Size i = 0; i < d; ++i)
      for (Size j = 0; j < d; ++j) (i == j ? on : off) += a[i * d + j] * a[i * d + j];
    if (off <= 1e-30 * on) break;
    for (Size i = 0; i < d; ++i)
      for (Size j = i + 1; j < d; ++j) {
        const double x = a[i * d + j];
        if (x == 0) continue;
        const double theta = (a[j * d + j] - a[i * d + i]) / (2 * x);
        const double t = (theta < 0 ? -1 : 1) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1);
        rotate(a, d, i, j, c, t * c);
        rotate_columns(v, d, d, i, j, c, t * c);
      }
  }
  for (Size i = 0; i < d; ++i) values[i] = a[i * d + i];
  for (Size i = 0; i < d; ++i)
    for (Size j = i + 1; j < d; ++j)
      if (values[j] > values[i]) {
        std::swap(values[i], values[j]);
        for (Size r = 0; r < d; ++r) std::swap(v[r * d + i], v[r * d + j]);
      }
}

// v diag(values) v'.
inline void composed(const double* v, const double* values, double* a, Size d) {
  for (Size i = 0; i < d; ++i)
    for (Size j = 0; j <= i; ++j) {
      double sum = 0;
      for (Size m = 0; m < d; ++m) sum += v[i * d + m] * values[m] * v[j * d + m];
      a[i * d + j] = a[j * d + i] = sum;
    }
}

}  // namespace mixtura
