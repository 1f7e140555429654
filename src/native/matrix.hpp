// Small matrices such as covariances, row after row: views of them, Cholesky factors, eigenvectors.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace mixtura {

using Size = std::int64_t;
using Numbers = std::vector<double>;

// A view of a matrix in memory that it does not own, with d columns; most are square.
template <class T> struct View {
  T* data;
  Size d;

  View(T* data, Size d) : data(data), d(d) {}
  template <class U>
    requires std::is_same_v<const U, T>
  View(const View<U>& other) : data(other.data), d(other.d) {}

  T& operator()(Size i, Size j) const { return data[i * d + j]; }
  T* row(Size i) const { return data + i * d; }
};
using MatrixView = View<double>;
using ConstMatrixView = View<const double>;

// Square matrices of one size, one after the other.
template <class T> struct StackView {
  T* data;
  Size d;
  View<T> operator[](Size c) const { return {data + c * d * d, d}; }
};
using MatricesView = StackView<double>;
using ConstMatricesView = StackView<const double>;

// A square matrix with memory of its own, which is zero at first.
struct Square {
  Size d;
  Numbers numbers;
  explicit Square(Size d) : d(d), numbers(d * d, 0.0) {}
  operator MatrixView() { return {numbers.data(), d}; }
  operator ConstMatrixView() const { return {numbers.data(), d}; }
  double& operator()(Size i, Size j) { return numbers[i * d + j]; }
  double operator()(Size i, Size j) const { return numbers[i * d + j]; }
};

// Cholesky factor L, with L L' = a, in the lower triangle of l, which may be a. `accepted` is called with each pivot,
// the square of L's diagonal, and the diagonal of a; as soon as it returns false, so does this.
template <class A, class L, class Accepted> bool cholesky(const A& a, const L& l, Size d, Accepted accepted) {
  for (Size i = 0; i < d; ++i) {
    const double* from = a.row(i);
    double* row = l.row(i);
    double pivot = from[i];
    for (Size j = 0; j < i; ++j) {
      const double* other = l.row(j);
      double sum = from[j];
      for (Size m = 0; m < j; ++m) sum -= row[m] * other[m];
      row[j] = sum / other[j];
      pivot -= row[j] * row[j];
    }
    if (!accepted(pivot, from[i])) return false;
    row[i] = std::sqrt(pivot);
  }
  return true;
}

// False where a is not positive definite.
inline bool cholesky(ConstMatrixView a, MatrixView l) {
  return cholesky(a, l, a.d, [](double pivot, double) { return pivot > 0; });
}

// U = L^-T, upper triangular with zeros below: U U' is the inverse of L L'.
inline void inverse_transposed(ConstMatrixView l, MatrixView u) {
  const Size d = l.d;
  for (Size j = 0; j < d; ++j) {
    for (Size i = 0; i < d; ++i) u(i, j) = 0;
    for (Size i = 0; i <= j; ++i) {  // row j of L^-1, which is column j of U, solved from its diagonal backwards
      const Size r = j - i;
      double sum = r == j ? 1.0 : 0.0;
      for (Size m = r + 1; m <= j; ++m) sum -= u(m, j) * l(m, r);
      u(r, j) = sum / l(r, r);
    }
  }
}

// U U' of an upper triangular matrix.
inline void upper_times_transposed(ConstMatrixView u, MatrixView out) {
  for (Size i = 0; i < u.d; ++i)
    for (Size j = 0; j < u.d; ++j) {
      double sum = 0;
      for (Size m = std::max(i, j); m < u.d; ++m) sum += u(i, m) * u(j, m);
      out(i, j) = sum;
    }
}

// A rotation in the plane of two columns, i and j.
struct PlaneRotation {
  Size i, j;
  double cosine, sine;

  // The one that makes a(i, j), which is not zero, vanish.
  static PlaneRotation diagonalising(ConstMatrixView a, Size i, Size j) {
    const double theta = (a(j, j) - a(i, i)) / (2 * a(i, j));
    const double tangent = (theta < 0 ? -1 : 1) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
    const double cosine = 1 / std::sqrt(tangent * tangent + 1);
    return {i, j, cosine, tangent * cosine};
  }

  void columns(MatrixView a) const {
    for (Size r = 0; r < a.d; ++r) {
      const double x = a(r, i), y = a(r, j);
      a(r, i) = cosine * x - sine * y;
      a(r, j) = sine * x + cosine * y;
    }
  }
  void rows(MatrixView a) const {
    for (Size r = 0; r < a.d; ++r) {
      const double x = a(i, r), y = a(j, r);
      a(i, r) = cosine * x - sine * y;
      a(j, r) = sine * x + cosine * y;
    }
  }

  // The axes of a symmetric matrix, in columns.
  void axes(MatrixView v) const { columns(v); }

  // Rows and columns of a symmetric matrix.
  void both_sides(MatrixView a) const {
    const double c = cosine, s = sine, p = a(i, i), q = a(j, j), x = a(i, j);
    for (Size r = 0; r < a.d; ++r) {
      const double left = a(i, r), right = a(j, r);
      a(r, i) = a(i, r) = c * left - s * right;
      a(r, j) = a(j, r) = s * left + c * right;
    }
    a(i, i) = c * c * p - 2 * c * s * x + s * s * q;
    a(j, j) = s * s * p + 2 * c * s * x + c * c * q;
    a(i, j) = a(j, i) = c * s * (p - q) + (c * c - s * s) * x;
  }
};

// One sweep of Jacobi's rotations over a symmetric matrix, and over its axes v with it, in rows or columns as the
// rotation has them; elements off the diagonal that are `negligible` beside those on it stay. Whether any was rotated.
template <class Rotation, class Negligible>
bool jacobi_sweep(MatrixView a, MatrixView v, Negligible negligible) {
  bool any = false;
  for (Size i = 0; i < a.d; ++i)
    for (Size j = i + 1; j < a.d; ++j) {
      if (a(i, j) == 0 || negligible(a(i, j), a(i, i), a(j, j))) continue;
      any = true;
      const Rotation rotation = Rotation::diagonalising(a, i, j);
      rotation.both_sides(a);
      rotation.axes(v);
    }
  return any;
}

// Whether an element off the diagonal is no more than rounding relative to those on it.
inline bool nearly_diagonal(ConstMatrixView a) {
  double off = 0, on = 0;
  for (Size i = 0; i < a.d; ++i)
    for (Size j = 0; j < a.d; ++j) (i == j ? on : off) += a(i, j) * a(i, j);
  return off <= 1e-30 * on;
}

// Eigenvalues, largest first, and eigenvectors in the columns of v; a is used up. It is V' a V for the orthogonal axes
// that v holds already.
inline void eigen_from(MatrixView a, MatrixView v, double* values) {
  const Size d = a.d;
  for (int sweep = 0; sweep < 50 && !nearly_diagonal(a); ++sweep)
    jacobi_sweep<PlaneRotation>(a, v, [](double, double, double) { return false; });
  for (Size i = 0; i < d; ++i) values[i] = a(i, i);
  for (Size i = 0; i < d; ++i)
    for (Size j = i + 1; j < d; ++j)
      if (values[j] > values[i]) {
        std::swap(values[i], values[j]);
        for (Size r = 0; r < d; ++r) std::swap(v(r, i), v(r, j));
      }
}

inline void set_identity(MatrixView a) {
  for (Size i = 0; i < a.d; ++i)
    for (Size j = 0; j < a.d; ++j) a(i, j) = i == j ? 1.0 : 0.0;
}

inline void eigen(MatrixView a, MatrixView v, double* values) {
  set_identity(v);
  eigen_from(a, v, values);
}

// V' a V.
inline void in_axes(ConstMatrixView a, ConstMatrixView v, MatrixView out) {
  const Size d = a.d;
  Square half(d);
  for (Size i = 0; i < d; ++i)
    for (Size m = 0; m < d; ++m)
      for (Size j = 0; j < d; ++j) half(i, j) += a(i, m) * v(m, j);
  std::fill_n(out.data, d * d, 0.0);
  for (Size m = 0; m < d; ++m)
    for (Size i = 0; i < d; ++i)
      for (Size j = 0; j < d; ++j) out(i, j) += v(m, i) * half(m, j);
}

// V diag(values) V'.
inline void composed(ConstMatrixView v, const double* values, MatrixView a) {
  for (Size i = 0; i < a.d; ++i)
    for (Size j = 0; j <= i; ++j) {
      double sum = 0;
      for (Size m = 0; m < a.d; ++m) sum += v(i, m) * values[m] * v(j, m);
      a(i, j) = a(j, i) = sum;
    }
}

}  // namespace mixtura
