// M-steps of the fourteen models S_k = lambda_k D_k A_k D_k' (Celeux & Govaert 1995): volume lambda, shape A and axes D
// are equal in all components, variable, or the identity.
#pragma once
#include <algorithm>

#include "matrix.hpp"

namespace mixtura {

enum class Letter : int { IDENTITY = 0, EQUAL = 1, VARIABLE = 2 };

struct Model {
  Letter volume, shape, axes;
  bool diagonal() const { return axes == Letter::IDENTITY; }
  bool shared() const { return volume == Letter::EQUAL && shape == Letter::EQUAL && axes == Letter::EQUAL; }
};

// Inner iterations stop at a relative change below this, and at the latest after so many.
constexpr double INNER = 1e-10;
constexpr int INNER_MOST = 200;

// What inner iterations start from the next time.
struct Warm {
  Numbers volumes, axes;  // (k), (d, d) or (k, d, d); empty before the first M-step
};

struct Moments {
  Size k, d;
  const double* weight;   // (k)
  const double* scatter;  // (k, d, d), (k, d) for diagonal models, or (d, d) where all share one matrix
  double total;
  const double* floor;  // (d): least variances
  double least() const { return *std::min_element(floor, floor + d); }
};

// Volumes and shape, lambda_k a_j with the product of all a_j one, that fit sums of squares s (k, d).
inline void equal_shape(const Moments& in, const double* s, double* b, Numbers& volumes) {
  const Size k = in.k, d = in.d;
  Numbers shape(d, 1.0);
  for (int inner = 0; inner < INNER_MOST; ++inner) {
    double change = 0, logs = 0;
    for (Size j = 0; j < d && !volumes.empty(); ++j) {
      shape[j] = 0;
      for (Size c = 0; c < k; ++c) shape[j] += s[c * d + j] / volumes[c];
      logs += std::log(shape[j]) / double(d);
    }
    for (double& a : shape) a /= std::exp(logs);
    volumes.resize(k, 0.0);
    for (Size c = 0; c < k; ++c) {
      double sum = 0;
      for (Size j = 0; j < d; ++j) sum += s[c * d + j] / shape[j];
      const double volume = std::max(sum / (in.weight[c] * double(d)), in.least());
      change = std::max(change, std::fabs(volume - volumes[c]) / volume);
      volumes[c] = volume;
    }
    if (change <= INNER) break;
  }
  for (Size c = 0; c < k; ++c)
    for (Size j = 0; j < d; ++j) b[c * d + j] = volumes[c] * shape[j];
}

// Variances b (k, d) along given axes from sums of squares s (k, d).
inline void along_axes(const Moments& in, Model model, const double* s, double* b, Numbers& volumes) {
  const Size k = in.k, d = in.d;
  const bool pooled = model.volume == Letter::EQUAL;
  if (model.shape == Letter::EQUAL && !pooled) return equal_shape(in, s, b, volumes);
  double common = 0;
  Numbers own(k, 0.0), column(d, 0.0);
  for (Size c = 0; c < k; ++c) {
    double logs = 0;
    for (Size j = 0; j < d; ++j) {
      own[c] += s[c * d + j] / double(d);
      column[j] += s[c * d + j];
      logs += std::log(s[c * d + j]) / double(d);
    }
    if (model.shape == Letter::VARIABLE) own[c] = std::exp(logs);
    common += own[c] / in.total;
  }
  for (Size c = 0; c < k; ++c)
    for (Size j = 0; j < d; ++j) {
      const double volume = pooled ? common : own[c] / in.weight[c];
      b[c * d + j] = model.shape == Letter::IDENTITY ? volume
                     : model.shape == Letter::EQUAL  ? column[j] / in.total
                                                     : volume * s[c * d + j] / own[c];
    }
}

// Raise sums of squares to what the floor gives; which components were raised.
inline void raise(const Moments& in, bool rotated, double* s, std::vector<char>& low) {
  for (Size c = 0; c < in.k; ++c)
    for (Size j = 0; j < in.d; ++j) {
      const double floor = in.weight[c] * (rotated ? in.least() : in.floor[j]);
      if (!(s[c * in.d + j] < floor)) continue;
      s[c * in.d + j] = floor;
      low[c] = 1;
    }
}

// One sweep of plane rotations of the common axes; r (k, d, d) is D'W_kD. How far it turned.
inline double turn(const Moments& in, const double* b, double* r, double* axes) {
  const Size k = in.k, d = in.d;
  double turned = 0;
  for (Size i = 0; i < d; ++i)
    for (Size j = i + 1; j < d; ++j) {
      double p = 0, q = 0, x = 0;  // the direction in this plane that goes with b_i minimises its quadratic form
      for (Size c = 0; c < k; ++c) {
        const double* a = r + c * d * d;
        const double gain = 1 / b[c * d + i] - 1 / b[c * d + j];
        p += gain * a[i * d + i];
        q += gain * a[j * d + j];
        x += gain * a[i * d + j];
      }
      const double angle = 0.5 * std::atan2(2 * x, q - p);  // of (c, -s), for which p c^2 - 2 x c s + q s^2 is least
      if (std::fabs(angle) < 1e-12) continue;
      turned = std::max(turned, std::fabs(angle));
      const double cosine = std::cos(angle), sine = std::sin(angle);
      for (Size c = 0; c < k; ++c) rotate(r + c * d * d, d, i, j, cosine, sine);
      rotate_columns(axes, d, d, i, j, cosine, sine);
    }
  return turned;
}

// Common axes with variable shapes (EVE, VVE): Flury & Gautschi's (1986) rotations, weighted by 1 / (lambda_k A_k).
inline void common_axes(const Moments& in, Model model, Warm& warm, double* out, std::vector<char>& low) {
  const Size k = in.k, d = in.d;
  Numbers r(in.scatter, in.scatter + k * d * d), s(k * d), b(k * d), none;
  if (warm.axes.empty()) {
    Numbers pooled(d * d, 0.0), values(d);
    for (Size i = 0; i < k * d * d; ++i) pooled[i % (d * d)] += r[i];
    warm.axes.resize(d * d);
    eigen(pooled.data(), warm.axes.data(), values.data(), d);
  }
  for (Size c = 0; c < k; ++c) turned(in.scatter + c * d * d, warm.axes.data(), r.data() + c * d * d, d);
  for (int inner = 0; inner < INNER_MOST; ++inner) {
    for (Size c = 0; c < k; ++c)
      for (Size j = 0; j < d; ++j) s[c * d + j] = r[c * d * d + j * (d + 1)];
    raise(in, true, s.data(), low);
    along_axes(in, model, s.data(), b.data(), none);
    if (turn(in, b.data(), r.data(), warm.axes.data()) < 1e-6) break;
  }
  for (Size c = 0; c < k; ++c) composed(warm.axes.data(), b.data() + c * d, out + c * d * d, d);
}

// Equal shape and axes, own volumes (VEE).
inline bool own_volumes(const Moments& in, Warm& warm, double* out) {
  const Size k = in.k, d = in.d;
  Numbers pooled(d * d), l(d * d), u(d * d);
  if (warm.volumes.empty()) {
    warm.volumes.assign(k, 0.0);
    for (Size c = 0; c < k; ++c)
      for (Size j = 0; j < d; ++j) warm.volumes[c] += in.scatter[(c * d + j) * d + j] / (in.weight[c] * double(d));
  }
  for (int inner = 0; inner < INNER_MOST; ++inner) {
    std::fill(pooled.begin(), pooled.end(), 0.0);
    for (Size c = 0; c < k; ++c)
      for (Size i = 0; i < d * d; ++i) pooled[i] += in.scatter[c * d * d + i] / warm.volumes[c];
    if (!cholesky(pooled.data(), l.data(), d)) return false;
    double logs = 0, change = 0;
    for (Size i = 0; i < d; ++i) logs += 2 * std::log(l[i * (d + 1)]) / double(d);
    inverse_transposed(l.data(), u.data(), d);
    Numbers inverse(d * d, 0.0);
    for (Size i = 0; i < d; ++i)
      for (Size j = 0; j < d; ++j)
        for (Size m = std::max(i, j); m < d; ++m) inverse[i * d + j] += u[i * d + m] * u[j * d + m];
    for (Size c = 0; c < k; ++c) {
      double trace = 0;
      for (Size i = 0; i < d * d; ++i) trace += in.scatter[c * d * d + i] * inverse[i];
      const double volume = std::max(trace * std::exp(logs) / (in.weight[c] * double(d)), in.least());
      change = std::max(change, std::fabs(volume - warm.volumes[c]) / volume);
      warm.volumes[c] = volume;
    }
    for (double& value : pooled) value /= std::exp(logs);
    if (change <= INNER) break;
  }
  for (Size c = 0; c < k; ++c)
    for (Size i = 0; i < d * d; ++i) out[c * d * d + i] = warm.volumes[c] * pooled[i];
  return true;
}

// Own axes: the eigenvectors of each scatter, their variances in order of size.
inline void own_axes(const Moments& in, Model model, Warm& warm, double* out, std::vector<char>& low) {
  const Size k = in.k, d = in.d;
  Numbers a(d * d), s(k * d), b(k * d), &v = warm.axes;
  if (v.empty()) {
    v.resize(k * d * d);
    for (Size c = 0; c < k; ++c) identity(v.data() + c * d * d, d);
  }
  for (Size c = 0; c < k; ++c) {
    turned(in.scatter + c * d * d, v.data() + c * d * d, a.data(), d);
    eigen_from(a.data(), v.data() + c * d * d, s.data() + c * d, d);
  }
  if (model.shape == Letter::VARIABLE) raise(in, true, s.data(), low);
  along_axes(in, model, s.data(), b.data(), warm.volumes);
  for (Size c = 0; c < k; ++c) composed(v.data() + c * d * d, b.data() + c * d, out + c * d * d, d);
}

// Own shapes and axes, equal volumes (EVV): the scatter, scaled to a common determinant; false near the floor.
inline bool equal_volumes(const Moments& in, double* out) {
  const Size k = in.k, d = in.d;
  Numbers l(d * d), u(d * d), own(k);
  double common = 0;
  for (Size c = 0; c < k; ++c) {
    if (!cholesky(in.scatter + c * d * d, l.data(), d)) return false;
    inverse_transposed(l.data(), u.data(), d);
    double logs = 0, trace = 0;  // of the inverse in units of the floor: below one, all eigenvalues are above it
    for (double value : u) trace += value * value * in.least() * in.weight[c];
    if (!(trace < 1)) return false;
    for (Size i = 0; i < d; ++i) logs += std::log(l[i * (d + 1)]);
    own[c] = std::exp(2 * logs / double(d));
    common += own[c] / in.total;
  }
  for (Size i = 0; i < k * d * d; ++i) out[i] = in.scatter[i] * (common / own[i / (d * d)]);
  return true;
}

// Covariances (k, d, d), or (k, d) for diagonal models, and which of them had to be raised; false where none fit.
inline bool mstep(const Moments& in, Model model, Warm& warm, double* out, std::vector<char>& low) {
  const Size k = in.k, d = in.d;
  if (model.diagonal()) {
    Numbers s(in.scatter, in.scatter + k * d);
    if (model.shape == Letter::VARIABLE) raise(in, false, s.data(), low);
    along_axes(in, model, s.data(), out, warm.volumes);
    return true;
  }
  if (model.axes == Letter::VARIABLE && !(model.shape == Letter::VARIABLE && model.volume == Letter::VARIABLE)) {
    const bool done = model.shape == Letter::VARIABLE && equal_volumes(in, out);
    if (!done) own_axes(in, model, warm, out, low);
  } else if (model.axes == Letter::VARIABLE) {
    for (Size i = 0; i < k * d * d; ++i) out[i] = in.scatter[i] / in.weight[i / (d * d)];
  } else if (model.shape == Letter::VARIABLE) {
    common_axes(in, model, warm, out, low);
  } else if (model.volume == Letter::VARIABLE) {
    return own_volumes(in, warm, out);
  } else {
    for (Size i = 0; i < k * d * d; ++i) out[i] = in.scatter[i % (d * d)] / in.total;
  }
  return true;
}

}  // namespace mixtura
