// Agglomeration, for Python.
#include "../agglomeration/agglomeration.hpp"

#include "arguments.hpp"

namespace mixtura {
namespace {

void agglomerate_arrays(const In& rows, const In& weight, Criterion criterion, double alpha, const OutIntegers& merges,
                        const Out& heights) {
  const std::int64_t n = rows.shape(0), d = rows.shape(1);
  if (rows.ndim() != 2 || n < 1 || std::int64_t(weight.size()) != n || std::int64_t(merges.size()) != 2 * (n - 1) ||
      std::int64_t(heights.size()) != n - 1)
    throw std::invalid_argument("the arrays for the merges have other shapes than the rows");
  const WeightedRows given{n, d, rows.data(), weight.data()};
  InterruptCheck check(&interrupted);
  unlocked([&] { agglomerate(given, criterion, alpha, merges.data(), heights.data(), check); });
}

}  // namespace

void bind_agglomeration(nb::module_& m) {
  nb::enum_<Criterion>(m, "Criterion", "The covariance model whose classification likelihood a merge changes.")
      .value("EII", Criterion::EII)
      .value("VII", Criterion::VII)
      .value("EEE", Criterion::EEE)
      .value("VVV", Criterion::VVV);
  m.def("agglomerate", &agglomerate_arrays, "rows"_a, "weight"_a, "criterion"_a, "alpha"_a, "merges"_a, "heights"_a,
        "Merge two clusters, again and again; writes which, (n - 1, 2), and what each merge adds, (n - 1,).");
}

}  // namespace mixtura
