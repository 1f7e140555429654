// Which values rows have: a bit for each column, and rows with the same bits.
#pragma once
#include "block.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

template <class From> std::uint64_t bit(const From* from, std::int64_t stride, int i) {
  return std::uint64_t(from[i * stride] == from[i * stride]) << (i % 64);
}

template <class From> void seen(const From* from, const Rows& rows, std::uint64_t* words) {
  constexpr int W = WIDTH<From>;
  const int d = int(rows.d);
  const std::int64_t last = rows.n ? (rows.n - 1) * rows.row_stride + d : 0;
  for (std::int64_t n = 0; n < rows.n; ++n, from += rows.row_stride)
    for (int i0 = 0; i0 < d; i0 += 64, ++words) {
      const int end = d < i0 + 64 ? d : i0 + 64;
      std::uint64_t word = 0;
      int i = i0;
      // Registers may reach into the next row, but not beyond the last one.
      if (rows.column_stride == 1 && rows.row_stride >= d)
        for (; i < end && n * rows.row_stride + i + W <= last; i += W)
          word |= std::uint64_t(numbers(load(from + i))) << (i - i0);
      for (; i < end; ++i) word |= bit(from, rows.column_stride, i);
      *words = end - i0 < 64 ? word & ((std::uint64_t(1) << (end - i0)) - 1) : word;
    }
}

void seen(const Rows& rows, std::uint64_t* words) {
  if (rows.single) seen(static_cast<const float*>(rows.data), rows, words);
  else seen(static_cast<const double*>(rows.data), rows, words);
}

// A pattern of missing values. Positions count columns from the last to the first, in which order rows are sorted:
// position i is column d - 1 - i.
struct Pattern {
  int d, have = 0, lack = 0;
  Buffer<int> seen, missing;     // positions, ascending
  Buffer<std::int64_t> columns;  // of the positions seen
  const std::uint64_t* words = nullptr;
  explicit Pattern(std::int64_t d) : d(int(d)), seen(d), missing(d), columns(d) {}
  bool has(const std::uint64_t* of, int position) const {
    const int column = d - 1 - position;
    return of[column / 64] >> (column % 64) & 1;
  }
  // The number of leading positions at which another pattern agrees.
  int agree(const std::uint64_t* other) const {
    if (!words) return 0;
    for (int w = (d - 1) / 64; w >= 0; --w)
      if (const std::uint64_t apart = words[w] ^ other[w]) return d - 64 * (w + 1) + __builtin_clzll(apart);
    return d;
  }
  // Change to another pattern; returns the number of leading positions at which both agree.
  int change(const std::uint64_t* to) {
    const int same = agree(to);
    while (have && seen[have - 1] >= same) --have;
    while (lack && missing[lack - 1] >= same) --lack;
    for (int i = same; i < d; ++i)
      if (has(to, i)) columns[have] = d - 1 - i, seen[have++] = i;
      else missing[lack++] = i;
    words = to;
    return same;
  }
};

// Rows in the order of their patterns.
struct Ordered {
  const Rows& rows;
  const Seen& seen;
  std::int64_t number(std::int64_t n) const { return seen.order ? seen.order[n] : n; }
  const std::uint64_t* words(std::int64_t n) const { return seen.words + number(n) * seen.each; }
  double weight(std::int64_t n) const { return rows.weight ? rows.weight[number(n) * rows.weight_stride] : 1; }
  // Where the rows with the pattern of row `first` end.
  std::int64_t end(std::int64_t first) const {
    const std::size_t bytes = std::size_t(seen.each) * sizeof(std::uint64_t);
    const std::uint64_t* own = words(first);
    std::int64_t n = first + 1;
    while (n < rows.n && !std::memcmp(words(n), own, bytes)) ++n;
    return n;
  }
  // Copy the values at the positions that a row has.
  void copy(std::int64_t n, const Pattern& pattern, double* to) const {
    if (rows.single) copy_from(static_cast<const float*>(rows.data), n, pattern, to);
    else copy_from(static_cast<const double*>(rows.data), n, pattern, to);
  }

 private:
  template <class From> void copy_from(const From* from, std::int64_t n, const Pattern& pattern, double* to) const {
    const std::int64_t stride = rows.column_stride, *columns = pattern.columns;
    from += number(n) * rows.row_stride;
    const int have = pattern.have;
    if (stride == 1)
      for (int i = 0; i < have; ++i) to[i] = double(from[columns[i]]);
    else
      for (int i = 0; i < have; ++i) to[i] = double(from[columns[i] * stride]);
  }
};

}  // namespace
}  // namespace mixtura::MIXTURA_LEVEL
