// Work on numbered items by several threads; Ctrl-C ends it.
#pragma once
#include <algorithm>
#include <atomic>
#include <exception>

#include "../matrix.hpp"
#include "interrupt.hpp"
#include "pool.hpp"

namespace mixtura {

// Multiplications that take a thread ten times as long as waking another one.
constexpr Size ALONE = 1 << 20;

// How many of `threads` are worth waking for a pass over n rows and k components of `size` numbers each.
inline int useful_threads(int threads, Size n, Size k, Size size) {
  return int(std::min<Size>(threads, 1 + n * k * (size + 8) / ALONE));
}

// Call act(0), act(1), ..., act(count - 1), each by whichever thread is free. Only the caller looks for Ctrl-C.
template <class Act> void parallel_for(std::size_t count, int threads, bool (*interrupted)(), Act act) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr failure;
  InterruptCheck check(interrupted);
  const auto work = [&](auto afterwards) {
    try {
      for (std::size_t c; !failed && (c = next.fetch_add(1)) < count; afterwards()) act(c);
    } catch (...) {
      if (!failed.exchange(true)) failure = std::current_exception();
    }
  };
  Pool::own().run(std::min(threads, int(count)) - 1, [&] { work([] {}); }, [&] { work([&] { check(); }); });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace mixtura
