// Passes over rows, for Python: E-step, moments, prediction.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/variant.h>

#include "arguments.hpp"

namespace mixtura {
namespace {

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
             const std::variant<Out, OutIntegers>& out, const std::vector<Size>& ends, int threads) {
  const Rows data = rows_of(rows, std::nullopt);
  const Density density = mixture.density(data.d);
  const Size each = kind == Prediction::RESPONSIBILITIES ? density.k : 1;
  const Out* numbers = std::get_if<Out>(&out);
  const OutIntegers* labels = std::get_if<OutIntegers>(&out);
  if ((kind == Prediction::LABELS) != (labels != nullptr) ||
      Size(labels ? labels->size() : numbers->size()) != data.n * each)
    throw std::invalid_argument("the array for the result has another shape or type than the result");
  const Kernel& kernel = kernel_of(level);
  const std::vector<Size> begins = beginnings(ends, data.n);
  const Size numbers_each = density.form == Form::DIAGONAL ? data.d : data.d * data.d;
  unlocked([&] {
    parallel_for(ends.size(), useful_threads(threads, data.n, density.k, numbers_each), &interrupted,
                 [&](std::size_t c) {
                   const Size first = begins[c];
                   kernel.predict(part_of(data, first, ends[c]), density, kind,
                                  numbers ? numbers->data() + first * each : nullptr,
                                  labels ? labels->data() + first : nullptr);
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
  m.def("exp2", [](const std::string& level, const In& from, const Out& to) {
    kernel_of(level).exp2(from.data(), to.data(), std::int64_t(from.size()));
  });
  m.def("logarithm", [](const std::string& level, const In& from, const Out& to) {
    kernel_of(level).logarithm(from.data(), to.data(), std::int64_t(from.size()));
  });
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
