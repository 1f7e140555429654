// What Python passes: the instruction set by name, rows, and arrays of float64.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "crew.hpp"
#include "kernel.hpp"

namespace mixtura {

namespace nb = nanobind;

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

using Any = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using In = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;
using Weights = nb::ndarray<const double, nb::ndim<1>, nb::device::cpu>;
using Out = nb::ndarray<double, nb::c_contig, nb::device::cpu>;
using Labels = nb::ndarray<std::int64_t, nb::c_contig, nb::device::cpu>;

// Whether Ctrl-C was pressed; the exception is set.
inline bool interrupted() {
  nb::gil_scoped_acquire hold;
  return PyErr_CheckSignals() != 0;
}

// Work that lets other threads of Python go on.
template <class Work>
void unlocked(Work work) {
  try {
    nb::gil_scoped_release free;
    work();
  } catch (const Interrupted&) {
    throw nb::python_error();
  }
}

inline Rows rows_of(const Any& rows, const std::optional<Weights>& weight) {
  const bool single = rows.dtype() == nb::dtype<float>();
  if (!single && rows.dtype() != nb::dtype<double>()) throw std::invalid_argument("rows are neither float64 nor float32");
  if (weight && weight->shape(0) != rows.shape(0)) throw std::invalid_argument("not one weight for each row");
  return {rows.data(), std::int64_t(rows.shape(0)), std::int64_t(rows.shape(1)), rows.stride(0), rows.stride(1), single,
          weight ? weight->data() : nullptr, weight ? weight->stride(0) : 0};
}

}  // namespace mixtura
