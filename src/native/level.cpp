// The kernel for one instruction set; compiled once for each, with that set's flags and name.
#include "centring.hpp"
#include "posterior.hpp"
#include "scatter.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

template <class T>
Lines<T> pack_rows(const Rows& rows, std::int64_t first, const double* shift, int count, int panels, const T* zero,
                   T* copy, T* x) {
  const std::int64_t skipped = first * rows.row_stride;
  if (rows.single) return pack(static_cast<const float*>(rows.data) + skipped, rows, shift, count, panels, zero, copy, x);
  return pack(static_cast<const double*>(rows.data) + skipped, rows, shift, count, panels, zero, copy, x);
}

// Ask for a part of the rows from `first` on, where they are contiguous: they arrive while another block is worked on.
inline void fetch(const Rows& rows, std::int64_t first, int count, int part, int parts) {
  if (rows.column_stride != 1 || rows.row_stride != rows.d || first >= rows.n) return;
  const std::int64_t size = (rows.single ? 4 : 8) * rows.d, bytes = (rows.n - first < count ? rows.n - first : count) * size;
  const char* from = static_cast<const char*>(rows.data) + first * size;
  for (std::int64_t at = bytes * part / parts; at < bytes * (part + 1) / parts; at += 64) __builtin_prefetch(from + at, 0, 2);
}

// Limits of float32 arithmetic: the means' distance in deviations where they are seen from near (elsewhere it is NEAR), how
// narrow a component may be beside its variances, deviations and weights, and sums. At the first two, sums of deviations
// are off by a ten thousandth of a deviation, the least variance by half a per cent of itself in each block.
constexpr double FARTHEST_MEAN = 3000, NARROWEST = 1e5, WIDEST = 1e8, LARGEST_SUM = 1e30;

// What is added up of a component's rows: outer products, squares, or what all components together leave.
enum class Sum { FULL, DIAGONAL, TOTAL };

INLINE double root(double x) { return __builtin_sqrt(x); }
INLINE float root(float x) { return __builtin_sqrtf(x); }

// What a block needs while it is worked on.
template <class T> struct Scratch {
  int rows, stride;
  Buffer<T> copy, x, raw, white, h, largest, total, root, shares;
  Buffer<int> active, chosen;
  Buffer<T> sums, zero;
  Scratch(const Rows& data, const Density& density, bool any_far = false)
      : rows(block_rows<T>(data.n, data.d, density.k)), stride(stride_of<T>(data.d)),
        copy(data.d <= FEW || in_place<T>(data) ? 0 : std::int64_t(rows) * stride), x(rows * data.d),
        raw(any_far ? rows * data.d : 0), white(rows * data.d), h(rows * density.k),
        largest(rows), total(rows), root(rows), shares(rows), active(density.k), chosen(rows + WIDTH<int>),
        sums(2 * stride), zero(stride) {
    std::memset(zero, 0, sizeof(T) * std::size_t(stride));
    if (data.d > FEW && stride > data.d) std::memset(copy, 0, sizeof(T) * std::size_t(rows) * std::size_t(stride));
  }
};

// Sums of log totals and of the largest log-densities over registers of rows, each of weight 1. Totals lie between 1
// and k, so a logarithm serves for the product of several.
template <class T> struct Product {
  static constexpr int MOST = sizeof(T) == 8 ? 16 : 2;  // k^16 is within float64
  Vec<T> product = all(T(1));
  Wide<T> log_total = {}, largest = {};
  int count = 0;
  INLINE void add(Vec<T> total, Vec<T> most) {
    product *= total;
    largest += widened<T>(most);
    if (++count == MOST) flush();
  }
  INLINE void flush() {
    log_total += widened<T>(logarithm(product));
    product = all(T(1));
    count = 0;
  }
};

// Log-likelihood and certainty of a block, in nats; leaves weight / total in place of total, its root in root.
template <class T, Power POWER>
void add_likelihood(const Rows& rows, std::int64_t first, int count, int panels, double unit, double base, Scratch<T>& s,
                    Sums& to) {
  const int whole = rows.weight ? 0 : count / WIDTH<T> * WIDTH<T>;
  Product<T> plain;
  for (int n = 0; n < whole; n += WIDTH<T>) {
    const Vec<T> total = load(s.total + n);
    plain.add(total, load(s.largest + n));
    store(s.total + n, 1 / total);
  }
  plain.flush();
  for (int n = whole; n < panels * PANEL<T>; ++n)
    s.root[n] = n >= count ? 0 : rows.weight ? T(rows.weight[(first + n) * rows.weight_stride]) : 1;
  Wide<T> log_total = plain.log_total, largest = plain.largest, weights = {};
  for (int n = whole; n < panels * PANEL<T>; n += WIDTH<T>) {
    const Vec<T> total = load(s.total + n), weight = load(s.root + n);
    log_total += widened<T>(weight * logarithm(total));
    largest += widened<T>(weight * load(s.largest + n));
    weights += widened<T>(weight);
    store(s.total + n, weight / total);
  }
  if constexpr (POWER == Power::ROOT)
    for (int n = 0; n < panels * PANEL<T>; ++n) s.root[n] = root(s.total[n]);
  const double certainty = sum_of<T>(log_total);
  to.loglik += unit * sum_of<T>(largest) + certainty + base * (whole + sum_of<T>(weights));
  to.certainty -= certainty;
}

// What Bayes' rule left of each row, so that some components can be summed again without the others.
template <class T> struct Norms {
  bool kept;  // not without rows
  Buffer<T> largest, share;
  double base = 0;  // the highest of all components' constants: less of float32's digits go into what is left
  bool known = false;
  explicit Norms(std::int64_t n) : kept(n > 0), largest(n + PANEL<T>), share(n + PANEL<T>) {}
};

// From log-densities to responsibilities of a block's rows, but for the factor left in s.total (its root in s.root).
template <class T, Power POWER>
void bayes(const Rows& rows, std::int64_t first, int count, int panels, const Components<T>& components, Norms<T>& norms,
           Scratch<T>& s, Sums& to) {
  const std::size_t bytes = sizeof(T) * std::size_t(panels) * PANEL<T>;
  if (!norms.known) {
    exponentials<T, POWER>(components, panels, s.h, s.largest, s.total, s.active);
    add_likelihood<T, POWER>(rows, first, count, panels, components.unit, norms.base, s, to);
    if (!norms.kept) return;
    std::memcpy(norms.largest + first, s.largest, bytes);
    std::memcpy(norms.share + first, s.total, bytes);
    return;
  }
  exponentials<T, POWER>(components, panels, s.h, norms.largest + first, s.total, s.active);
  std::memcpy(s.total, norms.share + first, bytes);
  for (int n = 0; n < panels * PANEL<T>; ++n) s.root[n] = root(s.total[n]);
}

// One component's sums over a block, its full scatter.
template <class T>
void add_full(Scratch<T>& s, const Lines<T>& lines, const T* f, int active, const T* centre, int panels, int d,
              double* weight, double* first, double* scatter) {
  const T *x = s.x, *q = s.total;
  const int rows = panels * PANEL<T>;
  T *root = s.shares, *z = s.white;
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

// One component's sums over a block, its squares alone.
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
    store(s.shares + n, r);
    const unsigned some = below(Vec<T>{}, r);
    if (sparse) count = list_rows(n, some, s.chosen, count);
    else {
      s.chosen[count] = n;
      count += some != 0;
    }
  }
  *weight += sum<T>(total);
  if (!sparse) return diagonal_sums<T>(s.x, s.shares, centre, s.chosen, count, d, first, scatter);
  diagonal_row_sums<T>(lines, s.shares, centre, s.chosen, count, s.stride, s.sums, s.sums + s.stride);
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

// All components' scatter about the one point that the rows are seen from: the rows' own, whoever they belong to.
template <class T> void add_total(Scratch<T>& s, const Rows& rows, int k, int panels, Sums& to) {
  constexpr int MOST = 4;
  const int d = int(rows.d), count = panels * PANEL<T>;
  const T* shares[MOST];
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
    shares[ready] = f;
    sums[ready] = to.mean + std::int64_t(j) * d;
    if (++ready < MOST) continue;
    weighted_rows<T, MOST>(s.x, shares, panels, d, sums);
    ready = 0;
  }
  for (int j = 0; j < ready; ++j) weighted_rows<T, 1>(s.x, shares + j, panels, d, sums + j);
  const T* z = s.x;
  if (rows.weight) {
    for (int n = 0; n < count; ++n) s.shares[n] = root(s.root[n]);
    for (int p = 0; p < panels; ++p)
      for (int i = 0; i < d; ++i)
        for (int n = 0; n < PANEL<T>; n += WIDTH<T>) {
          const std::int64_t here = (std::int64_t(p) * d + i) * PANEL<T> + n;
          store(s.white + here, load(s.x + here) * load(s.shares + p * PANEL<T> + n));
        }
    z = s.white;
  }
  outer_products<T, 0>(z, panels, d, to.scatter);
}

template <class T, Sum SUM, Power POWER>
void add_blocks(const Rows& rows, const Density& density, Norms<T>& norms, Sums& to) {
  const int d = int(rows.d), k = int(density.k);
  for (int j = 0; j < k && !norms.known; ++j)
    norms.base = j && norms.base > density.constants[j] ? norms.base : density.constants[j];
  Components<T> components(density, rows.d, POWER, norms.base, to.centres);
  components.highest = 0;  // of all components, though some be summed again without the others
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
    bayes<T, POWER>(rows, first, count, panels, components, norms, s, to);
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
      if (POWER == Power::WHOLE && add_small<T, FULL>(s, f, centre, panels, d, to.weight + j, mean, scatter)) continue;
      if constexpr (FULL) add_full<T>(s, lines, f, s.active[j], centre, panels, d, to.weight + j, mean, scatter);
      else add_diagonal<T>(s, lines, f, s.active[j], centre, panels, d, to.weight + j, mean, scatter);
    }
  }
}

// Outer products are made of roots of responsibilities, unless they stay in registers. With `common` the centres are
// all where the rows are seen from, density.shift.
template <class T> void add_blocks(const Rows& rows, const Density& density, Norms<T>& norms, Sums& to, bool common) {
  if (common) add_blocks<T, Sum::TOTAL, Power::WHOLE>(rows, density, norms, to);
  else if (to.kind == Scatter::DIAGONAL) add_blocks<T, Sum::DIAGONAL, Power::WHOLE>(rows, density, norms, to);
  else if (rows.d <= 4) add_blocks<T, Sum::FULL, Power::WHOLE>(rows, density, norms, to);
  else add_blocks<T, Sum::FULL, Power::ROOT>(rows, density, norms, to);
}

// Whether float32 arithmetic will do for float32 rows: means lie so near the point that rows are seen from, in units of
// deviations, that rounding there does not show, components are not too narrow beside their own width, and squares and
// products stay within range.
bool single_suffices(const Rows& rows, const Density& density) {
  if (!rows.single || !(density.inflation <= NARROWEST)) return false;
  const std::int64_t d = rows.d, k = density.k, matrices = density.form == Form::SHARED ? 1 : k;
  const double farthest = seen_from_near<float>(density.form, d) ? FARTHEST_MEAN : NEAR;
  for (std::int64_t n = 0; n < k * d; ++n)
    if (!(__builtin_fabs(density.offsets[n]) <= farthest)) return false;
  const std::int64_t down = density.form == Form::DIAGONAL ? 1 : d + 1, size = density.form == Form::DIAGONAL ? d : d * d;
  for (std::int64_t m = 0; m < matrices; ++m)
    for (std::int64_t i = 0; i < d; ++i) {
      const double precision = density.factors[m * size + i * down];
      if (!(precision >= 1 / WIDEST && precision <= WIDEST)) return false;
    }
  for (std::int64_t n = 0; rows.weight && n < rows.n; ++n) {
    const double weight = rows.weight[n * rows.weight_stride];
    if (!(weight >= 1 / WIDEST && weight <= WIDEST)) return false;
  }
  return true;
}

// Whether no square came near the end of float32's range.
bool within_range(const Sums& sums, std::int64_t k, std::int64_t d) {
  const Layout layout(sums, k, d);
  double total = __builtin_fabs(sums.loglik);
  for (std::int64_t n = 0; n < k * d; ++n) total += __builtin_fabs(sums.mean[n]);
  for (std::int64_t n = 0; n < layout.matrices * layout.size; ++n) total += __builtin_fabs(sums.scatter[n]);
  return total < LARGEST_SUM;
}

// The scatter that all components share is summed again as a whole where it costs digits.
template <class T> void estep_pooled(const Rows& rows, const Density& density, Sums& sums) {
  Buffer<double> common(density.k * rows.d);
  for (std::int64_t n = 0; n < density.k * rows.d; ++n) common[n] = density.shift[n % rows.d];
  sums.centres = common;
  Norms<T> norms(0);
  twice_if_needed(rows, density, sums, LEAST_LEFT_OF_TOTAL,
                  [&](bool again) { add_blocks<T>(rows, density, norms, sums, !again); });
}

// From so many components on, one that has to be summed again is likely, and what is kept for it costs little beside the
// rest; with few, it costs up to a seventh of a pass.
constexpr std::int64_t MANY = 16;

template <class T> void estep(const Rows& rows, const Density& density, Sums& sums) {
  if (sums.kind == Scatter::POOLED) return estep_pooled<T>(rows, density, sums);
  Norms<T> norms(density.k < MANY ? 0 : rows.n);
  if (!norms.kept)
    return twice_if_needed(rows, density, sums, LEAST_LEFT,
                           [&](bool) { add_blocks<T>(rows, density, norms, sums, false); });
  clear(density, rows.d, sums);
  add_blocks<T>(rows, density, norms, sums, false);
  Buffer<int> lost(density.k);
  const int again = centre_sums(density, rows.d, sums, LEAST_LEFT, lost);
  if (!again) return;
  norms.known = true;
  Part part(density, rows.d, sums, lost, again);
  add_blocks<T>(rows, part.density, norms, part.sums, false);
  part.give_back(sums);
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

// Weight, mean and squares of all rows: one component that holds them, seen from density.shift.
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
        s.shares[n] = n >= count ? 0 : rows.weight ? rows.weight[(first + n) * rows.weight_stride] : 1;
        if (n % WIDTH<double> == 0) s.chosen[vectors++] = n;
      }
      Vec<double> total = {};
      for (int t = 0; t < vectors; ++t) total += load(s.shares + s.chosen[t]);
      sums.weight[0] += sum<double>(total);
      diagonal_sums<double>(s.x, s.shares, centre, s.chosen, vectors, d, sums.mean, sums.scatter);
    }
  });
}

template <class T> void label(const T* h, int k, int rows, int count, std::int64_t* labels) {
  for (int n = 0; n < count; ++n) {
    int best = 0;
    for (int j = 1; j < k; ++j)
      if (h[std::int64_t(j) * rows + n] > h[std::int64_t(best) * rows + n]) best = j;
    labels[n] = best;
  }
}

void predict(const Rows& rows, const Density& density, Wanted wanted, double* out, std::int64_t* labels) {
  using T = double;
  const int k = int(density.k);
  const Components<T> components(density, rows.d, Power::WHOLE);
  Scratch<T> s(rows, density);
  for (std::int64_t first = 0; first < rows.n; first += s.rows) {
    const int count = int(rows.n - first < s.rows ? rows.n - first : s.rows);
    const int panels = (count + PANEL<T> - 1) / PANEL<T>;
    pack_rows<T>(rows, first, density.shift, count, panels, s.zero, s.copy, s.x);
    log_densities<T>(components, s.x, s.raw, panels, s.white, s.h, s.largest);
    if (wanted == Wanted::LABELS) {
      label<T>(s.h, k, panels * PANEL<T>, count, labels + first);
      continue;
    }
    exponentials<T, Power::WHOLE>(components, panels, s.h, s.largest, s.total, s.active);
    for (int n = 0; n < panels * PANEL<T> && wanted == Wanted::LOG_DENSITY; n += WIDTH<T>)
      store(s.root + n, T(components.unit) * load(s.largest + n) + logarithm(load(s.total + n)));
    for (int n = 0; n < count; ++n) {
      if (wanted == Wanted::LOG_DENSITY) {
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

template <Vec<double> (*F)(Vec<double>)> void each(const double* from, double* to, std::int64_t count) {
  double lanes[WIDTH<double>];
  for (std::int64_t n = 0; n < count; n += WIDTH<double>) {
    for (int l = 0; l < WIDTH<double>; ++l) lanes[l] = from[n + l < count ? n + l : count - 1];
    store(lanes, F(load(lanes)));
    for (int l = 0; l < WIDTH<double> && n + l < count; ++l) to[n + l] = lanes[l];
  }
}

}  // namespace

extern const Kernel KERNEL;
const Kernel KERNEL = {estep, moments, predict, each<exp2>, each<logarithm>};

}  // namespace mixtura::MIXTURA_LEVEL
