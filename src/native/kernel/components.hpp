// A mixture as the inner loops read it: factors packed in the order in which they are used, in the rows' precision.
#pragma once
#include "block.hpp"
#include "whiten.hpp"

namespace mixtura::MIXTURA_LEVEL {

// Log-densities are to base two, or to base four: then powers of two are the roots of responsibilities.
enum class Power : int { WHOLE = 1, ROOT = 2 };
constexpr double LOG2_E = 0x1.71547652b82fep+0;

// Log-densities are never below this, so that differences of two stay finite.
template <class T> constexpr T FARTHEST = sizeof(T) == 8 ? T(-2.5e299) : T(-1e37);

// In float32, rows are taken relative to a point near a component that is further from the shift than NEAR standard
// deviations: the original rows minus that point (the sum of two numbers) keep the digits that shifted rows lose.
constexpr double NEAR = 100;

template <class T> constexpr bool seen_from_near(Form form, std::int64_t d) {
  return sizeof(T) == 4 && form == Form::DENSE && d > FEW;
}

template <class T> struct Components {
  int k, d;
  Form form;
  double unit;          // the unit of log-densities in nats
  std::int64_t length;  // numbers in one component's packed factor
  Buffer<T> factors, shared, constants;
  T highest;  // the largest of the constants
  bool any_far = false;
  Buffer<char> far;
  Buffer<T> high, low;

  // Log-densities have `base` subtracted. `near` are points near the means, used for components far from the shift.
  Components(const Density& density, std::int64_t columns, Power power, double base = 0, const double* near = nullptr)
      : k(int(density.k)), d(int(columns)), form(density.form), unit(int(power) / LOG2_E),
        length(form == Form::DENSE ? packed_length(d) : 2 * d), factors(k * length), shared(packed_length(d)),
        constants(k), highest(FARTHEST<T>), far(k), high(near ? k * d : 0), low(near ? k * d : 0) {
    const std::int64_t size = form == Form::DENSE ? std::int64_t(d) * d : d;
    const double scale = __builtin_sqrt(0.5 / unit);
    Buffer<double> moved(d);
    for (int j = 0; j < k; ++j) {
      const double *own = density.factors + j * size, *offset = density.offsets + std::int64_t(j) * d;
      far[j] = near && seen_from_near<T>(form, d) && !(most(offset) <= NEAR);
      if (far[j]) {
        move(density.shift, own, offset, near + std::int64_t(j) * d, j, moved);
        offset = moved;
      }
      if (form == Form::DENSE) pack_factor(own, offset, d, scale, factors + j * length);
      else pack_diagonal(form == Form::SHARED ? nullptr : own, offset, d, scale, factors + j * length);
      constants[j] = T((density.constants[j] - base) / unit);
      if (constants[j] > highest) highest = constants[j];
    }
    if (form == Form::SHARED) {
      Buffer<double> zero(d);
      for (int i = 0; i < d; ++i) zero[i] = 0;
      pack_factor(density.factors, zero, d, scale, static_cast<T*>(shared));
    }
  }

 private:
  double most(const double* offset) const {
    double largest = 0;
    for (int i = 0; i < d; ++i) largest = __builtin_fabs(offset[i]) > largest ? __builtin_fabs(offset[i]) : largest;
    return largest;
  }
  // The offset of a component from a point near it.
  void move(const double* shift, const double* factor, const double* offset, const double* point, int j, double* to) {
    any_far = true;
    for (int i = 0; i < d; ++i) {
      const T above = T(point[i]), below = T(point[i] - double(above));
      high[std::int64_t(j) * d + i] = above, low[std::int64_t(j) * d + i] = below;
      to[i] = offset[i];
    }
    for (int i = 0; i < d; ++i) {
      const double apart = double(high[std::int64_t(j) * d + i]) + double(low[std::int64_t(j) * d + i]) - shift[i];
      for (int l = i; l < d; ++l) to[l] -= apart * factor[std::int64_t(i) * d + l];
    }
  }
};

}  // namespace mixtura::MIXTURA_LEVEL
