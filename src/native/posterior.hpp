// Bayes' rule on a block: half log-densities of all components, their largest, and scaled exponentials.
#pragma once
#include "block.hpp"
#include "explog.hpp"
#include "whiten.hpp"

namespace mixtura::MIXTURA_LEVEL {

// Limits of half log-densities. A responsibility below exp(-50) < 2^-72 changes no bit of any sum, unless the row is
// so far from all components that its squared deviations weigh in: such rows (FAR) are cut at the smallest number.
template <class T> constexpr T SMALL = T(-25);
template <class T> constexpr T SMALLEST = sizeof(T) == 8 ? T(-350) : T(-43);
template <class T> constexpr T FAR = T(512);
template <class T> constexpr T FARTHEST = sizeof(T) == 8 ? T(-2.5e299) : T(-1e37);

template <class T> struct Components {
  int k, d;
  Form form;
  std::int64_t length;  // of one component's packed factor
  Buffer<T> factors, shared, constants;
  T highest;  // of the constants

  Components(const Density& density, std::int64_t columns)
      : k(int(density.k)), d(int(columns)), form(density.form),
        length(form == Form::DENSE ? packed_length(d) : 2 * d), factors(k * length), shared(packed_length(d)),
        constants(k), highest(FARTHEST<T>) {
    const std::int64_t size = form == Form::DENSE ? std::int64_t(d) * d : d;
    for (int j = 0; j < k; ++j) {
      const double *own = density.factors + j * size, *offset = density.offsets + std::int64_t(j) * d;
      if (form == Form::DENSE) pack_factor(own, offset, d, factors + j * length);
      else pack_diagonal(form == Form::SHARED ? nullptr : own, offset, d, factors + j * length);
      constants[j] = T(0.5 * density.constants[j]);
      if (constants[j] > highest) highest = constants[j];
    }
    if (form == Form::SHARED) {
      Buffer<double> zero(d);
      for (int i = 0; i < d; ++i) zero[i] = 0;
      pack_factor(density.factors, zero, d, static_cast<T*>(shared));
    }
  }
};

// h[j, n] for all components and rows, and the largest of each row.
template <class T, int D, bool DENSE>
void half_densities(const Components<T>& c, const T* x, int panels, T* h, T* largest) {
  const int rows = panels * PANEL<T>;
  for (int n = 0; n < rows; ++n) largest[n] = FARTHEST<T>;
  for (int j = 0; j < c.k; ++j) {
    const T* u = c.factors + j * c.length;
    for (int p = 0; p < panels; ++p) {
      const T* panel = x + std::int64_t(p) * c.d * PANEL<T>;
      const int n = p * PANEL<T>;
      Vec<T> sum[TALL];
      for (int v = 0; v < TALL; ++v) sum[v] = all<T>(c.constants[j]);
      if constexpr (DENSE) dense_panel<T, D>(panel, u, c.d, sum);
      else diagonal_panel<T, D>(panel, u, c.d, sum);
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
void half_densities(const Components<T>& c, const T* x, int panels, T* h, T* largest) {
  switch (c.d) {
    case 1: return half_densities<T, 1, DENSE>(c, x, panels, h, largest);
    case 2: return half_densities<T, 2, DENSE>(c, x, panels, h, largest);
    case 3: return half_densities<T, 3, DENSE>(c, x, panels, h, largest);
    case 4: return half_densities<T, 4, DENSE>(c, x, panels, h, largest);
    default: return half_densities<T, 0, DENSE>(c, x, panels, h, largest);
  }
}

// `white` is scratch of the block's size, used where components share a factor.
template <class T> void half_densities(const Components<T>& c, const T* x, int panels, T* white, T* h, T* largest) {
  if (c.form == Form::DENSE) return half_densities<T, true>(c, x, panels, h, largest);
  if (c.form == Form::SHARED) {
    const std::int64_t step = std::int64_t(c.d) * PANEL<T>;
    for (int p = 0; p < panels; ++p) whiten_panel(x + p * step, static_cast<const T*>(c.shared), c.d, white + p * step);
    x = white;
  }
  half_densities<T, false>(c, x, panels, h, largest);
}

// Replace h by f = exp(h - largest), the roots of scaled responsibilities; their squares add up to total[n].
// active[j] counts the rows where f > 0.
template <class T> void exponentials(const Components<T>& c, int panels, T* h, const T* largest, T* total, int* active) {
  const int rows = panels * PANEL<T>;
  for (int j = 0; j < c.k; ++j) active[j] = 0;
  for (int n = 0; n < rows; n += PANEL<T>) {
    Vec<T> most[TALL], least[TALL], sum[TALL] = {};
    for (int v = 0; v < TALL; ++v) {
      most[v] = load(largest + n + v * WIDTH<T>);
      least[v] = c.highest - most[v] < FAR<T> ? all(SMALL<T>) : all(SMALLEST<T>);
    }
    for (int j = 0; j < c.k; ++j) {
      T* here = h + std::int64_t(j) * rows + n;
      Vec<T> below_most[TALL];
      unsigned out[TALL];
      int gone = 0;
      for (int v = 0; v < TALL; ++v) {
        below_most[v] = load(here + v * WIDTH<T>) - most[v];
        out[v] = below(below_most[v], least[v]);
        gone += __builtin_popcount(out[v]);
      }
      active[j] += PANEL<T> - gone;
      if (gone == PANEL<T>) {
        for (int v = 0; v < TALL; ++v) store(here + v * WIDTH<T>, Vec<T>{});
        continue;
      }
      for (int v = 0; v < TALL; ++v) {
        Vec<T> f = exponential(larger(below_most[v], least[v]));
        f = below_most[v] < least[v] ? Vec<T>{} : f;
        sum[v] += f * f;
        store(here + v * WIDTH<T>, f);
      }
    }
    for (int v = 0; v < TALL; ++v) store(total + n + v * WIDTH<T>, sum[v]);
  }
}

}  // namespace mixtura::MIXTURA_LEVEL
