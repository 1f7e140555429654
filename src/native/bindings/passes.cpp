// Passes over rows, for Python: E-step, moments, prediction.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/variant.h>

#include "arguments.hpp"
#include "densities.hpp"

namespace mixtura {
namespace {

// The E-step: returns log-likelihood and log-probability of the assignment, and writes the sums.
std::pair<double, double> estep(const std::string& level, const AnyRows& rows, const std::optional<RowWeights>& weight,
                                const DensityArrays& mixture, const In& centres, const SumArrays& to,
                                const std::vector<Size>& ends, int threads) {
  const Rows data = rows_of(rows, weight);
  const Density density = mixture.density(data.d);
  Sums sums = to.sums(centres, density.k, data.d);
  const Kernel& kernel = kernel_of(level);
  const Size each = sums.kind == Scatter::DIAGONAL ? data.d : data.d * data.d;
  Pass pass(data, ends, useful_threads(threads, data.n, density.k, each), &interrupted);
  unlocked([&] { pass.sum(kernel.estep, density, sums); });
  return {sums.loglik, sums.assignment_logprob};
}

void moments(const std::string& level, const AnyRows& rows, const std::optional<RowWeights>& weight, const In& shift,
             const SumArrays& to, const std::vector<Size>& ends, int threads) {
  const Rows data = rows_of(rows, weight);
  Sums sums = to.sums(shift, 1, data.d);
  if (sums.kind != Scatter::DIAGONAL) throw std::invalid_argument("the array for the squares has another shape");
  const Density density{1, Form::DIAGONAL, shift.data(), nullptr, nullptr, nullptr, 1};
  const Kernel& kernel = kernel_of(level);
  Pass pass(data, ends, useful_threads(threads, data.n, 1, data.d), &interrupted);
  unlocked([&] { pass.sum(kernel.moments, density, sums); });
}

void predict(const std::string& level, const AnyRows& rows, const DensityArrays& mixture, Prediction kind,
             const Results& out, const std::vector<Size>& ends, int threads) {
  const Rows data = rows_of(rows, std::nullopt);
  const Density density = mixture.density(data.d);
  const ResultArrays to(out, kind, data.n, density.k);
  const Kernel& kernel = kernel_of(level);
  const std::vector<Size> begins = beginnings(ends, data.n);
  const Size numbers_each = density.form == Form::DIAGONAL ? data.d : data.d * data.d;
  unlocked([&] {
    parallel_for(ends.size(), useful_threads(threads, data.n, density.k, numbers_each), &interrupted,
                 [&](std::size_t c) {
                   const Size first = begins[c];
                   kernel.predict(part_of(data, first, ends[c]), density, kind, to.numbers_from(first),
                                  to.labels_from(first));
                 });
  });
}

void bind_enums(nb::module_& m) {
  nb::enum_<Form>(m, "Form", "Whitening factors: a triangle for each component, one for all, or diagonals.")
      .value("DENSE", Form::DENSE)
      .value("SHARED", Form::SHARED)
      .value("DIAGONAL", Form::DIAGONAL);
  nb::enum_<Prediction>(m, "Prediction", "What is predicted of each row.")
      .value("LOG_DENSITY", Prediction::LOG_DENSITY)
      .value("RESPONSIBILITIES", Prediction::RESPONSIBILITIES)
      .value("LABELS", Prediction::LABELS);
}

void bind_elementary_functions(nb::module_& m) {
  const auto bind = [&](const char* name, auto function) {
    m.def(name, [function](const std::string& level, const In& from, const Out& to) {
      (kernel_of(level).*function)(from.data(), to.data(), std::int64_t(from.size()));
    });
  };
  bind("exp2", &Kernel::exp2);
  bind("logarithm", &Kernel::logarithm);
  bind("log2_1p", &Kernel::log2_1p);
}

}  // namespace

void bind_passes(nb::module_& m) {
  m.def("levels", [] {
    std::vector<std::string> names;
    for (const Level& level : available()) names.emplace_back(level.name);
    return names;
  });
  bind_enums(m);
  bind_elementary_functions(m);
  nb::class_<DensityArrays>(m, "Density", "log w_j N(x | m_j, S_j) = c_j - |(x - shift) U_j - b_j|^2 / 2.")
      .def(nb::init<Form, In, In, In, In, double>(), "form"_a, "shift"_a, "constants"_a, "factors"_a, "offsets"_a,
           "inflation"_a);
  nb::class_<SumArrays>(m, "Sums", "Arrays that sums over rows are written to.")
      .def(nb::init<Out, Out, Out>(), "weight"_a, "mean"_a, "scatter"_a);
  m.def("estep", &estep, "level"_a, "rows"_a, "weight"_a.none(), "mixture"_a, "centres"_a, "to"_a, "ends"_a,
        "threads"_a, "Sums of responsibilities; returns log-likelihood and log-probability of the assignment.");
  m.def("moments", &moments, "level"_a, "rows"_a, "weight"_a.none(), "shift"_a, "to"_a, "ends"_a, "threads"_a,
        "Weight, mean and squares of all rows.");
  m.def("predict", &predict, "level"_a, "rows"_a, "mixture"_a, "kind"_a, "out"_a, "ends"_a, "threads"_a,
        "Log-densities, responsibilities or labels of all rows.");
}

}  // namespace mixtura
