// Sums of one component over a block: weight, first moments and scatter about its centre.
#pragma once
#include "responsibilities.hpp"
#include "scatter.hpp"
#include "scratch.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// One component's sums over a block, with full scatter.
template <class T>
void add_full(Scratch<T>& s, const Lines<T>& lines, const T* f, int active, const T* centre, int panels, int d,
              double* weight, double* first, double* scatter) {
  const T *x = s.x, *q = s.total;
  const int rows = panels * PANEL<T>;
  T *root = s.resp, *z = s.white;
  Vec<T> total = {};
  for (int n = 0; n < rows; n += WIDTH<T>) {
    const Vec<T> e = load(f + n);
    total += e * e * load(q + n);
    store(root + n, e * load(s.root + n));
  }
  *weight += sum<T>(total);
  if (2 * active < rows) {
    int count = 0;
    for (int n = 0; n < rows; n += WIDTH<T>) count = list_rows(n, below(Vec<T>{}, load(root + n)), s.chosen, count);
    panels = gather<T>(lines, root, s.chosen, count, d, s.largest, z);
    root = s.largest;
    x = z;
  }
  weigh_all<T>(x, root, centre, panels, d, z, first);
  outer_products<T, 0>(z, panels, d, scatter);
}

// One component's sums over a block, with diagonal scatter.
template <class T>
void add_diagonal(Scratch<T>& s, const Lines<T>& lines, const T* f, int active, const T* centre, int panels, int d,
                  double* weight, double* first, double* scatter) {
  const int rows = panels * PANEL<T>;
  const bool sparse = 3 * active < rows;
  int count = 0;
  Vec<T> total = {};
  for (int n = 0; n < rows; n += WIDTH<T>) {
    const Vec<T> r = load(f + n) * load(s.total + n);
    total += r;
    store(s.resp + n, r);
    const unsigned some = below(Vec<T>{}, r);
    if (sparse) count = list_rows(n, some, s.chosen, count);
    else {
      s.chosen[count] = n;
      count += some != 0;
    }
  }
  *weight += sum<T>(total);
  if (!sparse) return diagonal_sums<T>(s.x, s.resp, centre, s.chosen, count, d, first, scatter);
  diagonal_row_sums<T>(lines, s.resp, centre, s.chosen, count, s.stride, s.sums, s.sums + s.stride);
  for (int i = 0; i < d; ++i) {
    first[i] += s.sums[i];
    scatter[i] += s.sums[s.stride + i];
  }
}

template <class T, bool FULL>
bool add_small(Scratch<T>& s, const T* f, const T* centre, int panels, int d, double* weight, double* first,
               double* scatter) {
  switch (d) {
    case 1: small_sums<T, 1, FULL>(s.x, f, s.total, centre, panels, weight, first, scatter); return true;
    case 2: small_sums<T, 2, FULL>(s.x, f, s.total, centre, panels, weight, first, scatter); return true;
    case 3: small_sums<T, 3, FULL>(s.x, f, s.total, centre, panels, weight, first, scatter); return true;
    case 4: small_sums<T, 4, FULL>(s.x, f, s.total, centre, panels, weight, first, scatter); return true;
    default: return false;
  }
}

// The pooled scatter of all components about one point, the shift: it is that of the rows, whatever component they
// belong to.
template <class T> void add_total(Scratch<T>& s, const Rows& rows, int k, int panels, Sums& to) {
  constexpr int MOST = 4;
  const int d = int(rows.d), count = panels * PANEL<T>;
  const T* resp[MOST];
  double* sums[MOST];
  int ready = 0;
  for (int j = 0; j < k; ++j) {
    if (!s.active[j]) continue;
    T* f = s.h + std::int64_t(j) * count;
    Vec<T> total = {};
    for (int n = 0; n < count; n += WIDTH<T>) {
      const Vec<T> r = load(f + n) * load(s.total + n);
      total += r;
      store(f + n, r);
    }
    to.weight[j] += sum<T>(total);
    resp[ready] = f;
    sums[ready] = to.mean + std::int64_t(j) * d;
    if (++ready < MOST) continue;
    weighted_rows<T, MOST>(s.x, resp, panels, d, sums);
    ready = 0;
  }
  for (int j = 0; j < ready; ++j) weighted_rows<T, 1>(s.x, resp + j, panels, d, sums + j);
  const T* z = s.x;
  if (rows.weight) {
    for (int n = 0; n < count; ++n) s.resp[n] = root(s.root[n]);
    for (int p = 0; p < panels; ++p)
      for (int i = 0; i < d; ++i)
        for (int n = 0; n < PANEL<T>; n += WIDTH<T>) {
          const std::int64_t here = (std::int64_t(p) * d + i) * PANEL<T> + n;
          store(s.white + here, load(s.x + here) * load(s.resp + p * PANEL<T> + n));
        }
    z = s.white;
  }
  outer_products<T, 0>(z, panels, d, to.scatter);
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
