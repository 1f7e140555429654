// The order of rows by which values they have.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "../kernel/kernel.hpp"
#include "../matrix.hpp"
#include "../threads/pass.hpp"

namespace mixtura {

// Which values rows have, and their order by it.
class RowPatterns {
 public:
  RowPatterns(const Kernel& kernel, const Rows& rows) : n_(rows.n), d_(rows.d), each_((rows.d + 63) / 64) {
    words_.resize(n_ * each_);
    kernel.seen(rows, words_.data());
    if (!sorted()) sort();
  }
  Seen seen(const double* means, const double* log_widths) const {
    return {words_.data(), each_, order_.empty() ? nullptr : order_.data(), means, log_widths};
  }

 private:
  const Size n_, d_, each_;
  std::vector<std::uint64_t> words_;
  std::vector<Size> order_;

  bool sorted() const {
    for (Size n = 1; n < n_; ++n)
      for (Size w = each_ - 1; w >= 0; --w) {
        const std::uint64_t before = words_[(n - 1) * each_ + w], here = words_[n * each_ + w];
        if (before > here) return false;
        if (before < here) break;
      }
    return true;
  }
  // By one byte of the words after the other, from the lowest on.
  void sort() {
    order_.resize(n_);
    for (Size n = 0; n < n_; ++n) order_[n] = n;
    std::vector<Size> next(n_);
    for (Size byte = 0; byte < (d_ + 7) / 8; ++byte) {
      const auto digit = [&](Size n) { return words_[n * each_ + byte / 8] >> (byte % 8 * 8) & 255; };
      std::array<Size, 257> places{};
      for (Size n = 0; n < n_; ++n) ++places[digit(n) + 1];
      for (Size value = 0; value < 256; ++value) places[value + 1] += places[value];
      for (const Size n : order_) next[places[digit(n)]++] = n;
      order_.swap(next);
    }
  }
};

// Whether no row lacks a value. Those that do come first where rows are in order, so that it is soon known.
inline bool complete(const Kernel& kernel, const Rows& rows) {
  constexpr Size FEW = 1024;
  const Size each = (rows.d + 63) / 64;
  std::vector<std::uint64_t> words(FEW * each);
  for (Size first = 0; first < rows.n; first += FEW) {
    const Size count = std::min(FEW, rows.n - first);
    kernel.seen(part_of(rows, first, first + count), words.data());
    for (Size n = 0; n < count * each; ++n)
      if (words[n] != ~std::uint64_t(0) >> (64 - std::min<Size>(64, rows.d - n % each * 64))) return false;
  }
  return true;
}

}  // namespace mixtura
