// Passes over rows with missing values, for Python.
#include <nanobind/stl/variant.h>

#include "../patterns/order.hpp"
#include "arguments.hpp"
#include "densities.hpp"

namespace mixtura {
namespace {

// What is needed of a mixture beside its density where values are missing.
struct MissingArrays {
  In means, log_widths;

  void check(Size k, Size d) const {
    if (Size(means.size()) != k * d || Size(log_widths.size()) != d)
      throw std::invalid_argument("means or widths have other shapes than the mixture");
  }
  Seen seen(const RowPatterns& patterns) const { return patterns.seen(means.data(), log_widths.data()); }
};

// The E-step: as that of complete rows. None, and nothing is written, if no row lacks a value.
std::optional<std::pair<double, double>> estep(const std::string& level, const AnyRows& rows,
                                               const std::optional<RowWeights>& weight, const DensityArrays& mixture,
                                               const MissingArrays& missing, const SumArrays& to,
                                               const std::vector<Size>& ends, int threads) {
  const Rows data = rows_of(rows, weight);
  const Density density = mixture.density(data.d);
  missing.check(density.k, data.d);
  Sums sums = to.sums(missing.means, density.k, data.d);
  if (sums.kind == Scatter::POOLED || (sums.kind == Scatter::DIAGONAL && density.form != Form::DIAGONAL))
    throw std::invalid_argument("the scatter is full unless the covariances are diagonal");
  const Kernel& kernel = kernel_of(level);
  if (complete(kernel, data)) return std::nullopt;
  Pass pass(data, ends, useful_threads(threads, data.n, density.k, data.d * data.d), &interrupted);
  const auto add = [&](const Rows& part, const Density& of, Sums& partial) {
    const RowPatterns patterns(kernel, part);
    kernel.incomplete_estep(part, missing.seen(patterns), of, partial);
  };
  unlocked([&] { pass.sum(add, density, sums); });
  return std::pair{sums.loglik, sums.assignment_logprob};
}

void predict(const std::string& level, const AnyRows& rows, const DensityArrays& mixture, const MissingArrays& missing,
             Prediction kind, const Results& out, const std::vector<Size>& ends, int threads) {
  const Rows data = rows_of(rows, std::nullopt);
  const Density density = mixture.density(data.d);
  missing.check(density.k, data.d);
  const ResultArrays to(out, kind, data.n, density.k);
  const Kernel& kernel = kernel_of(level);
  const std::vector<Size> begins = beginnings(ends, data.n);
  unlocked([&] {
    parallel_for(ends.size(), useful_threads(threads, data.n, density.k, data.d * data.d), &interrupted,
                 [&](std::size_t c) {
                   const Rows part = part_of(data, begins[c], ends[c]);
                   const RowPatterns patterns(kernel, part);
                   kernel.incomplete_predict(part, missing.seen(patterns), density, kind, to.numbers_from(begins[c]),
                                             to.labels_from(begins[c]));
                 });
  });
}

}  // namespace

void bind_incomplete(nb::module_& m) {
  nb::class_<MissingArrays>(m, "Missing", "Means, and logarithms of the widths of the noise's region.")
      .def(nb::init<In, In>(), "means"_a, "log_widths"_a);
  m.def("incomplete_estep", &estep, "level"_a, "rows"_a, "weight"_a.none(), "mixture"_a, "missing"_a, "to"_a,
        "ends"_a, "threads"_a, "Sums of responsibilities of rows that lack values; None if none does.");
  m.def("incomplete_predict", &predict, "level"_a, "rows"_a, "mixture"_a, "missing"_a, "kind"_a, "out"_a, "ends"_a,
        "threads"_a, "Log-densities, responsibilities or labels of rows that lack values.");
}

}  // namespace mixtura
