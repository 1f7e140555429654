// A mixture with a component in each lane of a register, for computations on small matrices of all components at once.
#pragma once
#include "components.hpp"
#include "exp_log.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

constexpr int LANES = WIDTH<double>;
constexpr double LOG_2PI = 0x1.d67f1c864beb5p+0;

// Numbers in, or place of, the first rows of a lower triangle.
INLINE std::int64_t triangle(std::int64_t rows) { return rows * (rows + 1) / 2; }

// Components in groups of a register's lanes. Their columns are in the order of positions (see Pattern); the lanes that
// are left over hold components of weight zero.
struct Gaussians {
  int k, d, groups;
  Buffer<double> covariances;  // lower triangles: (groups, triangle(d)) registers
  Buffer<double> means;        // (groups, d) registers
  Buffer<double> log_weights;  // to base two; of noise its density in all columns
  Buffer<double> normal;       // 1, but 0 for noise
  Buffer<double> lowest;       // least log-densities
  Buffer<double> log_widths;   // (d): to base two

  Gaussians(const Density& density, const Seen& seen, std::int64_t columns)
      : k(int(density.k)), d(int(columns)), groups((k + LANES - 1) / LANES),
        covariances(groups * triangle(d) * LANES), means(std::int64_t(groups) * d * LANES),
        log_weights(groups * LANES), normal(groups * LANES), lowest(groups * LANES), log_widths(d) {
    for (int i = 0; i < d; ++i) log_widths[i] = seen.log_widths[d - 1 - i] * LOG2_E;
    Buffer<double> factor(std::int64_t(d) * d * LANES), inverse(std::int64_t(d) * d * LANES);
    for (int g = 0; g < groups; ++g) {
      for (int l = 0; l < LANES; ++l) read(density, seen, g, l, factor);
      invert(factor, inverse);
      multiply(inverse, g);
      Vec<double> logs = {};
      for (int i = 0; i < d; ++i) logs += logarithm(load(factor + diagonal(i)));
      const Vec<double> scale = logs - d * LOG_2PI / 2, mask = load(normal + g * LANES);
      store(log_weights + g * LANES, (load(log_weights + g * LANES) - mask * scale) * LOG2_E);
    }
  }
  const double* covariance(int g) const { return covariances + g * triangle(d) * LANES; }
  const double* mean(int g) const { return means + std::int64_t(g) * d * LANES; }

 private:
  std::int64_t diagonal(int i) const { return std::int64_t(i) * (d + 1) * LANES; }
  std::int64_t place(int i, int j) const { return (std::int64_t(i) * d + j) * LANES; }
  // A component's factor; the identity for noise and where there is none.
  void read(const Density& density, const Seen& seen, int g, int l, double* to) {
    const int j = g * LANES + l, last = d - 1;
    const bool diagonals = density.form == Form::DIAGONAL;
    const std::int64_t size = diagonals ? d : std::int64_t(d) * d;
    const double* own = density.factors + (density.form == Form::SHARED || j >= k ? 0 : j * size);
    const bool exists = j < k, gaussian = exists && own[0] != 0;
    for (int i = 0; i < d; ++i)
      for (int m = i; m < d; ++m)
        to[place(i, m) + l] = !gaussian ? i == m : !diagonals ? own[std::int64_t(i) * d + m] : i == m ? own[i] : 0;
    for (int i = 0; i < d; ++i)
      means[(std::int64_t(g) * d + last - i) * LANES + l] = exists ? seen.means[std::int64_t(j) * d + i] : 0;
    log_weights[g * LANES + l] = exists ? density.constants[j] : -__builtin_inf();
    normal[g * LANES + l] = gaussian;
    lowest[g * LANES + l] = exists ? FARTHEST<double> : -__builtin_inf();
  }
  void invert(const double* u, double* inverse) const {
    for (int j = 0; j < d; ++j) {
      store(inverse + diagonal(j), 1 / load(u + diagonal(j)));
      for (int i = j - 1; i >= 0; --i) {
        Vec<double> total = {};
        for (int m = i + 1; m <= j; ++m) total += load(u + place(i, m)) * load(inverse + place(m, j));
        store(inverse + place(i, j), -total * load(inverse + diagonal(i)));
      }
    }
  }
  // The covariance U^-T U^-1 from U^-1.
  void multiply(const double* inverse, int g) {
    double* to = covariances + g * triangle(d) * LANES;
    for (int i = 0; i < d; ++i)
      for (int j = i; j < d; ++j) {
        Vec<double> total = {};
        for (int m = 0; m <= i; ++m) total += load(inverse + place(m, i)) * load(inverse + place(m, j));
        store(to + (triangle(d - 1 - i) + d - 1 - j) * LANES, total);
      }
  }
};

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
