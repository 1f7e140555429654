// Passes over rows for mixtures with multivariate t components, for Python.
#include <nanobind/stl/variant.h>

#include "arguments.hpp"
#include "densities.hpp"

namespace mixtura {
namespace {

// What t components need beside the density of Gaussian ones.
struct TailArrays {
  In inverse, half, constants, most;

  Tails tails(Size k) const {
    for (const In* each : {&inverse, &half, &constants, &most})
      if (Size(each->size()) != k) throw std::invalid_argument("not one number of each kind for each component");
    return {inverse.data(), half.data(), constants.data(), most.data()};
  }
};

// The E-step: as that of Gaussian components, with means and scatter weighted by the scales, whose sums `scales` gets.
std::pair<double, double> estep(const std::string& level, const AnyRows& rows, const std::optional<RowWeights>& weight,
                                const DensityArrays& mixture, const TailArrays& of, const In& centres,
                                const SumArrays& to, const Out& scales, const std::vector<Size>& ends, int threads) {
  const Rows data = rows_of(rows, weight);
  const Density density = mixture.density(data.d);
  const Tails tails = of.tails(density.k);
  Sums sums = to.sums(centres, density.k, data.d);
  if (Size(scales.size()) != 2 * density.k) throw std::invalid_argument("not two sums of scales for each component");
  sums.scales = scales.data();
  const Kernel& kernel = kernel_of(level);
  const Size each = sums.kind == Scatter::DIAGONAL ? data.d : data.d * data.d;
  Pass pass(data, ends, useful_threads(threads, data.n, density.k, each), &interrupted);
  const auto add = [&](const Rows& part, const Density& maps, Sums& partial) {
    kernel.t_estep(part, maps, tails, partial);
  };
  unlocked([&] { pass.sum(add, density, sums); });
  return {sums.loglik, sums.assignment_logprob};
}

void predict(const std::string& level, const AnyRows& rows, const DensityArrays& mixture, const TailArrays& of,
             Prediction kind, const Results& out, const std::vector<Size>& ends, int threads) {
  const Rows data = rows_of(rows, std::nullopt);
  const Density density = mixture.density(data.d);
  const Tails tails = of.tails(density.k);
  const ResultArrays to(out, kind, data.n, density.k);
  const Kernel& kernel = kernel_of(level);
  const std::vector<Size> begins = beginnings(ends, data.n);
  const Size numbers_each = density.form == Form::DIAGONAL ? data.d : data.d * data.d;
  unlocked([&] {
    parallel_for(ends.size(), useful_threads(threads, data.n, density.k, numbers_each), &interrupted,
                 [&](std::size_t c) {
                   const Size first = begins[c];
                   kernel.t_predict(part_of(data, first, ends[c]), density, tails, kind, to.numbers_from(first),
                                    to.labels_from(first));
                 });
  });
}

}  // namespace

void bind_student(nb::module_& m) {
  nb::class_<TailArrays>(m, "Tails", "What log-densities and scales of t components are computed from.")
      .def(nb::init<In, In, In, In>(), "inverse"_a, "half"_a, "constants"_a, "most"_a);
  m.def("t_estep", &estep, "level"_a, "rows"_a, "weight"_a.none(), "mixture"_a, "tails"_a, "centres"_a, "to"_a,
        "scales"_a, "ends"_a, "threads"_a, "Sums of responsibilities and scales; returns as estep does.");
  m.def("t_predict", &predict, "level"_a, "rows"_a, "mixture"_a, "tails"_a, "kind"_a, "out"_a, "ends"_a, "threads"_a,
        "Log-densities, responsibilities or labels of all rows.");
}

}  // namespace mixtura
