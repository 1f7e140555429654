// Sums over the rows of a block that the M-step needs: r, r (x - m), r (x - m)(x - m)'.
//
// The root of a responsibility costs nothing, since exp((a - max) / 2) is computed instead of exp(a - max): then
// z = sqrt(r) (x - m) is both factors of the outer products.
#pragma once
#include "block.hpp"

namespace mixtura::MIXTURA_LEVEL {

// Sum of products of I columns from i0 and J columns from j0 (the upper triangle only where they are the same).
template <class T, int I, int J, bool SAME>
INLINE void products(const T* z, int panels, int d, int i0, int j0, double* sums) {
  Vec<T> acc[I][J] = {};
  const T *zi = z + i0 * PANEL<T>, *zj = z + j0 * PANEL<T>;
  const std::int64_t step = std::int64_t(d) * PANEL<T>;
  for (int p = 0; p < panels; ++p, zi += step, zj += step)
    for (int v = 0; v < TALL; ++v) {
      Vec<T> right[J];
      for (int j = 0; j < J; ++j) right[j] = load(zj + j * PANEL<T> + v * WIDTH<T>);
      unrolled<I>([&](auto i) __attribute__((always_inline)) {
        const Vec<T> left = SAME ? right[i % J] : load(zi + i * PANEL<T> + v * WIDTH<T>);
        unrolled<J>([&](auto j) __attribute__((always_inline)) {
          if constexpr (!SAME || j >= i) acc[i][j] += left * right[j];
        });
      });
    }
  add_sums<T, I, J>(acc, sums + std::int64_t(i0) * d + j0, d);  // below the diagonal zeros
}

template <class T, int J> INLINE void column_tile(const T* z, int panels, int d, int j0, double* sums) {
  for (int i0 = 0; i0 < j0; i0 += 4) products<T, 4, J, false>(z, panels, d, i0, j0, sums);
  products<T, J, J, true>(z, panels, d, j0, j0, sums);
}

// Upper triangle of z'z, added to sums (d, d).
template <class T, int D> void outer_products(const T* z, int panels, int columns, double* sums) {
  const int d = D ? D : columns;
  int j0 = 0;
  for (; j0 + 4 <= d; j0 += 4) column_tile<T, 4>(z, panels, d, j0, sums);
  switch (d - j0) {
    case 3: column_tile<T, 3>(z, panels, d, j0, sums); break;
    case 2: column_tile<T, 2>(z, panels, d, j0, sums); break;
    case 1: column_tile<T, 1>(z, panels, d, j0, sums); break;
    default: break;
  }
}

// z = root (x - m) for I columns from i0 on; adds up root z on the way.
template <class T, int I>
INLINE void weigh(const T* x, const T* root, const T* centre, int panels, int d, int i0, T* z, double* first) {
  Vec<T> acc[1][I] = {};
  x += i0 * PANEL<T>;
  z += i0 * PANEL<T>;
  for (int p = 0; p < panels; ++p, x += d * PANEL<T>, z += d * PANEL<T>, root += PANEL<T>)
    for (int v = 0; v < TALL; ++v) {
      const Vec<T> s = load(root + v * WIDTH<T>);
      for (int i = 0; i < I; ++i) {
        const Vec<T> value = s * (load(x + i * PANEL<T> + v * WIDTH<T>) - centre[i0 + i]);
        acc[0][i] += s * value;
        store(z + i * PANEL<T> + v * WIDTH<T>, value);
      }
    }
  add_sums<T, 1, I>(acc, first + i0, I);
}

template <class T>
void weigh_all(const T* x, const T* root, const T* centre, int panels, int d, T* z, double* first) {
  int i0 = 0;
  for (; i0 + 8 <= d; i0 += 8) weigh<T, 8>(x, root, centre, panels, d, i0, z, first);
  if (i0 + 4 <= d) weigh<T, 4>(x, root, centre, panels, d, i0, z, first), i0 += 4;
  for (; i0 < d; ++i0) weigh<T, 1>(x, root, centre, panels, d, i0, z, first);
}

// Gathers the rows of positive responsibility: roots into `packed`, rows into panels of z; returns the panels used.
template <class T>
int gather(const Lines<T>& lines, const T* root, const int* chosen, int count, int d, T* packed, T* z) {
  const int panels = (count + PANEL<T> - 1) / PANEL<T>;
  for (int t = 0; t < count; ++t) packed[t] = root[chosen[t]];
  for (int t = count; t < panels * PANEL<T>; ++t) packed[t] = 0;
  to_panels(lines, d, panels, z, [=](int n) { return std::int64_t(chosen[n < count ? n : 0]); });
  return panels;
}

// With at most 4 columns all sums stay in registers: weight, first moments, upper triangle or squares; r = f q.
template <class T, int D, bool FULL>
void small_sums(const T* x, const T* f, const T* q, const T* centre, int panels, double* weight, double* first,
                double* sums) {
  Vec<T> n = {}, s1[D] = {}, s2[FULL ? D * (D + 1) / 2 : D] = {};
  for (int p = 0; p < panels; ++p, x += D * PANEL<T>, f += PANEL<T>, q += PANEL<T>)
    for (int v = 0; v < TALL; ++v) {
      const Vec<T> r = load(f + v * WIDTH<T>) * load(q + v * WIDTH<T>);
      n += r;
      Vec<T> delta[D];
      for (int i = 0; i < D; ++i) delta[i] = load(x + i * PANEL<T> + v * WIDTH<T>) - centre[i];
      int pair = 0;
      for (int i = 0; i < D; ++i) {
        const Vec<T> left = r * delta[i];
        s1[i] += left;
        for (int j = i; j < (FULL ? D : i + 1); ++j) s2[pair++] += left * delta[j];
      }
    }
  *weight += sum<T>(n);
  int pair = 0;
  for (int i = 0; i < D; ++i) {
    first[i] += sum<T>(s1[i]);
    for (int j = i; j < (FULL ? D : i + 1); ++j) sums[(FULL ? i * D : 0) + j] += sum<T>(s2[pair++]);
  }
}

// Weighted sums of I columns from i0 on, for J components at once.
template <class T, int I, int J>
INLINE void weighted_sums(const T* x, const T* const* resp, int panels, int d, int i0, double* const* sums) {
  Vec<T> acc[J][I] = {};
  x += i0 * PANEL<T>;
  for (int p = 0; p < panels; ++p, x += std::int64_t(d) * PANEL<T>)
    for (int v = 0; v < TALL; ++v) {
      Vec<T> column[I];
      for (int i = 0; i < I; ++i) column[i] = load(x + i * PANEL<T> + v * WIDTH<T>);
      unrolled<J>([&](auto j) __attribute__((always_inline)) {
        const Vec<T> r = load(resp[j] + p * PANEL<T> + v * WIDTH<T>);
        for (int i = 0; i < I; ++i) acc[j][i] += r * column[i];
      });
    }
  for (int j = 0; j < J; ++j)
    for (int i = 0; i < I; ++i) sums[j][i0 + i] += sum<T>(acc[j][i]);
}

template <class T, int J>
void weighted_rows(const T* x, const T* const* resp, int panels, int d, double* const* sums) {
  int i0 = 0;
  for (; i0 + 4 <= d; i0 += 4) weighted_sums<T, 4, J>(x, resp, panels, d, i0, sums);
  switch (d - i0) {
    case 3: weighted_sums<T, 3, J>(x, resp, panels, d, i0, sums); break;
    case 2: weighted_sums<T, 2, J>(x, resp, panels, d, i0, sums); break;
    case 1: weighted_sums<T, 1, J>(x, resp, panels, d, i0, sums); break;
    default: break;
  }
}

// First moments and squares alone, I columns at a time, over the listed vectors of rows.
template <class T, int I>
INLINE void squares(const T* x, const T* resp, const T* centre, const int* vectors, int count, int d, int i0,
                    double* first, double* sums) {
  Vec<T> acc[2][I] = {};
  for (int t = 0; t < count; ++t) {
    const int n = vectors[t];
    const Vec<T> r = load(resp + n);
    const T* from = x + at<T>(n, i0, d);
    for (int i = 0; i < I; ++i) {
      const Vec<T> delta = load(from + i * PANEL<T>) - centre[i0 + i];
      const Vec<T> left = r * delta;
      acc[0][i] += left;
      acc[1][i] += left * delta;
    }
  }
  double both[2][I] = {};
  add_sums<T, 2, I>(acc, both[0], I);
  for (int i = 0; i < I; ++i) {
    first[i0 + i] += both[0][i];
    sums[i0 + i] += both[1][i];
  }
}

template <class T>
void diagonal_sums(const T* x, const T* resp, const T* centre, const int* vectors, int count, int d, double* first,
                   double* sums) {
  int i0 = 0;
  if constexpr (REGISTERS == 32)
    for (; i0 + 8 <= d; i0 += 8) squares<T, 8>(x, resp, centre, vectors, count, d, i0, first, sums);
  for (; i0 + 4 <= d; i0 += 4) squares<T, 4>(x, resp, centre, vectors, count, d, i0, first, sums);
  switch (d - i0) {
    case 3: squares<T, 3>(x, resp, centre, vectors, count, d, i0, first, sums); break;
    case 2: squares<T, 2>(x, resp, centre, vectors, count, d, i0, first, sums); break;
    case 1: squares<T, 1>(x, resp, centre, vectors, count, d, i0, first, sums); break;
    default: break;
  }
}

// First moments and squares over the listed rows, C registers of columns at a time, U rows at once.
template <class T, int C, int U>
INLINE void row_squares(const Lines<T>& lines, const T* resp, const T* centre, const int* chosen, int count, int i0,
                        T* first, T* sums) {
  Vec<T> s1[U][C] = {}, s2[U][C] = {}, m[C], shift[C];
  for (int c = 0; c < C; ++c) {
    m[c] = load(centre + i0 + c * WIDTH<T>);
    shift[c] = load(lines.shift + i0 + c * WIDTH<T>);
  }
  const auto add = [&](int row, int u) __attribute__((always_inline)) {
    const Vec<T> r = all(resp[row]);
    const T* from = lines.rows + row * lines.stride + i0;
    for (int c = 0; c < C; ++c) {
      const Vec<T> delta = load(from + c * WIDTH<T>) - shift[c] - m[c], left = r * delta;
      s1[u][c] += left;
      s2[u][c] += left * delta;
    }
  };
  int t = 0;
  for (; t + U <= count; t += U)
    unrolled<U>([&](auto u) __attribute__((always_inline)) { add(chosen[t + u], u); });
  for (; t < count; ++t) add(chosen[t], 0);
  for (int c = 0; c < C; ++c) {
    for (int u = 1; u < U; ++u) {
      s1[0][c] += s1[u][c];
      s2[0][c] += s2[u][c];
    }
    store(first + i0 + c * WIDTH<T>, s1[0][c]);
    store(sums + i0 + c * WIDTH<T>, s2[0][c]);
  }
}

template <class T>
void diagonal_row_sums(const Lines<T>& lines, const T* resp, const T* centre, const int* chosen, int count, int columns,
                       T* first, T* sums) {
  constexpr int W = WIDTH<T>;
  int i0 = 0;
  for (; i0 + 4 * W <= columns; i0 += 4 * W) row_squares<T, 4, 1>(lines, resp, centre, chosen, count, i0, first, sums);
  for (; i0 + 2 * W <= columns; i0 += 2 * W) row_squares<T, 2, 2>(lines, resp, centre, chosen, count, i0, first, sums);
  for (; i0 < columns; i0 += W) row_squares<T, 1, 4>(lines, resp, centre, chosen, count, i0, first, sums);
}

}  // namespace mixtura::MIXTURA_LEVEL
