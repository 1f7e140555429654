// Weight, mean and squares of all rows.
#pragma once
#include "centring.hpp"
#include "scatter.hpp"
#include "scratch.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// Weight, mean and squares of all rows, as of one component that holds them; deviations are from density.shift.
void moments(const Rows& rows, const Density& density, Sums& sums) {
  twice_if_needed(rows, density, sums, LEAST_LEFT, [&](bool) {
    const int d = int(rows.d);
    Scratch<double> s(rows, density);
    Buffer<double> centre(d);
    for (int i = 0; i < d; ++i) centre[i] = sums.centres[i] - density.shift[i];
    for (std::int64_t first = 0; first < rows.n; first += s.rows) {
      const int count = int(rows.n - first < s.rows ? rows.n - first : s.rows);
      const int panels = (count + PANEL<double> - 1) / PANEL<double>;
      pack_rows<double>(rows, first, density.shift, count, panels, s.zero, s.copy, s.x);
      int vectors = 0;
      for (int n = 0; n < panels * PANEL<double>; ++n) {
        s.resp[n] = n >= count ? 0 : rows.weight ? rows.weight[(first + n) * rows.weight_stride] : 1;
        if (n % WIDTH<double> == 0) s.chosen[vectors++] = n;
      }
      Vec<double> total = {};
      for (int t = 0; t < vectors; ++t) total += load(s.resp + s.chosen[t]);
      sums.weight[0] += sum<double>(total);
      diagonal_sums<double>(s.x, s.resp, centre, s.chosen, vectors, d, sums.mean, sums.scatter);
    }
  });
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
