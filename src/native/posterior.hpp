// Bayes' rule on a block: log-densities of all components, their largest, and scaled exponentials.
#pragma once
#include "block.hpp"
#include "explog.hpp"
#include "whiten.hpp"

namespace mixtura::MIXTURA_LEVEL {

// Log-densities are counted in powers of two, or of four: then exponentials are the roots of responsibilities.
enum class Power : int { WHOLE = 1, ROOT = 2 };
constexpr double LOG2_E = 0x1.71547652b82fep+0;

// Limits of log2-densities below the largest. A responsibility below 2^-72 changes no bit of any sum, unless the row is
// so far from all components that its squared deviations weigh in: such rows (FAR) are cut at the smallest number.
constexpr int SMALL = -72, FAR = 1478;
template <class T> constexpr int SMALLEST = sizeof(T) == 8 ? -1010 : -124;
template <class T> constexpr T FARTHEST = sizeof(T) == 8 ? T(-2.5e299) : T(-1e37);

// In float32, a component that lies further from the shift than NEAR deviations is seen from a point near it: rows as they
// are minus that point (the sum of two numbers) keep the digits that they lose once they are shifted and rounded.
constexpr double NEAR = 100;

template <class T> constexpr bool seen_from_near(Form form, std::int64_t d) {
  return sizeof(T) == 4 && form == Form::DENSE && d > FEW;
}

template <class T> struct Components {
  int k, d;
  Form form;
  double unit;          // nats in the unit of log-densities
  std::int64_t length;  // of one component's packed factor
  Buffer<T> factors, shared, constants;
  T highest;  // of the constants
  bool any_far = false;
  Buffer<char> far;
  Buffer<T> high, low;

  // Log-densities are those minus `base`. `near` are points near the means, from which far components are seen.
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

// A panel of rows minus a point.
template <class T> INLINE void subtract(const T* panel, const T* high, const T* low, int d, T* to) {
  for (int i = 0; i < d; ++i)
    for (int n = i * PANEL<T>; n < (i + 1) * PANEL<T>; n += WIDTH<T>) store(to + n, load(panel + n) - high[i] - low[i]);
}

template <class T, int D, bool DENSE>
INLINE void whitened_panel(const T* panel, const T* u, int d, Vec<T> (&sum)[TALL]) {
  if constexpr (DENSE) dense_panel<T, D>(panel, u, d, sum);
  else diagonal_panel<T, D>(panel, u, d, sum);
}

// With few columns, a panel and its largest log-densities stay in registers while the components pass by.
template <class T, int D, bool DENSE>
void small_densities(const Components<T>& c, const T* x, int panels, T* h, T* largest) {
  constexpr int LENGTH = DENSE ? D + D * (D + 1) / 2 : 2 * D;
  const std::int64_t rows = std::int64_t(panels) * PANEL<T>;
  for (int p = 0; p < panels; ++p, x += D * PANEL<T>, h += PANEL<T>, largest += PANEL<T>) {
    Vec<T> most[TALL];
    for (int v = 0; v < TALL; ++v) most[v] = all(FARTHEST<T>);
    const T* u = c.factors;
    for (int j = 0; j < c.k; ++j, u += LENGTH) {
      Vec<T> sum[TALL];
      for (int v = 0; v < TALL; ++v) sum[v] = all<T>(c.constants[j]);
      whitened_panel<T, D, DENSE>(x, u, D, sum);
      for (int v = 0; v < TALL; ++v) {
        sum[v] = larger(sum[v], all(FARTHEST<T>));
        most[v] = larger(sum[v], most[v]);
        store(h + j * rows + v * WIDTH<T>, sum[v]);
      }
    }
    for (int v = 0; v < TALL; ++v) store(largest + v * WIDTH<T>, most[v]);
  }
}

// h[j, n] for all components and rows, and the largest of each row; `raw` are rows without the shift.
template <class T, bool DENSE>
void all_densities(const Components<T>& c, const T* x, const T* raw, int panels, T* scratch, T* h, T* largest) {
  const int rows = panels * PANEL<T>;
  for (int n = 0; n < rows; ++n) largest[n] = FARTHEST<T>;
  for (int j = 0; j < c.k; ++j) {
    const T* u = c.factors + j * c.length;
    for (int p = 0; p < panels; ++p) {
      const T* panel = x + std::int64_t(p) * c.d * PANEL<T>;
      const int n = p * PANEL<T>;
      if (seen_from_near<T>(c.form, c.d) && c.far[j]) {
        const std::int64_t point = std::int64_t(j) * c.d;
        subtract<T>(raw + (panel - x), c.high + point, c.low + point, c.d, scratch);
        panel = scratch;
      }
      Vec<T> sum[TALL];
      for (int v = 0; v < TALL; ++v) sum[v] = all<T>(c.constants[j]);
      whitened_panel<T, 0, DENSE>(panel, u, c.d, sum);
      for (int v = 0; v < TALL; ++v) {
        T* here = largest + n + v * WIDTH<T>;
        sum[v] = larger(sum[v], all(FARTHEST<T>));
        store(here, larger(sum[v], load(here)));
        store(h + std::int64_t(j) * rows + n + v * WIDTH<T>, sum[v]);
      }
    }
  }
}

template <class T, bool DENSE>
void log_densities(const Components<T>& c, const T* x, const T* raw, int panels, T* scratch, T* h, T* largest) {
  switch (c.d) {
    case 1: return small_densities<T, 1, DENSE>(c, x, panels, h, largest);
    case 2: return small_densities<T, 2, DENSE>(c, x, panels, h, largest);
    case 3: return small_densities<T, 3, DENSE>(c, x, panels, h, largest);
    case 4: return small_densities<T, 4, DENSE>(c, x, panels, h, largest);
    default: return all_densities<T, DENSE>(c, x, raw, panels, scratch, h, largest);
  }
}

// `white` is scratch of the block's size.
template <class T>
void log_densities(const Components<T>& c, const T* x, const T* raw, int panels, T* white, T* h, T* largest) {
  if (c.form == Form::DENSE) return log_densities<T, true>(c, x, raw, panels, white, h, largest);
  if (c.form == Form::SHARED) {
    const std::int64_t step = std::int64_t(c.d) * PANEL<T>;
    for (int p = 0; p < panels; ++p) whiten_panel(x + p * step, static_cast<const T*>(c.shared), c.d, white + p * step);
    x = white;
  }
  log_densities<T, false>(c, x, raw, panels, white, h, largest);
}

// Replace h by f = exp(h - largest), scaled responsibilities (or their roots), which add up to total[n] (or their
// squares do). active[j] counts the rows where f > 0.
template <class T, Power POWER>
void exponentials(const Components<T>& c, int panels, T* h, const T* largest, T* total, int* active) {
  constexpr T UNIT = T(1) / int(POWER);
  const std::int64_t rows = std::int64_t(panels) * PANEL<T>;
  for (int j = 0; j < c.k; ++j) active[j] = 0;
  for (int n = 0; n < rows; n += PANEL<T>) {
    Vec<T> most[TALL], least[TALL], sum[TALL] = {};
    for (int v = 0; v < TALL; ++v) {
      most[v] = load(largest + n + v * WIDTH<T>);
      least[v] = c.highest - most[v] < FAR * UNIT ? all(SMALL * UNIT) : all(SMALLEST<T> * UNIT);
    }
    T* here = h + n;
    for (int j = 0; j < c.k; ++j, here += rows) {
      Vec<T> below_most[TALL];
      unsigned gone = 0;
      for (int v = 0; v < TALL; ++v) {
        below_most[v] = load(here + v * WIDTH<T>) - most[v];
        gone += __builtin_popcount(below(below_most[v], least[v]));
      }
      active[j] += PANEL<T> - gone;
      if (gone == PANEL<T>) {
        for (int v = 0; v < TALL; ++v) store(here + v * WIDTH<T>, Vec<T>{});
        continue;
      }
      for (int v = 0; v < TALL; ++v) {
        Vec<T> f = exp2(below_most[v]);
        f = below_most[v] < least[v] ? Vec<T>{} : f;
        if constexpr (POWER == Power::ROOT) sum[v] += f * f;
        else sum[v] += f;
        store(here + v * WIDTH<T>, f);
      }
    }
    for (int v = 0; v < TALL; ++v) store(total + n + v * WIDTH<T>, sum[v]);
  }
}

}  // namespace mixtura::MIXTURA_LEVEL
