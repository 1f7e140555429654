// A pass over rows by several threads: sums of chunks, added up in the chunks' order.
#pragma once
#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "../kernel/kernel.hpp"
#include "../matrix.hpp"
#include "parallel.hpp"

namespace mixtura {

// Rows from `first` on, before `end`.
inline Rows part_of(const Rows& rows, Size first, Size end) {
  Rows some = rows;
  some.n = end - first;
  some.data = static_cast<const char*>(rows.data) + first * rows.row_stride * (rows.single ? 4 : 8);
  if (some.weight) some.weight += first * rows.weight_stride;
  return some;
}

// Indices where chunks with these ends begin, followed by n; an error unless the chunks make up n rows.
inline std::vector<Size> beginnings(const std::vector<Size>& ends, Size n) {
  std::vector<Size> begins{0};
  for (std::size_t c = 0; c < ends.size(); begins.push_back(ends[c++]))
    if (ends[c] <= begins.back() || (c + 1 == ends.size() && ends[c] != n))
      throw std::invalid_argument("the chunks do not make up the rows");
  return begins;
}

// Sums over all rows by several threads. Where chunks end decides what the sums are, to the last bit; the number of
// threads does not.
class Pass {
 public:
  using Adding = std::function<void(const Rows&, const Density&, Sums&)>;

  // `ends` are where the chunks end; with none of them, or one, the caller's thread does it all.
  Pass(const Rows& rows, const std::vector<Size>& ends, int threads, bool (*interrupted)())
      : rows_(rows), begins_(beginnings(ends, rows.n)), threads_(threads), interrupted_(interrupted),
        waiting_(ends.size()) {}

  void sum(const Adding& kernel, const Density& density, Sums& sums) {
    if (waiting_.size() < 2) return kernel(rows_, density, sums);
    kernel_ = &kernel, density_ = &density, sums_ = &sums;
    adding_ = false;
    added_ = 0;
    try {
      parallel_for(waiting_.size(), threads_, interrupted_, [this](std::size_t c) { deliver(c, summed(c)); });
    } catch (...) {
      for (auto& partial : waiting_) partial.reset();
      throw;
    }
  }

 private:
  struct Partial {
    Numbers weight, mean, scatter, scales;
    double loglik = 0, assignment_logprob = 0;
  };
  const Rows rows_;
  const std::vector<Size> begins_;
  const int threads_;
  bool (*const interrupted_)();
  std::vector<std::unique_ptr<Partial>> waiting_;  // sums of chunks that wait for earlier ones
  std::vector<std::unique_ptr<Partial>> spare_;    // memory to be used again
  std::mutex order_;       // for waiting_, spare_, added_, adding_
  std::size_t added_ = 0;  // number of chunks in the sums
  bool adding_ = false;    // whether a thread is adding
  const Adding* kernel_ = nullptr;
  const Density* density_ = nullptr;
  Sums* sums_ = nullptr;

  std::unique_ptr<Partial> memory() {
    const std::lock_guard<std::mutex> hold(order_);
    if (spare_.empty()) return std::make_unique<Partial>();
    std::unique_ptr<Partial> one = std::move(spare_.back());
    spare_.pop_back();
    return one;
  }
  std::unique_ptr<Partial> summed(std::size_t c) {
    const Size k = density_->k, d = rows_.d;
    std::unique_ptr<Partial> to = memory();
    to->weight.resize(k), to->mean.resize(k * d), to->scatter.resize(scatter_size());
    to->scales.resize(scale_size());
    Sums sums{sums_->centres, sums_->kind, to->weight.data(), to->mean.data(), to->scatter.data(), 0, 0,
              sums_->scales ? to->scales.data() : nullptr};
    (*kernel_)(part_of(rows_, begins_[c], begins_[c + 1]), *density_, sums);
    to->loglik = sums.loglik, to->assignment_logprob = sums.assignment_logprob;
    return to;
  }
  // The thread with the next chunk in order adds it, and those that waited for it, while the other threads go on.
  void deliver(std::size_t c, std::unique_ptr<Partial> one) {
    std::unique_lock<std::mutex> hold(order_);
    waiting_[c] = std::move(one);
    if (adding_) return;
    adding_ = true;
    while (added_ < waiting_.size() && waiting_[added_]) {
      std::unique_ptr<Partial> from = std::move(waiting_[added_]);
      hold.unlock();
      if (added_)
        add(*from);
      else
        copy(*from);
      hold.lock();
      spare_.push_back(std::move(from));
      ++added_;
    }
    adding_ = false;
  }
  Size scatter_size() const {
    const Size d = rows_.d, each = sums_->kind == Scatter::DIAGONAL ? d : d * d;
    return (sums_->kind == Scatter::POOLED ? 1 : density_->k) * each;
  }
  Size scale_size() const { return sums_->scales ? 2 * density_->k : 0; }
  void copy(const Partial& from) {
    std::copy(from.weight.begin(), from.weight.end(), sums_->weight);
    std::copy(from.mean.begin(), from.mean.end(), sums_->mean);
    std::copy(from.scatter.begin(), from.scatter.end(), sums_->scatter);
    std::copy(from.scales.begin(), from.scales.end(), sums_->scales);
    sums_->loglik = from.loglik, sums_->assignment_logprob = from.assignment_logprob;
  }
  // The merge of Chan, Golub and LeVeque, as in mixtura.stats.
  void add(const Partial& from) {
    const Size k = density_->k, d = rows_.d;
    const bool diagonal = sums_->kind == Scatter::DIAGONAL;
    const Size step = sums_->kind == Scatter::POOLED ? 0 : diagonal ? d : d * d;
    for (Size n = 0; n < scatter_size(); ++n) sums_->scatter[n] += from.scatter[n];
    for (Size n = 0; n < scale_size(); ++n) sums_->scales[n] += from.scales[n];
    Numbers apart(d);
    for (Size c = 0; c < k; ++c) {
      const double before = sums_->weight[c], whole = before + from.weight[c];
      const double fraction = whole > 0 ? from.weight[c] / whole : 0;
      double *mean = sums_->mean + c * d, *scatter = sums_->scatter + c * step;
      for (Size i = 0; i < d; ++i) apart[i] = from.mean[c * d + i] - mean[i];
      for (Size i = 0; i < d; ++i) mean[i] += fraction * apart[i];
      for (Size i = 0; i < d; ++i) {
        const double much = before * fraction * apart[i];
        if (diagonal) scatter[i] += much * apart[i];
        for (Size j = 0; j < d && !diagonal; ++j) scatter[i * d + j] += much * apart[j];
      }
      sums_->weight[c] = whole;
    }
    sums_->loglik += from.loglik, sums_->assignment_logprob += from.assignment_logprob;
  }
};

}  // namespace mixtura
