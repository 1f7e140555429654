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
  constexpr std::int64_t BUDGET = 3 << 17, MOST = 512, LEAST = 64;
  std::int64_t rows = BUDGET / (std::int64_t(sizeof(T)) * (k + 2 * d + 8));
  rows = rows < LEAST ? LEAST : rows > MOST ? MOST : rows;
  rows = rows < n ? rows : n;
  return int((rows + PANEL<T> - 1) / PANEL<T> * PANEL<T>);
}

// Element (row n, column i) of a block of d columns.
template <class T> INLINE std::int64_t at(int n, int i, int d) {
  return (std::int64_t(n / PANEL<T>) * d + i) * PANEL<T> + n % PANEL<T>;
}

// Copy rows into panels, minus the shift; missing rows of the last panel lie on the shift.
template <class T, class From>
void pack_panels(const From* from, const Rows& rows, const double* shift, int count, int panels, T* to) {
  const int d = int(rows.d);
  for (int p = 0; p < panels; ++p, to += std::int64_t(d) * PANEL<T>) {
    const int here = count - p * PANEL<T> < PANEL<T> ? count - p * PANEL<T> : PANEL<T>;
    const From* first = from + std::int64_t(p) * PANEL<T> * rows.row_stride;
    for (int i = 0; i < d; ++i) {
      const From* column = first + i * rows.column_stride;
      T* out = to + i * PANEL<T>;
      const double origin = shift[i];
      for (int n = 0; n < here; ++n) out[n] = T(double(column[n * rows.row_stride]) - origin);
      for (int n = here; n < PANEL<T>; ++n) out[n] = 0;
    }
  }
}

}  // namespace mixtura::MIXTURA_LEVEL
