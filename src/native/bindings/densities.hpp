// A mixture's density, sums over rows and predictions, in arrays of Python.
#pragma once
#include <nanobind/stl/variant.h>

#include "arguments.hpp"

namespace mixtura {

// A mixture's density, in the caller's arrays.
struct DensityArrays {
  Form form;
  In shift, constants, factors, offsets;
  double inflation;

  Density density(std::int64_t d) const {
    const std::size_t k = constants.size(), each = form == Form::DIAGONAL ? d : d * d;
    const std::size_t factor_count = (form == Form::SHARED ? 1 : k) * each;
    if (std::int64_t(shift.size()) != d || offsets.size() != k * d || factors.size() != factor_count)
      throw std::invalid_argument("rows and mixture have different shapes");
    return {std::int64_t(k), form, shift.data(), constants.data(), factors.data(), offsets.data(), inflation};
  }
};

// Where sums over rows are written.
struct SumArrays {
  Out weight, mean, scatter;

  // The array's shape tells the kind of scatter. Deviations are from `centres` (k, d).
  Sums sums(const In& centres, std::size_t k, std::size_t d) const {
    const std::size_t matrices = scatter.ndim() == 3 ? scatter.shape(0) : 0;
    const Scatter kind = !matrices ? Scatter::DIAGONAL : matrices == k ? Scatter::FULL : Scatter::POOLED;
    const std::size_t size = kind == Scatter::DIAGONAL ? k * d : kind == Scatter::FULL ? k * d * d : d * d;
    if (weight.size() != k || mean.size() != k * d || centres.size() != k * d || scatter.size() != size)
      throw std::invalid_argument("the arrays for the sums have other shapes than rows and mixture");
    return {centres.data(), kind, weight.data(), mean.data(), scatter.data(), 0, 0};
  }
};

// Where predictions are written.
using Results = std::variant<Out, OutIntegers>;

class ResultArrays {
 public:
  ResultArrays(const Results& out, Prediction kind, Size n, Size k)
      : each_(kind == Prediction::RESPONSIBILITIES ? k : 1) {
    const Out* numbers = std::get_if<Out>(&out);
    const OutIntegers* labels = std::get_if<OutIntegers>(&out);
    if ((kind == Prediction::LABELS) != (labels != nullptr) ||
        Size(labels ? labels->size() : numbers->size()) != n * each_)
      throw std::invalid_argument("the array for the result has another shape or type than the result");
    if (labels)
      labels_ = labels->data();
    else
      numbers_ = numbers->data();
  }
  double* numbers_from(Size row) const { return numbers_ ? numbers_ + row * each_ : nullptr; }
  std::int64_t* labels_from(Size row) const { return labels_ ? labels_ + row : nullptr; }

 private:
  const Size each_;
  double* numbers_ = nullptr;
  std::int64_t* labels_ = nullptr;
};

}  // namespace mixtura
