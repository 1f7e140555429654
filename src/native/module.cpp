// The Python module mixtura._native: which instruction sets there are, and the kernel's passes.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "arguments.hpp"
#include "hierarchical.hpp"
#include "kernel.hpp"
#include "race.hpp"

namespace nb = nanobind;

namespace mixtura {

namespace {

struct Affine {
  In shift, constants, factors, offsets;
  int form;
  double inflation;
  Density density(std::int64_t d) const {
    const std::size_t k = constants.size(), each = form == int(Form::DIAGONAL) ? d : d * d;
    const std::size_t factor_count = (form == int(Form::SHARED) ? 1 : k) * each;
    if (std::int64_t(shift.size()) != d || offsets.size() != k * d || factors.size() != factor_count)
      throw std::invalid_argument("rows and mixture have different shapes");
    return {std::int64_t(k), Form(form), shift.data(), constants.data(), factors.data(), offsets.data(), inflation};
  }
};

std::pair<double, double> estep(const std::string& level, const Any& rows, const std::optional<Weights>& weight,
                                const Affine& affine, const In& centres, const Out& total, const Out& mean,
                                const Out& scatter, const std::vector<Size>& ends, int threads) {
  const Rows data = rows_of(rows, weight);
  const Density density = affine.density(data.d);
  const std::size_t k = density.k, d = data.d, matrices = scatter.ndim() == 3 ? scatter.shape(0) : 0;
  const Scatter kind = !matrices ? Scatter::DIAGONAL : matrices == k ? Scatter::FULL : Scatter::POOLED;
  Sums sums{centres.data(), kind, total.data(), mean.data(), scatter.data(), 0, 0};
  if (total.size() != k || mean.size() != k * d || centres.size() != k * d ||
      scatter.size() != (kind == Scatter::DIAGONAL ? k * d : kind == Scatter::FULL ? k * d * d : d * d))
    throw std::invalid_argument("the arrays for the sums have other shapes than the mixture");
  const Kernel& kernel = kernel_of(level);
  Crew crew(data, ends, helpful(threads, data.n, density.k, kind == Scatter::DIAGONAL ? d : d * d), &interrupted);
  unlocked([&] { crew.sum(kernel.estep, density, sums); });
  return {sums.loglik, sums.certainty};
}

void moments(const std::string& level, const Any& rows, const std::optional<Weights>& weight, const In& shift,
             const Out& total, const Out& mean, const Out& scatter, const std::vector<Size>& ends, int threads) {
  const Rows data = rows_of(rows, weight);
  const std::size_t d = data.d;
  if (shift.size() != d || total.size() != 1 || mean.size() != d || scatter.size() != d)
    throw std::invalid_argument("the arrays for the sums have other shapes than the rows");
  const Density density{1, Form::DIAGONAL, shift.data(), nullptr, nullptr, nullptr, 1};
  Sums sums{shift.data(), Scatter::DIAGONAL, total.data(), mean.data(), scatter.data(), 0, 0};
  const Kernel& kernel = kernel_of(level);
  Crew crew(data, ends, helpful(threads, data.n, 1, d), &interrupted);
  unlocked([&] { crew.sum(kernel.moments, density, sums); });
}

void predict(const std::string& level, const Any& rows, const Affine& affine, int wanted, const std::optional<Out>& out,
             const std::optional<Labels>& labels, const std::vector<Size>& ends, int threads) {
  const Rows data = rows_of(rows, std::nullopt);
  const Density density = affine.density(data.d);
  const Wanted kind = Wanted(wanted);
  const std::size_t values = data.n * (kind == Wanted::POSTERIOR ? density.k : 1);
  if ((kind == Wanted::LABELS ? (labels ? labels->size() : 0) : (out ? out->size() : 0)) != values)
    throw std::invalid_argument("the array for the result has another shape than the rows");
  const Kernel& kernel = kernel_of(level);
  const std::vector<Size> begins = beginnings(ends, data.n);
  const int several = helpful(threads, data.n, density.k, density.form == Form::DIAGONAL ? data.d : data.d * data.d);
  const Size each = kind == Wanted::POSTERIOR ? density.k : 1;
  unlocked([&] {
    share_out(ends.size(), several, &interrupted, [&](std::size_t c) {
      const Size first = begins[c];
      kernel.predict(part_of(data, first, ends[c]), density, kind, out ? out->data() + first * each : nullptr,
                     labels ? labels->data() + first : nullptr);
    });
  });
}

void hierarchical(const In& rows, const In& weight, int criterion, double alpha, const Labels& merges, const Out& heights) {
  const std::int64_t n = rows.shape(0), d = rows.shape(1);
  if (rows.ndim() != 2 || n < 1 || std::int64_t(weight.size()) != n || std::int64_t(merges.size()) != 2 * (n - 1) ||
      std::int64_t(heights.size()) != n - 1)
    throw std::invalid_argument("the arrays for the merges have other shapes than the rows");
  const Points points{n, d, rows.data(), weight.data(), alpha};
  bool done;
  {
    nb::gil_scoped_release free;
    done = agglomerate(points, Criterion(criterion), merges.data(), heights.data(), &interrupted);
  }
  if (!done) throw nb::python_error();
}

}  // namespace
}  // namespace mixtura

NB_MODULE(_native, m) {
  using namespace mixtura;
  m.def("levels", [] {
    std::vector<std::string> names;
    for (const Level& level : available()) names.emplace_back(level.name);
    return names;
  });
  nb::class_<Affine>(m, "Affine")
      .def("__init__", [](Affine* self, In shift, In constants, In factors, In offsets, int form, double inflation) {
        new (self) Affine{std::move(shift), std::move(constants), std::move(factors), std::move(offsets), form, inflation};
      });
  m.def("estep", &estep, nb::arg("level"), nb::arg("rows"), nb::arg("weight").none(), nb::arg("affine"),
        nb::arg("centres"), nb::arg("total"), nb::arg("mean"), nb::arg("scatter"), nb::arg("ends"), nb::arg("threads"));
  m.def("moments", &moments, nb::arg("level"), nb::arg("rows"), nb::arg("weight").none(), nb::arg("shift"),
        nb::arg("total"), nb::arg("mean"), nb::arg("scatter"), nb::arg("ends"), nb::arg("threads"));
  m.def("predict", &predict, nb::arg("level"), nb::arg("rows"), nb::arg("affine"), nb::arg("wanted"),
        nb::arg("out").none(), nb::arg("labels").none(), nb::arg("ends"), nb::arg("threads"));
  def_race(m);
  m.def("exp2", [](const std::string& level, const In& from, const Out& to) {
    kernel_of(level).exp2(from.data(), to.data(), std::int64_t(from.size()));
  });
  m.def("logarithm", [](const std::string& level, const In& from, const Out& to) {
    kernel_of(level).logarithm(from.data(), to.data(), std::int64_t(from.size()));
  });
  m.def("hierarchical", &hierarchical, nb::arg("rows"), nb::arg("weight"), nb::arg("criterion"), nb::arg("alpha"),
        nb::arg("merges"), nb::arg("heights"));
}
