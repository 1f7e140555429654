// Log-densities in a given unit: h = c - sum y^2 with y = (x U - b) scale, where scale^2 is half a nat in that unit.
//
// A tile keeps TALL vectors of rows times up to WIDE outputs in registers. U is upper triangular, so output j needs
// only the columns i <= j; packed factors hold exactly those, in the order in which they are used.
#pragma once
#include "block.hpp"

namespace mixtura::MIXTURA_LEVEL {

constexpr int WIDE = 4;

// Packed length of one component's factor and offset.
INLINE std::int64_t packed_length(std::int64_t d) { return d + d * (d + 1) / 2; }

template <class T> void pack_factor(const double* factor, const double* offset, int d, double scale, T* to) {
  for (int j0 = 0; j0 < d; j0 += WIDE) {
    const int wide = d - j0 < WIDE ? d - j0 : WIDE;
    for (int j = j0; j < j0 + wide; ++j) *to++ = T(-scale * offset[j]);
    for (int i = 0; i < j0 + wide; ++i)
      for (int j = i < j0 ? j0 : i; j < j0 + wide; ++j) *to++ = T(scale * factor[std::int64_t(i) * d + j]);
  }
}

// One tile of J outputs from j0 on: y into registers, starting at -b.
template <class T, int J> INLINE const T* tile(const T* x, const T* u, int j0, Vec<T> (&y)[J][TALL]) {
  for (int j = 0; j < J; ++j)
    for (int v = 0; v < TALL; ++v) y[j][v] = all(u[j]);
  u += J;
  for (int i = 0; i < j0; ++i, x += PANEL<T>, u += J)
    for (int v = 0; v < TALL; ++v) {
      const Vec<T> xi = load(x + v * WIDTH<T>);
      for (int j = 0; j < J; ++j) y[j][v] += xi * u[j];
    }
  unrolled<J>([&](auto i) __attribute__((always_inline)) {
    for (int v = 0; v < TALL; ++v) {
      const Vec<T> xi = load(x + i * PANEL<T> + v * WIDTH<T>);
      unrolled<J - i>([&](auto j) __attribute__((always_inline)) { y[i + j][v] += xi * u[j]; });
    }
    u += J - i;
  });
  return u;
}

template <class T, int J> INLINE const T* subtract_squares(const T* x, const T* u, int j0, Vec<T> (&h)[TALL]) {
  Vec<T> y[J][TALL];
  u = tile<T, J>(x, u, j0, y);
  for (int j = 0; j < J; ++j)
    for (int v = 0; v < TALL; ++v) h[v] -= y[j][v] * y[j][v];
  return u;
}

// D > 0 fixes the number of columns at compile time.
template <class T, int D> INLINE void dense_panel(const T* x, const T* u, int columns, Vec<T> (&h)[TALL]) {
  const int d = D ? D : columns;
  int j0 = 0;
  for (; j0 + WIDE <= d; j0 += WIDE) u = subtract_squares<T, WIDE>(x, u, j0, h);
  switch (d - j0) {
    case 3: subtract_squares<T, 3>(x, u, j0, h); break;
    case 2: subtract_squares<T, 2>(x, u, j0, h); break;
    case 1: subtract_squares<T, 1>(x, u, j0, h); break;
    default: break;
  }
}

// Diagonal factors s and offsets b, packed as pairs (s_i, -b_i) times the scale; without the factors if they were
// applied before.
template <class T> void pack_diagonal(const double* factor, const double* offset, int d, double scale, T* to) {
  for (int i = 0; i < d; ++i) {
    *to++ = factor ? T(scale * factor[i]) : T(1);
    *to++ = T(-scale * offset[i]);
  }
}

template <class T, int D> INLINE void diagonal_panel(const T* x, const T* u, int columns, Vec<T> (&h)[TALL]) {
  const int d = D ? D : columns;
  for (int i = 0; i < d; ++i, x += PANEL<T>, u += 2) {
    const T s = u[0];
    const Vec<T> b = all(u[1]);
    for (int v = 0; v < TALL; ++v) {
      const Vec<T> y = load(x + v * WIDTH<T>) * s + b;
      h[v] -= y * y;
    }
  }
}

// Whiten a panel once for all components that share the factor: out = x U scale.
template <class T> void whiten_panel(const T* x, const T* u, int d, T* out) {
  const auto write = [&]<int J>(int j0, const T* from) {
    Vec<T> y[J][TALL];
    from = tile<T, J>(x, from, j0, y);
    for (int j = 0; j < J; ++j)
      for (int v = 0; v < TALL; ++v) store(out + (j0 + j) * PANEL<T> + v * WIDTH<T>, y[j][v]);
    return from;
  };
  int j0 = 0;
  for (; j0 + WIDE <= d; j0 += WIDE) u = write.template operator()<WIDE>(j0, u);
  switch (d - j0) {
    case 3: write.template operator()<3>(j0, u); break;
    case 2: write.template operator()<2>(j0, u); break;
    case 1: write.template operator()<1>(j0, u); break;
    default: break;
  }
}

}  // namespace mixtura::MIXTURA_LEVEL
