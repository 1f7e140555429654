// Multivariate t components: their log-densities, from the squared distances that Gaussian maps give.
#pragma once
#include "exp_log.hpp"
#include "log_densities.hpp"
#include "predict.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// Numbers of k components, all zero.
struct Zeros {
  Buffer<double> numbers;
  explicit Zeros(std::int64_t k) : numbers(k) { std::memset(numbers, 0, sizeof(double) * std::size_t(k)); }
};

// t components in the unit of log-densities.
struct StudentComponents {
  Zeros zeros;
  Components<double> maps;  // without constants: log-densities of these are distances
  Buffer<double> constants, half, steps, most;

  StudentComponents(const Density& density, const Tails& tails, std::int64_t d, Power power)
      : zeros(density.k), maps(without_constants(density, zeros.numbers), d, power), constants(density.k),
        half(density.k), steps(density.k), most(density.k) {
    maps.highest = FARTHEST<double>;
    for (int j = 0; j < maps.k; ++j) {
      constants[j] = (density.constants[j] + tails.constants[j]) / maps.unit;
      half[j] = tails.half[j] / int(power);  // of logarithms to base two
      steps[j] = 2 * maps.unit * tails.inverse[j];
      most[j] = tails.most[j];
      maps.highest = constants[j] > maps.highest ? constants[j] : maps.highest;
    }
  }
  static Density without_constants(Density density, const double* zeros) {
    density.constants = zeros;
    return density;
  }
};

// What is kept of a block's rows and components, (k, rows): log2(1 + D / nu), and with SCALES 1 / (1 + D / nu).
template <bool SCALES> struct TailTerms {
  Buffer<double> logs, scales;
  explicit TailTerms(std::int64_t size) : logs(size), scales(SCALES ? size : 0) {}
};

// Log-densities of a block's rows, and the largest of each row.
template <bool SCALES>
void t_log_densities(const StudentComponents& c, const Scratch<double>& s, int panels, TailTerms<SCALES>& terms) {
  const std::int64_t rows = std::int64_t(panels) * PANEL<double>;
  const auto change = [&](int j) __attribute__((always_inline)) {
    const double constant = c.constants[j], half = c.half[j], step = c.steps[j];
    double *logs = terms.logs + j * rows, *scales = SCALES ? terms.scales + j * rows : nullptr;
    return [=](std::int64_t n, Vec<double> minus) __attribute__((always_inline)) {
      const bool heavy = half > 0;
      const Vec<double> x = heavy ? -larger(step * minus, all(-1e300)) : Vec<double>{};
      const Vec<double> log = heavy ? log2_1p(x) : x;
      store(logs + n, log);
      if constexpr (SCALES) store(scales + n, reciprocals(1.0 + x));
      return constant + (heavy ? -half * log : minus);
    };
  };
  log_densities<double>(c.maps, s.x, s.raw, panels, s.white, s.h, s.largest, change);
}

void t_predict(const Rows& rows, const Density& density, const Tails& tails, Prediction kind, double* out,
               std::int64_t* labels) {
  const StudentComponents components(density, tails, rows.d, Power::WHOLE);
  TailTerms<false> terms(density.k * block_rows<double>(rows.n, rows.d, density.k));
  predict_blocks(rows, density, components.maps, kind, out, labels, [&](const Scratch<double>& s, int panels) {
    t_log_densities(components, s, panels, terms);
  });
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
