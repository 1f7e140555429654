// Sums of one component over a block: weight, first moments and scatter about its centre.
#pragma once
#include "responsibilities.hpp"
#include "scatter.hpp"
#include "scratch.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// First moments and outer products of a component's rows, weighted by the squares of the roots in s.resp.
template <class T>
void add_products(Scratch<T>& s, const Lines<T>& lines, int active, const T* centre, int panels, int d, double* first,
                  double* scatter) {
  const T *x = s.x, *root = s.resp;
  const int rows = panels * PANEL<T>;
  T* z = s.white;
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

// One component's sums over a block, with full scatter.
template <class T>
void add_full(Scratch<T>& s, const Lines<T>& lines, const T* f, int active, const T* centre, int panels, int d,
              double* weight, double* first, double* scatter) {
  Vec<T> total = {};
  for (int n = 0; n < panels * PANEL<T>; n += WIDTH<T>) {
    const Vec<T> e = load(f + n);
    total += e * e * load(s.total + n);
    store(s.resp + n, e * load(s.root + n));
  }
  *weight += sum<T>(total);
  add_products(s, lines, active, centre, panels, d, first, scatter);
}

// Lists the registers of rows where some number is positive, or, if they are `sparse`, these rows.
template <class T> INLINE int list_positive(int n, Vec<T> values, bool sparse, int* list, int count) {
  const unsigned some = below(Vec<T>{}, values);
  if (sparse) return list_rows(n, some, list, count);
  list[count] = n;
  return count + (some != 0);
}

// First moments and squares of a component's listed rows, weighted by s.resp.
template <class T>
void add_squares(Scratch<T>& s, const Lines<T>& lines, bool sparse, int count, const T* centre, int d, double* first,
                 double* scatter) {
  if (!sparse) return diagonal_sums<T>(s.x, s.resp, centre, s.chosen, count, d, first, scatter);
  diagonal_row_sums<T>(lines, s.resp, centre, s.chosen, count, s.stride, s.sums, s.sums + s.stride);
  for (int i = 0; i < d; ++i) {
    first[i] += s.sums[i];
    scatter[i] += s.sums[s.stride + i];
  }
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
    count = list_positive<T>(n, r, sparse, s.chosen, count);
  }
  *weight += sum<T>(total);
  add_squares(s, lines, sparse, count, centre, d, first, scatter);
}

// One component's sums over a block with few columns; false if there are more. Rows are weighted by f q.
template <class T, bool FULL>
bool add_small(Scratch<T>& s, const T* f, const T* q, const T* centre, int panels, int d, double* weight, double* first,
               double* scatter) {
  switch (d) {
    case 1: small_sums<T, 1, FULL>(s.x, f, q, centre, panels, weight, first, scatter); return true;
    case 2: small_sums<T, 2, FULL>(s.x, f, q, centre, panels, weight, first, scatter); return true;
    case 3: small_sums<T, 3, FULL>(s.x, f, q, centre, panels, weight, first, scatter); return true;
    case 4: small_sums<T, 4, FULL>(s.x, f, q, centre, panels, weight, first, scatter); return true;
    default: return false;
  }
}

// Weighted sums of a block's rows, by several components' weights at once.
template <class T> class FirstMoments {
 public:
  FirstMoments(const T* x, int panels, int d) : x_(x), panels_(panels), d_(d) {}
  void add(const T* weights, double* to) {
    weights_[ready_] = weights;
    sums_[ready_] = to;
    if (++ready_ < MOST) return;
    weighted_rows<T, MOST>(x_, weights_, panels_, d_, sums_);
    ready_ = 0;
  }
  void finish() {
    for (int j = 0; j < ready_; ++j) weighted_rows<T, 1>(x_, weights_ + j, panels_, d_, sums_ + j);
  }

 private:
  static constexpr int MOST = 4;
  const T* x_;
  const int panels_, d_;
  const T* weights_[MOST];
  double* sums_[MOST];
  int ready_ = 0;
};

// Outer products of a block's rows about the shift, weighted by the squares of the roots in s.resp.
template <class T> void add_weighted_products(Scratch<T>& s, int panels, int d, double* scatter) {
  for (int p = 0; p < panels; ++p)
    for (int i = 0; i < d; ++i)
      for (int n = 0; n < PANEL<T>; n += WIDTH<T>) {
        const std::int64_t here = (std::int64_t(p) * d + i) * PANEL<T> + n;
        store(s.white + here, load(s.x + here) * load(s.resp + p * PANEL<T> + n));
      }
  outer_products<T, 0>(s.white, panels, d, scatter);
}

// The pooled scatter of all components about one point, the shift: it is that of the rows, whatever component they
// belong to.
template <class T> void add_total(Scratch<T>& s, const Rows& rows, int k, int panels, Sums& to) {
  const int d = int(rows.d), count = panels * PANEL<T>;
  FirstMoments<T> sums(s.x, panels, d);
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
    sums.add(f, to.mean + std::int64_t(j) * d);
  }
  sums.finish();
  if (!rows.weight) return outer_products<T, 0>(s.x, panels, d, to.scatter);
  for (int n = 0; n < count; ++n) s.resp[n] = root(s.root[n]);
  add_weighted_products(s, panels, d, to.scatter);
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
