// Types of the arguments that Python passes: rows and weights as they lie in memory, and arrays of float64.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>

#include "../kernel/levels.hpp"
#include "../threads/pass.hpp"

namespace mixtura {

namespace nb = nanobind;
using namespace nb::literals;

using AnyRows = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using RowWeights = nb::ndarray<const double, nb::ndim<1>, nb::device::cpu>;
using In = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;
using Out = nb::ndarray<double, nb::c_contig, nb::device::cpu>;
using OutIntegers = nb::ndarray<std::int64_t, nb::c_contig, nb::device::cpu>;

// Whether Ctrl-C was pressed; then Python's exception is set.
inline bool interrupted() {
  nb::gil_scoped_acquire hold;
  return PyErr_CheckSignals() != 0;
}

// Call `work` without Python's lock, so that other threads of Python go on.
template <class Work> void unlocked(Work work) {
  try {
    nb::gil_scoped_release free;
    work();
  } catch (const Interrupted&) {
    throw nb::python_error();
  }
}

inline Rows rows_of(const AnyRows& rows, const std::optional<RowWeights>& weight) {
  const bool single = rows.dtype() == nb::dtype<float>();
  if (!single && rows.dtype() != nb::dtype<double>())
    throw std::invalid_argument("rows are neither float64 nor float32");
  if (weight && weight->shape(0) != rows.shape(0)) throw std::invalid_argument("not one weight for each row");
  return {rows.data(),
          std::int64_t(rows.shape(0)),
          std::int64_t(rows.shape(1)),
          rows.stride(0),
          rows.stride(1),
          single,
          weight ? weight->data() : nullptr,
          weight ? weight->stride(0) : 0};
}

// Each file of this folder registers its functions and classes with the module.
void bind_passes(nb::module_& m);
void bind_incomplete(nb::module_& m);
void bind_student(nb::module_& m);
void bind_runs(nb::module_& m);
void bind_agglomeration(nb::module_& m);
void bind_row_errors(nb::module_& m);

}  // namespace mixtura
