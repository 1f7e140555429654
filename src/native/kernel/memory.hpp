// Scratch memory of a thread, aligned to registers.
#pragma once
#include <cstdlib>
#include <new>

#include "simd.hpp"

namespace mixtura::MIXTURA_LEVEL {

// A thread's memory for buffers that are released in the opposite order of their allocation. Allocating from the system
// each time costs small problems a third of their time.
struct Stack {
  static constexpr std::size_t SIZE = 1 << 20;
  char* base = nullptr;
  std::size_t used = 0;
  Stack() = default;
  ~Stack() { std::free(base); }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  char* take(std::size_t bytes) {
    if (bytes > SIZE - used) return nullptr;
    if (!base && !(base = static_cast<char*>(std::aligned_alloc(64, SIZE)))) return nullptr;
    used += bytes;
    return base + used - bytes;
  }
};
inline thread_local Stack stack;

// Scratch memory, aligned to registers.
template <class T> struct Buffer {
  std::size_t bytes;
  char* taken;
  T* data;
  explicit Buffer(std::int64_t count)
      : bytes((std::size_t(count) * sizeof(T) + 127) / 64 * 64), taken(stack.take(bytes)),
        data(reinterpret_cast<T*>(taken ? taken : static_cast<char*>(std::aligned_alloc(64, bytes)))) {
    if (!data) throw std::bad_alloc();
  }
  ~Buffer() {
    if (taken) stack.used -= bytes;
    else std::free(data);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  operator T*() const { return data; }
};

// Objects that are made one after the other, in scratch memory.
template <class T> class Several {
 public:
  explicit Several(std::int64_t most) : memory_(most * std::int64_t(sizeof(T))) {}
  ~Several() {
    while (count_) (*this)[--count_].~T();
  }
  template <class... Arguments> void add(const Arguments&... arguments) {
    new (memory_ + count_ * std::int64_t(sizeof(T))) T(arguments...);
    ++count_;
  }
  T& operator[](std::int64_t i) { return reinterpret_cast<T*>(memory_.data)[i]; }
  const T& operator[](std::int64_t i) const { return reinterpret_cast<const T*>(memory_.data)[i]; }

 private:
  Buffer<char> memory_;
  std::int64_t count_ = 0;
};

}  // namespace mixtura::MIXTURA_LEVEL
