// M-steps of the fourteen covariance models (Celeux & Govaert 1995).
#pragma once
#include "model.hpp"

namespace mixtura {

// Inner iterations stop at a relative change below the first, and after the second number of iterations at the latest.
constexpr double INNER_TOLERANCE = 1e-10;
constexpr int INNER_ITERATIONS = 200;

// The result of inner iterations, from which those of the next M-step start.
struct WarmStart {
  Numbers volumes, axes;  // (k), (d, d) or (k, d, d); empty before the first M-step
};

struct MStepInput {
  Size k, d;
  const double* weight;   // (k)
  const double* scatter;  // (k, d, d), (k, d) for diagonal models, or (d, d) where all share one matrix
  double total;
  const double* floor;  // (d): least variances
  double least() const { return *std::min_element(floor, floor + d); }
  ConstMatricesView matrices() const { return {scatter, d}; }
};

// Variances lambda_k a_j that fit sums of squares (k, d), with the product of all a_j one; `volumes` are the lambda_k.
inline void equal_shape(const MStepInput& in, ConstMatrixView squares, MatrixView variances, Numbers& volumes) {
  const Size k = in.k, d = in.d;
  Numbers shape(d, 1.0);
  for (int inner = 0; inner < INNER_ITERATIONS; ++inner) {
    double change = 0, logs = 0;
    for (Size j = 0; j < d && !volumes.empty(); ++j) {
      shape[j] = 0;
      for (Size c = 0; c < k; ++c) shape[j] += squares(c, j) / volumes[c];
      logs += std::log(shape[j]) / double(d);
    }
    for (double& a : shape) a /= std::exp(logs);
    volumes.resize(k, 0.0);
    for (Size c = 0; c < k; ++c) {
      double sum = 0;
      for (Size j = 0; j < d; ++j) sum += squares(c, j) / shape[j];
      const double volume = std::max(sum / (in.weight[c] * double(d)), in.least());
      change = std::max(change, std::fabs(volume - volumes[c]) / volume);
      volumes[c] = volume;
    }
    if (change <= INNER_TOLERANCE) break;
  }
  for (Size c = 0; c < k; ++c)
    for (Size j = 0; j < d; ++j) variances(c, j) = volumes[c] * shape[j];
}

// Variances (k, d) along given axes from sums of squares (k, d).
inline void along_axes(const MStepInput& in, CovarianceModel model, ConstMatrixView squares, MatrixView variances,
                       Numbers& volumes) {
  const Size k = in.k, d = in.d;
  const bool pooled = model.volume == Letter::E;
  if (model.shape == Letter::E && !pooled) return equal_shape(in, squares, variances, volumes);
  double common = 0;
  Numbers own(k, 0.0), column(d, 0.0);
  for (Size c = 0; c < k; ++c) {
    const double* s = squares.row(c);
    double sum = 0, logs = 0;
    for (Size j = 0; j < d; ++j) sum += s[j] / double(d);
    for (Size j = 0; j < d; ++j) column[j] += s[j];
    for (Size j = 0; j < d && model.shape == Letter::V; ++j) logs += std::log(s[j]) / double(d);
    own[c] = model.shape == Letter::V ? std::exp(logs) : sum;
    common += own[c] / in.total;
  }
  for (Size c = 0; c < k; ++c) {
    const double *s = squares.row(c), volume = pooled ? common : own[c] / in.weight[c];
    double* b = variances.row(c);
    for (Size j = 0; j < d; ++j)
      b[j] = model.shape == Letter::I   ? volume
             : model.shape == Letter::E ? column[j] / in.total
                                        : volume * s[j] / own[c];
  }
}

// Raise sums of squares along the columns, or along other axes, to those that the floor requires.
inline void raise_squares(const MStepInput& in, bool other_axes, MatrixView squares, std::vector<char>& at_floor) {
  for (Size c = 0; c < in.k; ++c)
    for (Size j = 0; j < in.d; ++j) {
      const double floor = in.weight[c] * (other_axes ? in.least() : in.floor[j]);
      if (!(squares(c, j) < floor)) continue;
      squares(c, j) = floor;
      at_floor[c] = 1;
    }
}

// One sweep of plane rotations of common axes D, given D'W_kD (k, d, d) and the variances along D; returns the largest
// angle.
inline double rotate_common_axes(const MStepInput& in, ConstMatrixView variances, MatricesView rotated,
                                 MatrixView axes) {
  double largest = 0;
  for (Size i = 0; i < in.d; ++i)
    for (Size j = i + 1; j < in.d; ++j) {
      double p = 0, q = 0, x = 0;  // the direction in this plane that goes with variance i minimises its quadratic form
      for (Size c = 0; c < in.k; ++c) {
        const MatrixView a = rotated[c];
        const double gain = 1 / variances(c, i) - 1 / variances(c, j);
        p += gain * a(i, i);
        q += gain * a(j, j);
        x += gain * a(i, j);
      }
      const double angle = 0.5 * std::atan2(2 * x, q - p);  // of (c, -s), for which p c^2 - 2 x c s + q s^2 is least
      if (std::fabs(angle) < 1e-12) continue;
      largest = std::max(largest, std::fabs(angle));
      const PlaneRotation rotation{i, j, std::cos(angle), std::sin(angle)};
      for (Size c = 0; c < in.k; ++c) rotation.both_sides(rotated[c]);
      rotation.columns(axes);
    }
  return largest;
}

// Common axes with variable shapes (EVE, VVE): Flury & Gautschi's (1986) rotations, weighted by 1 / (lambda_k A_k).
inline void common_axes(const MStepInput& in, CovarianceModel model, WarmStart& warm, MatricesView out,
                        std::vector<char>& at_floor) {
  const Size k = in.k, d = in.d;
  Numbers own(k * d * d), squares(k * d), variances(k * d), none;
  const MatricesView rotated{own.data(), d};
  const MatrixView s{squares.data(), d}, b{variances.data(), d};
  if (warm.axes.empty()) {
    Square pooled(d);
    Numbers values(d);
    for (Size i = 0; i < k * d * d; ++i) pooled.numbers[i % (d * d)] += in.scatter[i];
    warm.axes.resize(d * d);
    eigen(pooled, {warm.axes.data(), d}, values.data());
  }
  const MatrixView axes{warm.axes.data(), d};
  for (Size c = 0; c < k; ++c) in_axes(in.matrices()[c], axes, rotated[c]);
  for (int inner = 0; inner < INNER_ITERATIONS; ++inner) {
    for (Size c = 0; c < k; ++c)
      for (Size j = 0; j < d; ++j) s(c, j) = rotated[c](j, j);
    raise_squares(in, true, s, at_floor);
    along_axes(in, model, s, b, none);
    if (rotate_common_axes(in, b, rotated, axes) < 1e-6) break;
  }
  for (Size c = 0; c < k; ++c) composed(axes, b.row(c), out[c]);
}

// The matrix C of determinant one in S_k = lambda_k C (VEE).
struct CommonMatrix {
  Square matrix, l, u, inverse;
  explicit CommonMatrix(Size d) : matrix(d), l(d), u(d), inverse(d) {}

  // Compute the matrix, new volumes and their largest relative change from the volumes before; false where the matrix
  // is singular.
  bool fit(const MStepInput& in, Numbers& volumes, double& change) {
    const Size k = in.k, d = in.d;
    std::fill(matrix.numbers.begin(), matrix.numbers.end(), 0.0);
    for (Size c = 0; c < k; ++c)
      for (Size i = 0; i < d * d; ++i) matrix.numbers[i] += in.scatter[c * d * d + i] / volumes[c];
    if (!cholesky(matrix, l)) return false;
    double logs = 0;
    for (Size i = 0; i < d; ++i) logs += 2 * std::log(l(i, i)) / double(d);
    inverse_transposed(l, u);
    upper_times_transposed(u, inverse);
    change = 0;
    for (Size c = 0; c < k; ++c) {
      double trace = 0;
      for (Size i = 0; i < d * d; ++i) trace += in.scatter[c * d * d + i] * inverse.numbers[i];
      const double volume = std::max(trace * std::exp(logs) / (in.weight[c] * double(d)), in.least());
      change = std::max(change, std::fabs(volume - volumes[c]) / volume);
      volumes[c] = volume;
    }
    for (double& value : matrix.numbers) value /= std::exp(logs);
    return true;
  }
};

// Equal shape and axes, own volumes (VEE).
inline bool own_volumes(const MStepInput& in, WarmStart& warm, MatricesView out) {
  const Size k = in.k, d = in.d;
  CommonMatrix common(d);
  if (warm.volumes.empty()) {
    warm.volumes.assign(k, 0.0);
    for (Size c = 0; c < k; ++c)
      for (Size j = 0; j < d; ++j) warm.volumes[c] += in.matrices()[c](j, j) / (in.weight[c] * double(d));
  }
  double change = 1;
  for (int inner = 0; inner < INNER_ITERATIONS && change > INNER_TOLERANCE; ++inner)
    if (!common.fit(in, warm.volumes, change)) return false;
  for (Size c = 0; c < k; ++c)
    for (Size i = 0; i < d * d; ++i) out[c].data[i] = warm.volumes[c] * common.matrix.numbers[i];
  return true;
}

// Own axes: the eigenvectors of each scatter, in the order of the variances along them, largest first.
inline void own_axes(const MStepInput& in, CovarianceModel model, WarmStart& warm, MatricesView out,
                     std::vector<char>& at_floor) {
  const Size k = in.k, d = in.d;
  Square rotated(d);
  Numbers squares(k * d), variances(k * d);
  const MatrixView s{squares.data(), d}, b{variances.data(), d};
  const bool first = warm.axes.empty();
  if (first) warm.axes.resize(k * d * d);
  const MatricesView axes{warm.axes.data(), d};
  for (Size c = 0; c < k; ++c) {
    if (first) set_identity(axes[c]);
    in_axes(in.matrices()[c], axes[c], rotated);
    eigen_from(rotated, axes[c], s.row(c));
  }
  if (model.shape == Letter::V) raise_squares(in, true, s, at_floor);
  along_axes(in, model, s, b, warm.volumes);
  for (Size c = 0; c < k; ++c) composed(axes[c], b.row(c), out[c]);
}

// Own shapes and axes, equal volumes (EVV): the scatter matrices, scaled to a common determinant. False if one may be
// below the floor, which needs its eigenvalues.
inline bool equal_volumes(const MStepInput& in, MatricesView out) {
  const Size k = in.k, d = in.d;
  Square l(d), u(d);
  Numbers own(k);
  double common = 0;
  for (Size c = 0; c < k; ++c) {
    if (!cholesky(in.matrices()[c], l)) return false;
    inverse_transposed(l, u);
    double logs = 0, trace = 0;  // trace of the inverse in units of the floor: if below one, eigenvalues are above it
    for (double value : u.numbers) trace += value * value * in.least() * in.weight[c];
    if (!(trace < 1)) return false;
    for (Size i = 0; i < d; ++i) logs += std::log(l(i, i));
    own[c] = std::exp(2 * logs / double(d));
    common += own[c] / in.total;
  }
  for (Size i = 0; i < k * d * d; ++i) out.data[i] = in.scatter[i] * (common / own[i / (d * d)]);
  return true;
}

// Covariances of a model with axes I.
inline void diagonal_mstep(const MStepInput& in, CovarianceModel model, WarmStart& warm, MatrixView out,
                           std::vector<char>& at_floor) {
  Numbers squares(in.scatter, in.scatter + in.k * in.d);
  const MatrixView s{squares.data(), in.d};
  if (model.shape == Letter::V) raise_squares(in, false, s, at_floor);
  along_axes(in, model, s, out, warm.volumes);
}

// Covariances of a model with axes V.
inline void own_axes_mstep(const MStepInput& in, CovarianceModel model, WarmStart& warm, MatricesView out,
                           std::vector<char>& at_floor) {
  const Size size = in.d * in.d;
  if (model.shape == Letter::V && model.volume == Letter::V) {
    for (Size i = 0; i < in.k * size; ++i) out.data[i] = in.scatter[i] / in.weight[i / size];
    return;
  }
  if (model.shape == Letter::V && equal_volumes(in, out)) return;
  own_axes(in, model, warm, out, at_floor);
}

// Covariances (k, d, d), or (k, d) for diagonal models; at_floor says which were raised. False if there are none, since
// a scatter matrix is singular.
inline bool mstep(const MStepInput& in, CovarianceModel model, WarmStart& warm, double* out,
                  std::vector<char>& at_floor) {
  const MatricesView matrices{out, in.d};
  if (model.diagonal()) return diagonal_mstep(in, model, warm, {out, in.d}, at_floor), true;
  if (model.axes == Letter::V) return own_axes_mstep(in, model, warm, matrices, at_floor), true;
  if (model.shape == Letter::V) return common_axes(in, model, warm, matrices, at_floor), true;
  if (model.volume == Letter::V) return own_volumes(in, warm, matrices);
  const Size size = in.d * in.d;
  for (Size i = 0; i < in.k * size; ++i) out[i] = in.scatter[i % size] / in.total;
  return true;
}

}  // namespace mixtura
