// A block of rows as the kernel stores it: panels of a few registers' rows, one column after the other.
#pragma once
#include <cstring>

#include "kernel.hpp"
#include "memory.hpp"
#include "simd.hpp"

namespace mixtura::MIXTURA_LEVEL {

// Number of rows of a block whose buffers stay in the second-level cache; a whole number of panels.
template <class T> int block_rows(std::int64_t n, std::int64_t d, std::int64_t k) {
  constexpr std::int64_t BUDGET = 3 << 17, LEAST = 64;
  // Measured: small blocks profit from the first-level cache, large ones need fewer sums over registers.
  const std::int64_t most = d >= 48 ? 512 : sizeof(T) == 8 ? 256 : 1024;
  std::int64_t rows = BUDGET / (std::int64_t(sizeof(T)) * (k + 2 * d + 8));
  rows = rows < LEAST ? LEAST : rows > most ? most : rows;
  rows = rows < n ? rows : n;
  return int((rows + PANEL<T> - 1) / PANEL<T> * PANEL<T>);
}

// Element (row n, column i) of a block of d columns.
template <class T> INLINE std::int64_t at(int n, int i, int d) {
  return (std::int64_t(n / PANEL<T>) * d + i) * PANEL<T> + n % PANEL<T>;
}

// Columns of a row in the block's copy of the rows, a whole number of registers.
template <class T> constexpr int stride_of(std::int64_t d) { return int((d + WIDTH<T> - 1) / WIDTH<T> * WIDTH<T>); }

// Copy rows, minus the shift; what `to` has beyond d columns stays as it is, zero.
template <class T, class From>
void copy_rows(const From* from, const Rows& rows, const double* shift, int count, T* to) {
  const int d = int(rows.d), stride = stride_of<T>(d);
  const bool across = rows.column_stride == 1;
  for (int n = 0; n < count; ++n, to += stride, from += rows.row_stride) {
    if (across)
      for (int i = 0; i < d; ++i) to[i] = T(double(from[i]) - shift[i]);
    else
      for (int i = 0; i < d; ++i) to[i] = T(double(from[i * rows.column_stride]) - shift[i]);
  }
}

// A block's rows as they lie in memory, a whole number of registers each: the caller's own or a copy.
template <class T> struct Lines {
  const T* rows;
  std::int64_t stride;
  const T* shift;  // still to be subtracted from the rows
};

// Copy the rows with numbers number(0), number(1), ... into panels, minus the shift.
template <class T, class Number>
INLINE void to_panels(const Lines<T>& lines, int d, int panels, T* to, Number number) {
  constexpr int W = WIDTH<T>;
  for (int n = 0; n < panels * PANEL<T>; n += W) {
    const T* row[W];
    for (int l = 0; l < W; ++l) row[l] = lines.rows + number(n + l) * lines.stride;
    T* out = to + at<T>(n, 0, d);
    for (int i = 0; i < d; i += W, out += W * PANEL<T>) {
      Vec<T> square[W];
      unrolled<W>([&](auto l) __attribute__((always_inline)) {
        square[l] = load(row[l] + i) - load(lines.shift + i);
      });
      transpose<T>(square);
      if (i + W <= d) unrolled<W>([&](auto l) __attribute__((always_inline)) { store(out + l * PANEL<T>, square[l]); });
      else
        for (int l = 0; i + l < d; ++l) store(out + l * PANEL<T>, square[l]);
    }
  }
}

// With few columns, copy rows into panels at once, minus the shift. With CONTIGUOUS they are in C order.
template <class T, int D, bool CONTIGUOUS, class From>
void pack_panels(const From* from, const Rows& rows, const double* shift, int count, int panels, T* to) {
  const std::int64_t across = CONTIGUOUS ? D : rows.row_stride, down = CONTIGUOUS ? 1 : rows.column_stride;
  for (int p = 0; p < panels; ++p, to += D * PANEL<T>, from += PANEL<T> * across) {
    const int here = count - p * PANEL<T> < PANEL<T> ? count - p * PANEL<T> : PANEL<T>;
    if (here < PANEL<T>) std::memset(to, 0, sizeof(T) * D * PANEL<T>);
    if (here == PANEL<T>) {
      for (int n = 0; n < PANEL<T>; ++n)
        for (int i = 0; i < D; ++i) to[i * PANEL<T> + n] = T(double(from[n * across + i * down]) - shift[i]);
    } else {
      for (int n = 0; n < here; ++n)
        for (int i = 0; i < D; ++i) to[i * PANEL<T> + n] = T(double(from[n * across + i * down]) - shift[i]);
    }
  }
}

template <class T, int D, class From>
void pack_small(const From* from, const Rows& rows, const double* shift, int count, int panels, T* to) {
  if (rows.column_stride == 1 && rows.row_stride == D) pack_panels<T, D, true>(from, rows, shift, count, panels, to);
  else pack_panels<T, D, false>(from, rows, shift, count, panels, to);
}

constexpr int FEW = 4;  // most columns for which rows are copied into panels directly

template <class T, class From>
void pack_few(const From* from, const Rows& rows, const double* shift, int count, int panels, T* to) {
  switch (rows.d) {
    case 1: return pack_small<T, 1>(from, rows, shift, count, panels, to);
    case 2: return pack_small<T, 2>(from, rows, shift, count, panels, to);
    case 3: return pack_small<T, 3>(from, rows, shift, count, panels, to);
    default: return pack_small<T, 4>(from, rows, shift, count, panels, to);
  }
}

// Whether rows can be used where they are.
template <class T> bool in_place(const Rows& rows) {
  return std::is_same_v<T, double> && !rows.single && rows.column_stride == 1 && rows.d % WIDTH<T> == 0;
}

// Copy rows into panels, minus the shift; panels are filled up with zeros. Returns the rows themselves, or their copy.
template <class T, class From>
Lines<T> pack(const From* from, const Rows& rows, const double* shift, int count, int panels, const T* zero, T* copy,
              T* to) {
  if (rows.d <= FEW) {
    pack_few(from, rows, shift, count, panels, to);
    return {};
  }
  const int d = int(rows.d);
  Lines<T> lines{copy, stride_of<T>(d), zero};
  if constexpr (std::is_same_v<T, From> && sizeof(T) == 8)
    if (in_place<T>(rows)) lines = {from, rows.row_stride, shift};
  if (lines.rows == copy) copy_rows<T>(from, rows, shift, count, copy);
  to_panels(lines, d, panels, to, [=](int n) { return std::int64_t(n < count ? n : count - 1); });
  for (int n = count; n < panels * PANEL<T>; ++n)
    for (int i = 0; i < d; ++i) to[at<T>(n, 0, d) + std::int64_t(i) * PANEL<T>] = 0;
  return lines;
}

}  // namespace mixtura::MIXTURA_LEVEL
