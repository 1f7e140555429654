// Passes over rows of which some lack values: few rows with a pattern one by one, many together.
#pragma once
#include "incomplete_diagonal.hpp"
#include "incomplete_runs.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// From this many rows on those with one pattern are taken together. Measured: see docs/decisions.md.
constexpr std::int64_t MANY_ROWS = 32;

INLINE bool together(std::int64_t count, const Pattern& pattern) { return count >= MANY_ROWS && pattern.have; }

// Call few(first, end) or many(first, end) for the rows of each pattern, to which `densities` is changed before.
template <class Few, class Many>
void each_run(const Ordered& rows, RowDensities& densities, Few few, Many many) {
  for (std::int64_t first = 0, end; first < rows.rows.n; first = end) {
    end = rows.end(first);
    densities.change(rows.words(first));
    if (together(end - first, densities.pattern)) many(first, end);
    else few(first, end);
  }
}

// Sums over the rows with one pattern, from `first` on, before `end`.
void add_run(const Ordered& rows, std::int64_t first, std::int64_t end, const RowDensities& densities,
             const Density& density, Sums& to) {
  const RunDensity run(densities, density);
  const std::int64_t k = density.k, have = run.have;
  Buffer<double> centres(k * have), weight(k), mean(k * have), scatter(k * have * have);
  for (std::int64_t j = 0; j < k; ++j)
    for (int t = 0; t < have; ++t)
      centres[j * have + t] = to.centres[j * rows.rows.d + rows.rows.d - 1 - densities.pattern.seen[t]];
  Sums sums{centres, Scatter::FULL, weight, mean, scatter, 0, 0};
  clear(run.density, have, sums);
  Pieces pieces(rows, densities.pattern, end - first);
  pieces.each(first, end, [&](std::int64_t, const Rows& piece) {
    RowFactors<double> factors(0);
    add_blocks<double>(piece, run.density, factors, sums, false);
  });
  Completion completion(run, densities.pattern, densities.gaussians);
  for (std::int64_t j = 0; j < k; ++j)
    if (weight[j] > 0) completion.add(j, weight[j], mean + j * have, scatter + j * have * have, to);
  to.loglik += sums.loglik, to.assignment_logprob += sums.assignment_logprob;
}

// Sums over the rows of patterns that few have.
class FewSums {
 public:
  FewSums(const Gaussians& gaussians, const double* centres)
      : groups_(gaussians.groups), h_(groups_ * LANES), sums_(groups_) {
    for (int g = 0; g < groups_; ++g) sums_.add(gaussians, g, centres);
  }

  void add(const Ordered& rows, std::int64_t first, std::int64_t end, RowDensities& densities) {
    for (std::int64_t n = first; n < end; ++n) {
      densities.read(rows, n);
      for (int g = 0; g < groups_; ++g) store(h_ + g * LANES, densities(g, sums_[g].next()));
      double most;
      const double total = scale_densities(h_, groups_, most), weight = rows.weight(n);
      likelihood_.add(total, most, weight);
      for (int g = 0; g < groups_; ++g) sums_[g].add(load(h_ + g * LANES) * (weight / total));
    }
    for (int g = 0; g < groups_; ++g) sums_[g].end_run(densities.pattern, densities.elimination(g).rest());
  }
  void give(Sums& to) {
    for (int g = 0; g < groups_; ++g) sums_[g].give(to);
    likelihood_.give(to);
  }

 private:
  const int groups_;
  Buffer<double> h_;
  Several<GroupSums> sums_;
  Likelihood likelihood_;
};

void incomplete_estep(const Rows& rows, const Seen& seen, const Density& density, Sums& sums) {
  if (sums.kind == Scatter::DIAGONAL) return diagonal_estep(rows, seen, density, sums);
  const Gaussians gaussians(density, seen, rows.d);
  const Ordered ordered{rows, seen};
  twice_if_needed(rows, density, sums, LEAST_LEFT, [&](bool) {
    RowDensities densities(gaussians);
    FewSums few(gaussians, sums.centres);
    each_run(
        ordered, densities,
        [&](std::int64_t first, std::int64_t end) { few.add(ordered, first, end, densities); },
        [&](std::int64_t first, std::int64_t end) { add_run(ordered, first, end, densities, density, sums); });
    few.give(sums);
  });
}

// A prediction for one row from log-densities h, which are replaced.
void predict_row(double* h, int k, int groups, Prediction kind, double* out, std::int64_t* labels, std::int64_t row) {
  if (kind == Prediction::LABELS) return label<double>(h, k, 1, 1, labels + row);
  double most;
  const double total = scale_densities(h, groups, most);
  if (kind == Prediction::LOG_DENSITY) out[row] = most / LOG2_E + logarithm(all(total))[0];
  else
    for (int j = 0; j < k; ++j) out[row * k + j] = h[j] / total;
}

// Predictions for many rows with one pattern.
void predict_run(const Ordered& rows, std::int64_t first, std::int64_t end, const RowDensities& densities,
                 const Density& density, Prediction kind, double* out, std::int64_t* labels) {
  const RunDensity run(densities, density);
  const std::int64_t each = kind == Prediction::RESPONSIBILITIES ? density.k : 1, most = Pieces::MOST;
  const std::int64_t count = end - first < most ? end - first : most;
  Buffer<double> numbers(count * each);
  Buffer<std::int64_t> found(count);
  Pieces pieces(rows, densities.pattern, end - first);
  pieces.each(first, end, [&](std::int64_t begin, const Rows& piece) {
    predict(piece, run.density, kind, numbers, found);
    for (std::int64_t n = 0; n < piece.n; ++n) {
      const std::int64_t row = rows.number(begin + n);
      if (kind == Prediction::LABELS) labels[row] = found[n];
      else std::memcpy(out + row * each, numbers + n * each, std::size_t(each) * sizeof(double));
    }
  });
}

void incomplete_predict(const Rows& rows, const Seen& seen, const Density& density, Prediction kind, double* out,
                        std::int64_t* labels) {
  if (density.form == Form::DIAGONAL) return diagonal_predict(rows, seen, density, kind, out, labels);
  const Gaussians gaussians(density, seen, rows.d);
  const Ordered ordered{rows, seen};
  RowDensities densities(gaussians);
  Buffer<double> h(gaussians.groups * LANES), deviations(std::int64_t(gaussians.d) * LANES);
  each_run(
      ordered, densities,
      [&](std::int64_t first, std::int64_t end) {
        for (std::int64_t n = first; n < end; ++n) {
          densities.read(ordered, n);
          for (int g = 0; g < gaussians.groups; ++g) store(h + g * LANES, densities(g, deviations));
          predict_row(h, gaussians.k, gaussians.groups, kind, out, labels, ordered.number(n));
        }
      },
      [&](std::int64_t first, std::int64_t end) {
        predict_run(ordered, first, end, densities, density, kind, out, labels);
      });
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
