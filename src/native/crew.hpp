// A pass by several threads: chunks of rows go to whoever is free, and what they come to is added up in their order.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "kernel.hpp"
#include "matrix.hpp"

namespace mixtura {

// Threads that live as long as the crew; between two passes they sleep.
class Crew {
 public:
  // `ends` are where the chunks end; they alone decide what the sums are, to the last bit.
  Crew(const Rows& rows, std::vector<Size> ends, int threads) : rows_(rows), ends_(std::move(ends)), found_(ends_.size()) {
    const int most = std::min(threads, int(ends_.size()));
    try {
      for (int t = 1; t < most; ++t) others_.emplace_back([this] { live(); });
    } catch (const std::system_error&) {
    }  // where there are no more threads to be had, those that there are do the work
  }
  ~Crew() {
    ended_ = true;
    begin();
    for (std::thread& other : others_) other.join();
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void estep(const Kernel& kernel, const Density& density, Sums& sums) {
    if (ends_.size() < 2) return kernel.estep(rows_, density, sums);
    kernel_ = &kernel, density_ = &density, wanted_ = &sums, failure_ = nullptr;
    failed_ = false;
    next_ = 0;
    busy_ = int(others_.size());
    begin();
    work();
    for (int busy; (busy = busy_.load()) > 0;) busy_.wait(busy);
    if (failure_) std::rethrow_exception(failure_);
    add_up(sums);
  }

 private:
  struct Found {
    Numbers weight, mean, scatter;
    double loglik = 0, certainty = 0;
  };
  const Rows rows_;
  const std::vector<Size> ends_;
  std::vector<Found> found_;
  std::vector<std::thread> others_;
  std::atomic<unsigned> round_{0};
  std::atomic<int> busy_{0};
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> ended_{false}, failed_{false};
  std::exception_ptr failure_;
  const Kernel* kernel_ = nullptr;
  const Density* density_ = nullptr;
  const Sums* wanted_ = nullptr;

  void begin() {
    round_.fetch_add(1);
    round_.notify_all();
  }
  void live() {
    for (unsigned seen = 0;;) {
      round_.wait(seen);
      seen = round_.load();
      if (ended_) return;
      work();
      if (busy_.fetch_sub(1) == 1) busy_.notify_one();
    }
  }
  void work() {
    try {
      for (std::size_t c; (c = next_.fetch_add(1)) < ends_.size();) pass(c);
    } catch (...) {
      if (!failed_.exchange(true)) failure_ = std::current_exception();
    }
  }
  void pass(std::size_t c) {
    const Size first = c ? ends_[c - 1] : 0, k = density_->k, d = rows_.d;
    Rows some = rows_;
    some.n = ends_[c] - first;
    some.data = static_cast<const char*>(rows_.data) + first * rows_.row_stride * (rows_.single ? 4 : 8);
    if (some.weight) some.weight += first * rows_.weight_stride;
    Found& to = found_[c];
    to.weight.resize(k), to.mean.resize(k * d), to.scatter.resize(scatter_size());
    Sums sums{wanted_->centres, wanted_->kind, to.weight.data(), to.mean.data(), to.scatter.data(), 0, 0};
    kernel_->estep(some, *density_, sums);
    to.loglik = sums.loglik, to.certainty = sums.certainty;
  }
  Size scatter_size() const {
    const Size d = rows_.d, each = wanted_->kind == Scatter::DIAGONAL ? d : d * d;
    return (wanted_->kind == Scatter::POOLED ? 1 : density_->k) * each;
  }
  // The merge of Chan, Golub and LeVeque, as in mixtura.stats.
  void add_up(Sums& to) const {
    const Size k = density_->k, d = rows_.d;
    const bool diagonal = to.kind == Scatter::DIAGONAL;
    const Size each = diagonal ? d : d * d, step = to.kind == Scatter::POOLED ? 0 : each;
    std::memcpy(to.weight, found_[0].weight.data(), std::size_t(k) * sizeof(double));
    std::memcpy(to.mean, found_[0].mean.data(), std::size_t(k * d) * sizeof(double));
    std::memcpy(to.scatter, found_[0].scatter.data(), std::size_t(scatter_size()) * sizeof(double));
    to.loglik = found_[0].loglik, to.certainty = found_[0].certainty;
    Numbers apart(d);
    for (std::size_t f = 1; f < found_.size(); ++f) {
      const Found& from = found_[f];
      for (Size n = 0; n < scatter_size(); ++n) to.scatter[n] += from.scatter[n];
      for (Size c = 0; c < k; ++c) {
        const double before = to.weight[c], whole = before + from.weight[c];
        const double share = whole > 0 ? from.weight[c] / whole : 0;
        double *mean = to.mean + c * d, *scatter = to.scatter + c * step;
        for (Size i = 0; i < d; ++i) apart[i] = from.mean[c * d + i] - mean[i];
        for (Size i = 0; i < d; ++i) mean[i] += share * apart[i];
        for (Size n = 0; n < each; ++n) scatter[n] += before * share * apart[diagonal ? n : n / d] * apart[diagonal ? n : n % d];
        to.weight[c] = whole;
      }
      to.loglik += from.loglik, to.certainty += from.certainty;
    }
  }
};

}  // namespace mixtura
