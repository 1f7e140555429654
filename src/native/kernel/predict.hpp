// Log-densities, responsibilities or most probable components of rows.
#pragma once
#include "log_densities.hpp"
#include "responsibilities.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

template <class T> void label(const T* h, int k, int rows, int count, std::int64_t* labels) {
  for (int n = 0; n < count; ++n) {
    int best = 0;
    for (int j = 1; j < k; ++j)
      if (h[std::int64_t(j) * rows + n] > h[std::int64_t(best) * rows + n]) best = j;
    labels[n] = best;
  }
}

// Predictions block by block; `densities` computes those of a block's rows, s.x, into s.h and s.largest.
template <class Densities>
void predict_blocks(const Rows& rows, const Density& density, const Components<double>& components, Prediction kind,
                    double* out, std::int64_t* labels, Densities densities) {
  using T = double;
  const int k = int(density.k);
  Scratch<T> s(rows, density);
  for (std::int64_t first = 0; first < rows.n; first += s.rows) {
    const int count = int(rows.n - first < s.rows ? rows.n - first : s.rows);
    const int panels = (count + PANEL<T> - 1) / PANEL<T>;
    pack_rows<T>(rows, first, density.shift, count, panels, s.zero, s.copy, s.x);
    densities(s, panels);
    if (kind == Prediction::LABELS) {
      label<T>(s.h, k, panels * PANEL<T>, count, labels + first);
      continue;
    }
    exponentials<T, Power::WHOLE, true>(components, panels, s.h, s.largest, s.total, s.active);
    for (int n = 0; n < panels * PANEL<T> && kind == Prediction::LOG_DENSITY; n += WIDTH<T>)
      store(s.root + n, T(components.unit) * load(s.largest + n) + logarithm(load(s.total + n)));
    for (int n = 0; n < count; ++n) {
      if (kind == Prediction::LOG_DENSITY) {
        out[first + n] = s.root[n];
        continue;
      }
      double* to = out + (first + n) * k;
      for (int j = 0; j < k; ++j) {
        to[j] = s.h[std::int64_t(j) * panels * PANEL<T> + n] / s.total[n];
      }
    }
  }
}

void predict(const Rows& rows, const Density& density, Prediction kind, double* out, std::int64_t* labels) {
  const Components<double> components(density, rows.d, Power::WHOLE);
  predict_blocks(rows, density, components, kind, out, labels, [&](const Scratch<double>& s, int panels) {
    log_densities<double>(components, s.x, s.raw, panels, s.white, s.h, s.largest);
  });
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
