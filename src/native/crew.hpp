// A pass by several threads: chunks of rows go to whoever is free, and what they come to is added up in their order.
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "kernel.hpp"
#include "matrix.hpp"
#include "pool.hpp"

namespace mixtura {

// Ctrl-C was pressed; Python knows already.
struct Interrupted : std::exception {};

// Multiplications that take a thread ten times as long as waking another one.
constexpr Size ALONE = 1 << 20;

// How many threads are worth waking for a pass over n rows and k components with so many numbers in a covariance.
inline int helpful(int threads, Size n, Size k, Size each) {
  return int(std::min<Size>(threads, 1 + n * k * (each + 8) / ALONE));
}

// Act on each of `count` numbers, in order, by whoever is free. Only the caller looks for Ctrl-C, and not all the time:
// asking Python means to wait for its lock.
template <class Act>
void share_out(std::size_t count, int threads, bool (*interrupted)(), Act act) {
  using Clock = std::chrono::steady_clock;
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr failure;
  Clock::time_point looked = Clock::now();
  const auto work = [&](auto look) {
    try {
      for (std::size_t c; !failed && (c = next.fetch_add(1)) < count; look()) act(c);
    } catch (...) {
      if (!failed.exchange(true)) failure = std::current_exception();
    }
  };
  const auto look = [&] {
    const auto now = Clock::now();
    if (now - looked < std::chrono::milliseconds(50)) return;
    looked = now;
    if (interrupted()) throw Interrupted();
  };
  Pool::own().together(std::min(threads, int(count)) - 1, [&] { work([] {}); }, [&] { work(look); });
  if (failure) std::rethrow_exception(failure);
}

// Some of the rows.
inline Rows part_of(const Rows& rows, Size first, Size end) {
  Rows some = rows;
  some.n = end - first;
  some.data = static_cast<const char*>(rows.data) + first * rows.row_stride * (rows.single ? 4 : 8);
  if (some.weight) some.weight += first * rows.weight_stride;
  return some;
}

// Where chunks begin that end there; they have to make up the rows.
inline std::vector<Size> beginnings(const std::vector<Size>& ends, Size n) {
  std::vector<Size> found{0};
  for (std::size_t c = 0; c < ends.size(); found.push_back(ends[c++]))
    if (ends[c] <= found.back() || (c + 1 == ends.size() && ends[c] != n))
      throw std::invalid_argument("the chunks do not make up the rows");
  return found;
}

// A pass over rows that are in memory.
class Crew {
 public:
  // `ends` are where the chunks end; they alone decide what the sums are, to the last bit.
  Crew(const Rows& rows, const std::vector<Size>& ends, int threads, bool (*interrupted)())
      : rows_(rows), begins_(beginnings(ends, rows.n)), threads_(threads), interrupted_(interrupted), found_(ends.size()) {}

  void sum(Summing kernel, const Density& density, Sums& sums) {
    if (found_.size() < 2) return kernel(rows_, density, sums);
    kernel_ = kernel, density_ = &density, sums_ = &sums;
    adding_ = false;
    added_ = 0;
    try {
      share_out(found_.size(), threads_, interrupted_, [this](std::size_t c) { deliver(c, pass(c)); });
    } catch (...) {
      for (auto& found : found_) found.reset();
      throw;
    }
  }

 private:
  struct Found {
    Numbers weight, mean, scatter;
    double loglik = 0, certainty = 0;
  };
  const Rows rows_;
  const std::vector<Size> begins_;
  const int threads_;
  bool (*const interrupted_)();
  std::vector<std::unique_ptr<Found>> found_;  // of chunks that wait for earlier ones
  std::vector<std::unique_ptr<Found>> spare_;
  std::mutex order_;       // for found_, spare_, added_, adding_
  std::size_t added_ = 0;  // so many chunks are in the sums
  bool adding_ = false;    // somebody is at it
  Summing kernel_ = nullptr;
  const Density* density_ = nullptr;
  Sums* sums_ = nullptr;

  std::unique_ptr<Found> taken() {
    const std::lock_guard<std::mutex> hold(order_);
    if (spare_.empty()) return std::make_unique<Found>();
    std::unique_ptr<Found> one = std::move(spare_.back());
    spare_.pop_back();
    return one;
  }
  std::unique_ptr<Found> pass(std::size_t c) {
    const Size k = density_->k, d = rows_.d;
    std::unique_ptr<Found> to = taken();
    to->weight.resize(k), to->mean.resize(k * d), to->scatter.resize(scatter_size());
    Sums sums{sums_->centres, sums_->kind, to->weight.data(), to->mean.data(), to->scatter.data(), 0, 0};
    kernel_(part_of(rows_, begins_[c], begins_[c + 1]), *density_, sums);
    to->loglik = sums.loglik, to->certainty = sums.certainty;
    return to;
  }
  // What is next in order is added by whoever brings it, with all that waited for it, while the others go on.
  void deliver(std::size_t c, std::unique_ptr<Found> one) {
    std::unique_lock<std::mutex> hold(order_);
    found_[c] = std::move(one);
    if (adding_) return;
    adding_ = true;
    while (added_ < found_.size() && found_[added_]) {
      std::unique_ptr<Found> from = std::move(found_[added_]);
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
  void copy(const Found& from) {
    std::copy(from.weight.begin(), from.weight.end(), sums_->weight);
    std::copy(from.mean.begin(), from.mean.end(), sums_->mean);
    std::copy(from.scatter.begin(), from.scatter.end(), sums_->scatter);
    sums_->loglik = from.loglik, sums_->certainty = from.certainty;
  }
  // The merge of Chan, Golub and LeVeque, as in mixtura.stats.
  void add(const Found& from) {
    const Size k = density_->k, d = rows_.d;
    const bool diagonal = sums_->kind == Scatter::DIAGONAL;
    const Size step = sums_->kind == Scatter::POOLED ? 0 : diagonal ? d : d * d;
    for (Size n = 0; n < scatter_size(); ++n) sums_->scatter[n] += from.scatter[n];
    Numbers apart(d);
    for (Size c = 0; c < k; ++c) {
      const double before = sums_->weight[c], whole = before + from.weight[c];
      const double share = whole > 0 ? from.weight[c] / whole : 0;
      double *mean = sums_->mean + c * d, *scatter = sums_->scatter + c * step;
      for (Size i = 0; i < d; ++i) apart[i] = from.mean[c * d + i] - mean[i];
      for (Size i = 0; i < d; ++i) mean[i] += share * apart[i];
      for (Size i = 0; i < d; ++i) {
        const double much = before * share * apart[i];
        if (diagonal) scatter[i] += much * apart[i];
        for (Size j = 0; j < d && !diagonal; ++j) scatter[i * d + j] += much * apart[j];
      }
      sums_->weight[c] = whole;
    }
    sums_->loglik += from.loglik, sums_->certainty += from.certainty;
  }
};

}  // namespace mixtura
