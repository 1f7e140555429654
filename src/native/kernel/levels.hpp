// The instruction sets that the kernel was compiled for, and which of them this processor has.
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

#include "kernel.hpp"

namespace mixtura {

#define MIXTURA_DECLARE(level) \
  namespace level {            \
  extern const Kernel KERNEL;  \
  }
#if defined(__x86_64__)
MIXTURA_DECLARE(x86_64_v2)
MIXTURA_DECLARE(avx2)
MIXTURA_DECLARE(avx512)
#else
MIXTURA_DECLARE(plain)
#endif
#undef MIXTURA_DECLARE

struct Level {
  const char* name;
  const Kernel* kernel;
};

// Slowest to fastest; only those that this processor can run.
inline std::vector<Level> available() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  std::vector<Level> found = {{"x86-64-v2", &x86_64_v2::KERNEL}};  // every processor since 2009
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    found.push_back({"avx2", &avx2::KERNEL});
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2"))
    found.push_back({"avx512", &avx512::KERNEL});
  return found;
#else
  return {{"plain", &plain::KERNEL}};
#endif
}

inline const Kernel& kernel_of(const std::string& name) {
  for (const Level& level : available())
    if (name == level.name) return *level.kernel;
  throw std::invalid_argument("this processor has no " + name);
}

}  // namespace mixtura
