// Symmetric matrices as small as covariances are, (d, d) row after row.
#pragma once
#include <algorithm>
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
  const double p = a[i * (d + 1)], q = a[j * (d + 1)], x = a[i * d + j];
  for (Size r = 0; r < d; ++r) {
    const double left = a[i * d + r], right = a[j * d + r];
    a[r * d + i] = a[i * d + r] = c * left - s * right;
    a[r * d + j] = a[j * d + r] = s * left + c * right;
  }
  a[i * (d + 1)] = c * c * p - 2 * c * s * x + s * s * q;
  a[j * (d + 1)] = s * s * p + 2 * c * s * x + c * c * q;
  a[i * d + j] = a[j * d + i] = c * s * (p - q) + (c * c - s * s) * x;
}

// V' a V.
inline void turned(const double* a, const double* v, double* out, Size d) {
  Numbers half(d * d, 0.0);
  for (Size i = 0; i < d; ++i)
    for (Size m = 0; m < d; ++m)
      for (Size j = 0; j < d; ++j) half[i * d + j] += a[i * d + m] * v[m * d + j];
  std::fill(out, out + d * d, 0.0);
  for (Size m = 0; m < d; ++m)
    for (Size i = 0; i < d; ++i)
      for (Size j = 0; j < d; ++j) out[i * d + j] += v[m * d + i] * half[m * d + j];
}

inline void identity(double* a, Size d) {
  for (Size i = 0; i < d * d; ++i) a[i] = i % (d + 1) ? 0.0 : 1.0;
}

// Eigenvalues, largest first, and eigenvectors in the columns of v, by Jacobi's rotations; a is used up. It is
// V' a V for the axes that v holds already.
inline void eigen_from(double* a, double* v, double* values, Size d) {
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

inline void eigen(double* a, double* v, double* values, Size d) {
  identity(v, d);
  eigen_from(a, v, values, d);
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
