// The E-step: responsibilities of all rows, summed up block by block.
#pragma once
#include "centring.hpp"
#include "component_sums.hpp"
#include "log_densities.hpp"
#include "responsibilities.hpp"
#include "single_precision.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// What is added up of a component's rows: outer products, squares, or, for pooled scatter, the total of all components.
enum class Sum { FULL, DIAGONAL, TOTAL };

template <class T, Sum SUM, Power POWER>
void add_blocks(const Rows& rows, const Density& density, RowFactors<T>& factors, Sums& to) {
  const int d = int(rows.d), k = int(density.k);
  for (int j = 0; j < k && !factors.known; ++j)
    factors.base = j && factors.base > density.constants[j] ? factors.base : density.constants[j];
  Components<T> components(density, rows.d, POWER, factors.base, to.centres);
  components.highest = 0;  // less base: that of all components, also where only some are summed again
  Scratch<T> s(rows, density, components.any_far);
  Buffer<double> nowhere(d);
  for (int i = 0; i < d; ++i) nowhere[i] = 0;
  Buffer<T> centres(std::int64_t(k) * s.stride);
  std::memset(centres, 0, sizeof(T) * std::size_t(k) * std::size_t(s.stride));
  for (int j = 0; j < k; ++j)
    for (int i = 0; i < d; ++i) centres[j * s.stride + i] = T(to.centres[j * d + i] - density.shift[i]);
  const Layout layout(to, k, d);
  for (std::int64_t first = 0; first < rows.n; first += s.rows) {
    const int count = int(rows.n - first < s.rows ? rows.n - first : s.rows);
    const int panels = (count + PANEL<T> - 1) / PANEL<T>;
    if (components.any_far) pack_rows<T>(rows, first, nowhere, count, panels, s.zero, s.copy, s.raw);
    const Lines<T> lines = pack_rows<T>(rows, first, density.shift, count, panels, s.zero, s.copy, s.x);
    log_densities<T>(components, s.x, s.raw, panels, s.white, s.h, s.largest);
    apply_bayes_rule<T, POWER>(rows, first, count, panels, components, factors, s, to);
    if constexpr (SUM == Sum::TOTAL) {
      add_total<T>(s, rows, k, panels, to);
      continue;
    }
    for (int j = 0; j < k; ++j) {
      fetch(rows, first + s.rows, s.rows, j, k);
      if (!s.active[j]) continue;
      const T *f = s.h + std::int64_t(j) * panels * PANEL<T>, *centre = centres + std::int64_t(j) * s.stride;
      double *mean = to.mean + j * d, *scatter = to.scatter + j * layout.step;
      constexpr bool FULL = SUM == Sum::FULL;
      if constexpr (POWER == Power::WHOLE)
        if (add_small<T, FULL>(s, f, s.total, centre, panels, d, to.weight + j, mean, scatter)) continue;
      if constexpr (FULL) add_full<T>(s, lines, f, s.active[j], centre, panels, d, to.weight + j, mean, scatter);
      else add_diagonal<T>(s, lines, f, s.active[j], centre, panels, d, to.weight + j, mean, scatter);
    }
  }
}

// Outer products are made of roots of responsibilities, unless they stay in registers. With `common` all centres are at
// density.shift, which is subtracted from the rows.
template <class T>
void add_blocks(const Rows& rows, const Density& density, RowFactors<T>& factors, Sums& to, bool common) {
  if (common) add_blocks<T, Sum::TOTAL, Power::WHOLE>(rows, density, factors, to);
  else if (to.kind == Scatter::DIAGONAL) add_blocks<T, Sum::DIAGONAL, Power::WHOLE>(rows, density, factors, to);
  else if (rows.d <= 4) add_blocks<T, Sum::FULL, Power::WHOLE>(rows, density, factors, to);
  else add_blocks<T, Sum::FULL, Power::ROOT>(rows, density, factors, to);
}

// Pooled scatter is summed again as a whole if digits are lost.
template <class T> void estep_pooled(const Rows& rows, const Density& density, Sums& sums) {
  Buffer<double> common(density.k * rows.d);
  for (std::int64_t n = 0; n < density.k * rows.d; ++n) common[n] = density.shift[n % rows.d];
  sums.centres = common;
  RowFactors<T> factors(0);
  twice_if_needed(rows, density, sums, LEAST_LEFT_OF_TOTAL,
                  [&](bool again) { add_blocks<T>(rows, density, factors, sums, !again); });
}

// With at least this many components, it is likely that one has to be summed again, and storing the rows' factors for
// that costs little; with fewer, it costs up to a seventh of a pass.
constexpr std::int64_t MANY = 16;

template <class T> void estep(const Rows& rows, const Density& density, Sums& sums) {
  if (sums.kind == Scatter::POOLED) return estep_pooled<T>(rows, density, sums);
  RowFactors<T> factors(density.k < MANY ? 0 : rows.n);
  if (!factors.kept)
    return twice_if_needed(rows, density, sums, LEAST_LEFT,
                           [&](bool) { add_blocks<T>(rows, density, factors, sums, false); });
  clear(density, rows.d, sums);
  add_blocks<T>(rows, density, factors, sums, false);
  Buffer<int> lost(density.k);
  const int again = centre_sums(density, rows.d, sums, LEAST_LEFT, lost);
  if (!again) return;
  factors.known = true;
  Subset subset(density, rows.d, sums, lost, again);
  add_blocks<T>(rows, subset.density, factors, subset.sums, false);
  subset.give_back(sums);
}

void estep(const Rows& rows, const Density& density, Sums& sums) {
  if (single_suffices(rows, density)) {
    const Sums wanted = sums;
    estep<float>(rows, density, sums);
    if (within_range(sums, density.k, rows.d)) return;
    sums = wanted;
  }
  estep<double>(rows, density, sums);
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
