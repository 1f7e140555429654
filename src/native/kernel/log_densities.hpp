// Log-densities of a block's rows under all components, and the largest of each row.
#pragma once
#include "components.hpp"

namespace mixtura::MIXTURA_LEVEL {

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

// What becomes of the Gaussian log-densities of component j: for it, a function of a register and the number of its
// first row. Here it is nothing.
struct Unchanged {
  INLINE auto operator()(int) const {
    return [](std::int64_t, auto value) __attribute__((always_inline)) { return value; };
  }
};

// With few columns, a panel and its largest log-densities stay in registers for all components.
template <class T, int D, bool DENSE, class Change>
void small_densities(const Components<T>& c, const T* x, int panels, T* h, T* largest, const Change& change) {
  constexpr int LENGTH = DENSE ? D + D * (D + 1) / 2 : 2 * D;
  const std::int64_t rows = std::int64_t(panels) * PANEL<T>;
  for (int n = 0; n < rows; n += PANEL<T>, x += D * PANEL<T>, h += PANEL<T>, largest += PANEL<T>) {
    Vec<T> most[TALL];
    for (int v = 0; v < TALL; ++v) most[v] = all(FARTHEST<T>);
    const T* u = c.factors;
    for (int j = 0; j < c.k; ++j, u += LENGTH) {
      Vec<T> sum[TALL];
      for (int v = 0; v < TALL; ++v) sum[v] = all<T>(c.constants[j]);
      whitened_panel<T, D, DENSE>(x, u, D, sum);
      const auto own = change(j);
      unrolled<TALL>([&](auto v) __attribute__((always_inline)) {
        sum[v] = larger(own(n + v * WIDTH<T>, sum[v]), all(FARTHEST<T>));
        most[v] = larger(sum[v], most[v]);
        store(h + j * rows + v * WIDTH<T>, sum[v]);
      });
    }
    for (int v = 0; v < TALL; ++v) store(largest + v * WIDTH<T>, most[v]);
  }
}

// h[j, n] for all components and rows, and the largest of each row; `raw` are rows without the shift.
template <class T, bool DENSE, class Change>
void all_densities(const Components<T>& c, const T* x, const T* raw, int panels, T* scratch, T* h, T* largest,
                   const Change& change) {
  const int rows = panels * PANEL<T>;
  for (int n = 0; n < rows; ++n) largest[n] = FARTHEST<T>;
  for (int j = 0; j < c.k; ++j) {
    const T* u = c.factors + j * c.length;
    const auto own = change(j);
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
      unrolled<TALL>([&](auto v) __attribute__((always_inline)) {
        T* here = largest + n + v * WIDTH<T>;
        sum[v] = larger(own(n + v * WIDTH<T>, sum[v]), all(FARTHEST<T>));
        store(here, larger(sum[v], load(here)));
        store(h + std::int64_t(j) * rows + n + v * WIDTH<T>, sum[v]);
      });
    }
  }
}

template <class T, bool DENSE, class Change>
void log_densities(const Components<T>& c, const T* x, const T* raw, int panels, T* scratch, T* h, T* largest,
                   const Change& change) {
  switch (c.d) {
    case 1: return small_densities<T, 1, DENSE>(c, x, panels, h, largest, change);
    case 2: return small_densities<T, 2, DENSE>(c, x, panels, h, largest, change);
    case 3: return small_densities<T, 3, DENSE>(c, x, panels, h, largest, change);
    case 4: return small_densities<T, 4, DENSE>(c, x, panels, h, largest, change);
    default: return all_densities<T, DENSE>(c, x, raw, panels, scratch, h, largest, change);
  }
}

// `white` is scratch of the block's size; `change` makes other log-densities of Gaussian ones.
template <class T, class Change = Unchanged>
void log_densities(const Components<T>& c, const T* x, const T* raw, int panels, T* white, T* h, T* largest,
                   const Change& change = {}) {
  if (c.form == Form::DENSE) return log_densities<T, true>(c, x, raw, panels, white, h, largest, change);
  if (c.form == Form::SHARED) {
    const std::int64_t step = std::int64_t(c.d) * PANEL<T>;
    for (int p = 0; p < panels; ++p) whiten_panel(x + p * step, static_cast<const T*>(c.shared), c.d, white + p * step);
    x = white;
  }
  log_densities<T, false>(c, x, raw, panels, white, h, largest, change);
}

}  // namespace mixtura::MIXTURA_LEVEL
