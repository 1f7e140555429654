// A pool of threads: starting new ones for each pass takes longer than a small pass.
#pragma once
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>

namespace mixtura {

// Its threads sleep between two uses. It is never destroyed, so that none of them is woken by the end of the process.
class Pool {
 public:
  // The pool of this process: a fork leaves the threads behind, so a child gets a pool of its own.
  static Pool& own() {
    static std::atomic<Pool*> current{nullptr};
    Pool* pool = current.load();
    if (pool && pool->process_ == getpid()) return *pool;
    Pool* fresh = new Pool;
    if (current.compare_exchange_strong(pool, fresh)) return *fresh;
    delete fresh;  // another thread was faster
    return *pool;
  }

  // Run `mine` in the calling thread and `theirs` in `others` more at the same time. If another caller uses the pool,
  // this one works alone, since the machine is busy then.
  template <class Mine>
  void run(int others, const std::function<void()>& theirs, Mine mine) {
    if (others < 1) return mine();  // without locking the pool for callers that need it
    const std::unique_lock<std::mutex> hold(used_, std::try_to_lock);
    const unsigned count = hold ? started(std::min(unsigned(others), MOST)) : 0;
    if (!count) return mine();
    theirs_ = &theirs;
    busy_ = int(count);
    call_ = (call_ / (MOST + 1) + 1) * (MOST + 1) + count;
    call_.notify_all();
    mine();
    for (int busy; (busy = busy_.load()) > 0;) busy_.wait(busy);
  }

 private:
  static constexpr unsigned MOST = 255;
  const pid_t process_ = getpid();
  std::mutex used_;
  unsigned count_ = 0;
  std::atomic<unsigned> call_{0};  // a number that is new each time, and how many are called, in one
  std::atomic<int> busy_{0};
  const std::function<void()>* theirs_ = nullptr;

  // Start threads until there are as many as wanted; returns how many there are, if the system gives no more.
  unsigned started(unsigned wanted) {
    try {
      for (; count_ < wanted; ++count_)
        std::thread([this, place = count_, seen = call_.load()] { serve(place, seen); }).detach();
    } catch (const std::system_error&) {
    }
    return std::min(count_, wanted);
  }
  void serve(unsigned place, unsigned seen) {
    for (;;) {
      call_.wait(seen);
      seen = call_.load();
      if (place >= seen % (MOST + 1)) continue;
      (*theirs_)();
      if (busy_.fetch_sub(1) == 1) busy_.notify_one();
    }
  }
};

}  // namespace mixtura
