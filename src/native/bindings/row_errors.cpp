// Passes over rows with errors of measurement, for Python.
#include "../kernel/row_errors.hpp"

#include "arguments.hpp"

namespace mixtura {

#define MIXTURA_DECLARE(level)                   \
  namespace level {                              \
  extern const RowErrorKernel ROW_ERROR_KERNEL;  \
  }
#if defined(__x86_64__)
MIXTURA_DECLARE(x86_64_v2)
MIXTURA_DECLARE(avx2)
MIXTURA_DECLARE(avx512)
#else
MIXTURA_DECLARE(plain)
#endif
#undef MIXTURA_DECLARE

const RowErrorKernel& row_error_kernel_of(const std::string& level) {
  kernel_of(level);  // throws where this processor does not have it
#if defined(__x86_64__)
  return level == "avx512" ? avx512::ROW_ERROR_KERNEL
         : level == "avx2" ? avx2::ROW_ERROR_KERNEL
                           : x86_64_v2::ROW_ERROR_KERNEL;
#else
  return plain::ROW_ERROR_KERNEL;
#endif
}

namespace {

using Numbers64 = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// The components of a mixture, in the caller's arrays; the number of dimensions tells what covariances are.
struct TrueValueArrays {
  In log_weights, means, covariances, uniform, log_widths;

  TrueValues values(std::size_t d) const {
    const std::size_t k = log_weights.size();
    const bool diagonal = covariances.ndim() == 2;
    if (means.size() != k * d || covariances.size() != k * d * (diagonal ? 1 : d) || log_widths.size() != d ||
        uniform.size() > 1)
      throw std::invalid_argument("rows and mixture have different shapes");
    return {std::int64_t(k),    diagonal,
            log_weights.data(), means.data(),
            covariances.data(), uniform.size() ? uniform.data() : nullptr,
            log_widths.data()};
  }
};

RowErrors errors_of(const Rows& rows, const In& covariances, const Numbers64& numbers) {
  const std::size_t d = std::size_t(rows.d), each = covariances.ndim() == 2 ? d : d * d;
  if (std::int64_t(numbers.size()) != rows.n || !covariances.size() || covariances.size() % each)
    throw std::invalid_argument("rows and errors have different shapes");
  const std::int64_t count = std::int64_t(covariances.size() / each);
  for (std::size_t n = 0; n < numbers.size(); ++n)
    if (numbers.data()[n] < 0 || numbers.data()[n] >= count)
      throw std::invalid_argument("a row has a covariance that is not there");
  return {covariances.data(), covariances.ndim() == 2, numbers.data()};
}

std::pair<double, double> row_sums(const std::string& level, const AnyRows& rows,
                                   const std::optional<RowWeights>& weight, const In& covariances,
                                   const Numbers64& numbers, const TrueValueArrays& mixture, const Out& total,
                                   const Out& first, const Out& second) {
  const Rows data = rows_of(rows, weight);
  const TrueValues values = mixture.values(std::size_t(data.d));
  const RowErrors errors = errors_of(data, covariances, numbers);
  const std::size_t k = std::size_t(values.k), d = std::size_t(data.d);
  const std::size_t each = values.diagonal && errors.diagonal ? d : d * d;
  if (total.size() != k + mixture.uniform.size() || first.size() != k * d || second.size() != k * each)
    throw std::invalid_argument("the arrays for the sums have other shapes than rows and mixture");
  RowSums sums{total.data(), first.data(), second.data(), 0, 0};
  unlocked([&] { row_error_kernel_of(level).sums(data, errors, values, sums); });
  return {sums.loglik, sums.assignment_logprob};
}

void row_log_joint(const std::string& level, const AnyRows& rows, const In& covariances, const Numbers64& numbers,
                   const TrueValueArrays& mixture, const Out& out) {
  const Rows data = rows_of(rows, std::nullopt);
  const TrueValues values = mixture.values(std::size_t(data.d));
  const RowErrors errors = errors_of(data, covariances, numbers);
  if (out.size() != std::size_t(data.n) * (std::size_t(values.k) + mixture.uniform.size()))
    throw std::invalid_argument("the array for the result has another shape than the result");
  unlocked([&] { row_error_kernel_of(level).log_joint(data, errors, values, out.data()); });
}

}  // namespace

void bind_row_errors(nb::module_& m) {
  nb::class_<TrueValueArrays>(m, "TrueValues", "Distribution of the true values of rows with errors.")
      .def(nb::init<In, In, In, In, In>(), "log_weights"_a, "means"_a, "covariances"_a, "uniform"_a, "log_widths"_a);
  m.def("row_sums", &row_sums, "level"_a, "rows"_a, "weight"_a.none(), "covariances"_a, "numbers"_a, "mixture"_a,
        "total"_a, "first"_a, "second"_a, "Sums over rows with errors; returns their log-likelihood and another sum.");
  m.def("row_log_joint", &row_log_joint, "level"_a, "rows"_a, "covariances"_a, "numbers"_a, "mixture"_a, "out"_a,
        "Weighted log-densities of the components at rows with errors.");
}

}  // namespace mixtura
