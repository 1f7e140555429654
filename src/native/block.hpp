// A block of rows on its way through the kernel: panels of a few registers' rows, one column after the other.
#pragma once
#include <cstdlib>
#include <new>

#include "kernel.hpp"
#include "simd.hpp"

namespace mixtura::MIXTURA_LEVEL {

// Scratch memory, aligned to registers.
template <class T> struct Buffer {
  T* data;
  explicit Buffer(std::int64_t count)
      : data(static_cast<T*>(std::aligned_alloc(64, (std::size_t(count) * sizeof(T) + 127) / 64 * 64))) {
    if (!data) throw std::bad_alloc();
  }
  ~Buffer() { std::free(data); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  operator T*() const { return data; }
};

// Rows of a block such that what is kept of it stays in the second-level cache; a whole number of panels.
template <class T> int block_rows(std::int64_t n, std::int64_t d, std::int64_t k) {
  constexpr std::int64_t BUDGET = 3 << 17, LEAST = 64;
  const std::int64_t most = d < 48 ? 256 : 512;  // measured: small ones profit from the first-level cache
  std::int64_t rows = BUDGET / (std::int64_t(sizeof(T)) * (k + 2 * d + 8));
  rows = rows < LEAST ? LEAST : rows > most ? most : rows;
  rows = rows < n ? rows : n;
  return int((rows + PANEL<T> - 1) / PANEL<T> * PANEL<T>);
}

// Element (row n, column i) of a block of d columns.
template <class T> INLINE std::int64_t at(int n, int i, int d) {
  return (std::int64_t(n / PANEL<T>) * d + i) * PANEL<T> + n % PANEL<T>;
}

// Copy one panel's columns i0 to i0 + I. Rows in C order are read across, the others down their columns.
template <class T, int I, class From>
INLINE void pack_columns(const From* from, std::int64_t row_stride, std::int64_t column_stride, const double* shift,
                         int here, T* out) {
  for (int n = 0; n < here; ++n)
    for (int i = 0; i < I; ++i) out[i * PANEL<T> + n] = T(double(from[n * row_stride + i * column_stride]) - shift[i]);
  for (int i = 0; i < I; ++i)
    for (int n = here; n < PANEL<T>; ++n) out[i * PANEL<T> + n] = 0;
}

// Copy rows into panels, minus the shift; missing rows of the last panel lie on the shift. With D > 0 the rows are in
// C order and have D columns.
template <class T, int D, class From>
void pack_panels(const From* from, const Rows& rows, const double* shift, int count, int panels, T* to) {
  constexpr int STEP = D ? D : 1;
  const int d = D ? D : int(rows.d);
  const std::int64_t across = D ? D : rows.row_stride, down = D ? 1 : rows.column_stride;
  for (int p = 0; p < panels; ++p, to += std::int64_t(d) * PANEL<T>, from += PANEL<T> * across) {
    const int here = count - p * PANEL<T> < PANEL<T> ? count - p * PANEL<T> : PANEL<T>;
    if (D && here == PANEL<T>) {
      pack_columns<T, STEP>(from, D, 1, shift, PANEL<T>, to);
      continue;
    }
    int i = 0;
    for (; i + 8 <= d && down == 1; i += 8)
      pack_columns<T, 8>(from + i, across, 1, shift + i, here, to + i * PANEL<T>);
    for (; i < d; ++i) {
      if (across == 1) pack_columns<T, 1>(from + i * down, 1, 1, shift + i, here, to + i * PANEL<T>);
      else pack_columns<T, 1>(from + i * down, across, 1, shift + i, here, to + i * PANEL<T>);
    }
  }
}

template <class T, class From>
void pack(const From* from, const Rows& rows, const double* shift, int count, int panels, T* to) {
  const bool c_order = rows.column_stride == 1 && rows.row_stride == rows.d;
  switch (c_order ? rows.d : 0) {
    case 1: return pack_panels<T, 1>(from, rows, shift, count, panels, to);
    case 2: return pack_panels<T, 2>(from, rows, shift, count, panels, to);
    case 3: return pack_panels<T, 3>(from, rows, shift, count, panels, to);
    case 4: return pack_panels<T, 4>(from, rows, shift, count, panels, to);
    case 8: return pack_panels<T, 8>(from, rows, shift, count, panels, to);
    default: return pack_panels<T, 0>(from, rows, shift, count, panels, to);
  }
}

}  // namespace mixtura::MIXTURA_LEVEL
