// Whether the user has pressed Ctrl-C.
#pragma once
#include <chrono>
#include <exception>

namespace mixtura {

// Ctrl-C was pressed; Python's exception is set already.
struct Interrupted : std::exception {};

// Asks Python for signals, but twenty times a second at most: asking means to wait for its lock.
class InterruptCheck {
 public:
  explicit InterruptCheck(bool (*interrupted)()) : interrupted_(interrupted) {}
  void operator()() {
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds(50)) return;
    last_ = now;
    if (interrupted_()) throw Interrupted();
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool (*interrupted_)();
  Clock::time_point last_ = Clock::now();
};

}  // namespace mixtura
