// Passes over incomplete rows where covariances are diagonal: columns do not matter for each other.
#pragma once
#include "centring.hpp"
#include "lanes.hpp"
#include "predict.hpp"
#include "responsibilities.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// A mixture with diagonal covariances: for each component and column three numbers, those of `pack_diagonal` and the
// log-density to be added where the value is missing.
struct DiagonalTerms {
  Components<double> components;
  int k, d;
  Buffer<double> terms, variances;

  DiagonalTerms(const Density& density, const Seen& seen, std::int64_t columns)
      : components(density, columns, Power::WHOLE), k(components.k), d(components.d), terms(std::int64_t(k) * d * 3),
        variances(std::int64_t(k) * d) {
    // What a row's largest log-density can be depends on its pattern, so that no row counts as near.
    components.highest = -FARTHEST<double>;
    Buffer<double> values(LANES);
    for (std::int64_t n = 0; n < std::int64_t(k) * d; ++n) {
      const double factor = density.factors[n];
      store(values.data, logarithm(all(factor > 0 ? factor : 1.0)));
      terms[3 * n] = components.factors[2 * n];
      terms[3 * n + 1] = components.factors[2 * n + 1];
      terms[3 * n + 2] = (factor > 0 ? LOG_2PI / 2 - values[0] : seen.log_widths[n % d]) * LOG2_E;
      variances[n] = factor > 0 ? 1 / (factor * factor) : 0;
    }
  }
  // As `all_densities`.
  void densities(const double* x, int panels, double* h, double* largest) const {
    constexpr int P = PANEL<double>, W = WIDTH<double>;
    const std::int64_t rows = std::int64_t(panels) * P;
    for (int p = 0; p < panels; ++p, x += std::int64_t(d) * P, h += P, largest += P) {
      Vec<double> most[TALL];
      for (int v = 0; v < TALL; ++v) most[v] = all(FARTHEST<double>);
      for (int j = 0; j < k; ++j) {
        const double* term = terms + std::int64_t(j) * d * 3;
        Vec<double> sum[TALL];
        for (int v = 0; v < TALL; ++v) sum[v] = all<double>(components.constants[j]);
        for (int i = 0; i < d; ++i, term += 3)
          for (int v = 0; v < TALL; ++v) {
            const Vec<double> value = load(x + i * P + v * W), y = value * term[0] + term[1];
            sum[v] += value == value ? -y * y : all(term[2]);
          }
        for (int v = 0; v < TALL; ++v) {
          sum[v] = larger(sum[v], all(FARTHEST<double>));
          most[v] = larger(sum[v], most[v]);
          store(h + j * rows + v * W, sum[v]);
        }
      }
      for (int v = 0; v < TALL; ++v) store(largest + v * W, most[v]);
    }
  }
};

// For I columns from i0 on: responsibilities of the rows that lack the value; of the others first moments and squares.
template <int I>
INLINE void present_sums(const double* x, const double* resp, const double* centre, int panels, int d, int i0,
                         double (&lack)[I], double (&first)[I], double (&squares)[I]) {
  constexpr int P = PANEL<double>;
  Vec<double> acc[3][I] = {};
  for (int n = 0; n < panels * P; n += WIDTH<double>) {
    const Vec<double> r = load(resp + n);
    const double* from = x + at<double>(n, i0, d);
    for (int i = 0; i < I; ++i) {
      const Vec<double> value = load(from + i * P), zero = {};
      const Vec<double> delta = value == value ? value - centre[i0 + i] : zero, left = r * delta;
      acc[0][i] += value == value ? zero : r;
      acc[1][i] += left;
      acc[2][i] += left * delta;
    }
  }
  for (int i = 0; i < I; ++i) {
    lack[i] = sum<double>(acc[0][i]);
    first[i] = sum<double>(acc[1][i]);
    squares[i] = sum<double>(acc[2][i]);
  }
}

// Sums of one component over a block; what is missing is expected at the mean, with the variance.
struct DiagonalBlock {
  const DiagonalTerms& terms;
  const double *x, *resp;
  int panels;
  template <int I> void add(int j, int i0, const double* centre, const double* mean, Sums& to) const {
    const int d = terms.d;
    double lack[I], first[I], squares[I];
    present_sums<I>(x, resp, centre, panels, d, i0, lack, first, squares);
    for (int i = 0; i < I; ++i) {
      const std::int64_t here = std::int64_t(j) * d + i0 + i;
      const double apart = mean[here] - to.centres[here];
      to.mean[here] += first[i] + lack[i] * apart;
      to.scatter[here] += squares[i] + lack[i] * (terms.variances[here] + apart * apart);
    }
  }
};

void add_diagonal_blocks(const Rows& rows, const Density& density, const DiagonalTerms& terms, const double* means,
                         Sums& to) {
  using T = double;
  const int d = int(rows.d), k = int(density.k);
  Scratch<T> s(rows, density);
  RowFactors<T> factors(0);
  Buffer<T> centre(d);
  for (std::int64_t first = 0; first < rows.n; first += s.rows) {
    const int count = int(rows.n - first < s.rows ? rows.n - first : s.rows);
    const int panels = (count + PANEL<T> - 1) / PANEL<T>;
    pack_rows<T>(rows, first, density.shift, count, panels, s.zero, s.copy, s.x);
    terms.densities(s.x, panels, s.h, s.largest);
    apply_bayes_rule<T, Power::WHOLE>(rows, first, count, panels, terms.components, factors, s, to);
    for (int j = 0; j < k; ++j) {
      if (!s.active[j]) continue;
      const T* f = s.h + std::int64_t(j) * panels * PANEL<T>;
      Vec<T> total = {};
      for (int n = 0; n < panels * PANEL<T>; n += WIDTH<T>) {
        const Vec<T> r = load(f + n) * load(s.total + n);
        total += r;
        store(s.resp + n, r);
      }
      to.weight[j] += sum<T>(total);
      for (int i = 0; i < d; ++i) centre[i] = to.centres[std::int64_t(j) * d + i] - density.shift[i];
      const DiagonalBlock block{terms, s.x, s.resp, panels};
      int i0 = 0;
      for (; i0 + 4 <= d; i0 += 4) block.add<4>(j, i0, centre, means, to);
      for (; i0 < d; ++i0) block.add<1>(j, i0, centre, means, to);
    }
  }
}

void diagonal_estep(const Rows& rows, const Seen& seen, const Density& density, Sums& sums) {
  const DiagonalTerms terms(density, seen, rows.d);
  twice_if_needed(rows, density, sums, LEAST_LEFT,
                  [&](bool) { add_diagonal_blocks(rows, density, terms, seen.means, sums); });
}

void diagonal_predict(const Rows& rows, const Seen& seen, const Density& density, Prediction kind, double* out,
                      std::int64_t* labels) {
  const DiagonalTerms terms(density, seen, rows.d);
  predict_blocks(rows, density, terms.components, kind, out, labels,
                 [&](const Scratch<double>& s, int panels) { terms.densities(s.x, panels, s.h, s.largest); });
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
