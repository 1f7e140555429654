// The E-step of multivariate t components: sums of responsibilities r, and of r times the scale u expected of a row.
#pragma once
#include "estep.hpp"
#include "student.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// Where the sums of one component go.
struct StudentSums {
  double *weight, *first, *scatter, *responsibility, *logs;
  StudentSums(const Sums& to, std::int64_t step, std::int64_t k, std::int64_t d, int j)
      : weight(to.weight + j), first(to.mean + j * d), scatter(to.scatter + j * step), responsibility(to.scales + j),
        logs(to.scales + k + j) {}
};

// One component's rows in a block.
struct StudentRows {
  const double *f, *logs, *scales;  // r = f q (of roots f^2 q); log2(1 + D / nu); 1 / (1 + D / nu), unless of roots
  int active;
  double most;
};

// Adds up r and r log2(1 + D / nu); then each(n, r or its root, u or its root) for registers of rows.
template <Power POWER, class Each>
INLINE void add_scales(const Scratch<double>& s, const StudentRows& of, int rows, const StudentSums& to, Each each) {
  Vec<double> total = {}, logs = {};
  const double most = POWER == Power::ROOT ? root(of.most) : of.most;
  for (int n = 0; n < rows; n += WIDTH<double>) {
    const Vec<double> f = load(of.f + n), log = load(of.logs + n), q = load(s.total + n);
    const Vec<double> r = POWER == Power::ROOT ? f * f * q : f * q;
    total += r;
    logs += r * log;
    if constexpr (POWER == Power::ROOT) each(n, f * load(s.root + n), most * exp2(-0.5 * log));
    else each(n, r, most * load(of.scales + n));
  }
  *to.responsibility += sum<double>(total);
  *to.logs += sum<double>(logs);
}

void add_full(Scratch<double>& s, const Lines<double>& lines, const StudentRows& of, const double* centre, int panels,
              int d, const StudentSums& to) {
  Vec<double> total = {};
  add_scales<Power::ROOT>(s, of, panels * PANEL<double>, to, [&](int n, Vec<double> r, Vec<double> u) {
    const Vec<double> both = r * u;
    total += both * both;
    store(s.resp + n, both);
  });
  *to.weight += sum<double>(total);
  add_products(s, lines, of.active, centre, panels, d, to.first, to.scatter);
}

void add_diagonal(Scratch<double>& s, const Lines<double>& lines, const StudentRows& of, const double* centre,
                  int panels, int d, const StudentSums& to) {
  const int rows = panels * PANEL<double>;
  const bool sparse = 3 * of.active < rows;
  int count = 0;
  Vec<double> total = {};
  add_scales<Power::WHOLE>(s, of, rows, to, [&](int n, Vec<double> r, Vec<double> u) {
    const Vec<double> both = r * u;
    total += both;
    store(s.resp + n, both);
    count = list_positive<double>(n, both, sparse, s.chosen, count);
  });
  *to.weight += sum<double>(total);
  add_squares(s, lines, sparse, count, centre, d, to.first, to.scatter);
}

template <bool FULL>
void add_small(Scratch<double>& s, const StudentRows& of, const double* centre, int panels, int d,
               const StudentSums& to) {
  add_scales<Power::WHOLE>(s, of, panels * PANEL<double>, to,
                           [&](int n, Vec<double>, Vec<double> u) { store(s.resp + n, u * load(s.total + n)); });
  add_small<double, FULL>(s, of.f, s.resp, centre, panels, d, to.weight, to.first, to.scatter);
}

// The pooled scatter of all components about the shift.
void add_total(Scratch<double>& s, const TailTerms<true>& terms, const double* most, int k, int d, int panels,
               Sums& to) {
  const int count = panels * PANEL<double>;
  FirstMoments<double> sums(s.x, panels, d);
  for (int n = 0; n < count; ++n) s.resp[n] = 0;
  for (int j = 0; j < k; ++j) {
    if (!s.active[j]) continue;
    double* f = s.h + std::int64_t(j) * count;
    const StudentSums own(to, 0, k, d, j);
    Vec<double> total = {};
    const std::int64_t start = std::int64_t(j) * count;
    const StudentRows of{f, terms.logs + start, terms.scales + start, s.active[j], most[j]};
    add_scales<Power::WHOLE>(s, of, count, own, [&](int n, Vec<double> r, Vec<double> u) {
      const Vec<double> both = r * u;
      total += both;
      store(f + n, both);
      store(s.resp + n, load(s.resp + n) + both);
    });
    *own.weight += sum<double>(total);
    sums.add(f, own.first);
  }
  sums.finish();
  for (int n = 0; n < count; n += WIDTH<double>) store(s.resp + n, roots(load(s.resp + n)));
  add_weighted_products(s, panels, d, to.scatter);
}

template <Sum SUM, Power POWER>
void add_student_blocks(const Rows& rows, const Density& density, const Tails& tails, Sums& to) {
  const int d = int(rows.d), k = int(density.k);
  const StudentComponents components(density, tails, rows.d, POWER);
  Scratch<double> s(rows, density);
  Buffer<double> centres(std::int64_t(k) * s.stride);
  TailTerms<POWER == Power::WHOLE> terms(std::int64_t(k) * s.rows);
  std::memset(centres, 0, sizeof(double) * std::size_t(k) * std::size_t(s.stride));
  for (int j = 0; j < k; ++j)
    for (int i = 0; i < d; ++i) centres[j * s.stride + i] = to.centres[j * d + i] - density.shift[i];
  const Layout layout(to, k, d);
  for (std::int64_t first = 0; first < rows.n; first += s.rows) {
    const int count = int(rows.n - first < s.rows ? rows.n - first : s.rows);
    const int panels = (count + PANEL<double> - 1) / PANEL<double>;
    const Lines<double> lines = pack_rows<double>(rows, first, density.shift, count, panels, s.zero, s.copy, s.x);
    t_log_densities(components, s, panels, terms);
    exponentials<double, POWER>(components.maps, panels, s.h, s.largest, s.total, s.active);
    add_likelihood<double, POWER>(rows, first, count, panels, components.maps.unit, 0, s, to);
    if constexpr (SUM == Sum::TOTAL) {
      add_total(s, terms, components.most, k, d, panels, to);
      continue;
    }
    for (int j = 0; j < k; ++j) {
      fetch(rows, first + s.rows, s.rows, j, k);
      if (!s.active[j]) continue;
      const std::int64_t start = std::int64_t(j) * panels * PANEL<double>;
      const StudentRows of{s.h + start, terms.logs + start, terms.scales + start, s.active[j], components.most[j]};
      const StudentSums own(to, layout.step, k, d, j);
      const double* centre = centres + std::int64_t(j) * s.stride;
      if constexpr (POWER == Power::ROOT) add_full(s, lines, of, centre, panels, d, own);
      else if (d <= FEW) add_small<SUM == Sum::FULL>(s, of, centre, panels, d, own);
      else add_diagonal(s, lines, of, centre, panels, d, own);
    }
  }
}

void t_estep(const Rows& rows, const Density& density, const Tails& tails, Sums& sums) {
  const bool pooled = sums.kind == Scatter::POOLED;
  const auto add = [&](bool again) {
    std::memset(sums.scales, 0, sizeof(double) * std::size_t(2 * density.k));
    if (pooled && !again) add_student_blocks<Sum::TOTAL, Power::WHOLE>(rows, density, tails, sums);
    else if (sums.kind == Scatter::DIAGONAL)
      add_student_blocks<Sum::DIAGONAL, Power::WHOLE>(rows, density, tails, sums);
    else if (rows.d <= FEW) add_student_blocks<Sum::FULL, Power::WHOLE>(rows, density, tails, sums);
    else add_student_blocks<Sum::FULL, Power::ROOT>(rows, density, tails, sums);
  };
  if (!pooled) return twice_if_needed(rows, density, sums, LEAST_LEFT, add);
  Buffer<double> common(density.k * rows.d);
  for (std::int64_t n = 0; n < density.k * rows.d; ++n) common[n] = density.shift[n % rows.d];
  sums.centres = common;
  twice_if_needed(rows, density, sums, LEAST_LEFT_OF_TOTAL, add);
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
