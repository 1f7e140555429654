// Buffers that a block of rows needs while it is worked on.
#pragma once
#include "block.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// Buffers for one block of rows.
template <class T> struct Scratch {
  int rows, stride;
  Buffer<T> copy, x, raw, white, h, largest, total, root, resp;
  Buffer<int> active, chosen;
  Buffer<T> sums, zero;
  Scratch(const Rows& data, const Density& density, bool any_far = false)
      : rows(block_rows<T>(data.n, data.d, density.k)), stride(stride_of<T>(data.d)),
        copy(data.d <= FEW || in_place<T>(data) ? 0 : std::int64_t(rows) * stride), x(rows * data.d),
        raw(any_far ? rows * data.d : 0), white(rows * data.d), h(rows * density.k),
        largest(rows), total(rows), root(rows), resp(rows), active(density.k), chosen(rows + WIDTH<int>),
        sums(2 * stride), zero(stride) {
    std::memset(zero, 0, sizeof(T) * std::size_t(stride));
    if (data.d > FEW && stride > data.d) std::memset(copy, 0, sizeof(T) * std::size_t(rows) * std::size_t(stride));
  }
};

template <class T>
Lines<T> pack_rows(const Rows& rows, std::int64_t first, const double* shift, int count, int panels, const T* zero,
                   T* copy, T* x) {
  const std::int64_t skipped = first * rows.row_stride;
  if (rows.single) {
    const float* from = static_cast<const float*>(rows.data) + skipped;
    return pack(from, rows, shift, count, panels, zero, copy, x);
  }
  return pack(static_cast<const double*>(rows.data) + skipped, rows, shift, count, panels, zero, copy, x);
}

// Prefetch a part of the rows from `first` on, if they are contiguous, into the cache for the next block.
inline void fetch(const Rows& rows, std::int64_t first, int count, int part, int parts) {
  if (rows.column_stride != 1 || rows.row_stride != rows.d || first >= rows.n) return;
  const std::int64_t size = (rows.single ? 4 : 8) * rows.d;
  const std::int64_t bytes = (rows.n - first < count ? rows.n - first : count) * size;
  const char* from = static_cast<const char*>(rows.data) + first * size;
  const std::int64_t end = bytes * (part + 1) / parts;
  for (std::int64_t at = bytes * part / parts; at < end; at += 64) __builtin_prefetch(from + at, 0, 2);
}

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
