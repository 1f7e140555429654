// Runs of EM that C++ keeps between calls, for Python.
#include "../em/run.hpp"

#include "arguments.hpp"

namespace mixtura {
namespace {

// A conjugate prior, in the caller's arrays.
struct PriorArrays {
  double shrinkage, count;
  In mean, root;
};

// What EM is run on, in the caller's arrays, which it keeps alive.
struct ProblemArrays {
  const Kernel* kernel;
  AnyRows rows;
  std::optional<RowWeights> weight;
  CovarianceModel model;
  In floor;
  double ridge;
  std::optional<PriorArrays> prior;

  Problem problem() const {
    const Rows data = rows_of(rows, weight);
    if (Size(floor.size()) != data.d) throw std::invalid_argument("the floor has another dimension than the rows");
    Problem made{kernel, data, model, floor.data(), ridge, {}};
    if (!prior) return made;
    if (Size(prior->mean.size()) != data.d || Size(prior->root.size()) != data.d * data.d)
      throw std::invalid_argument("the prior has another dimension than the rows");
    made.prior = {prior->shrinkage, prior->count, prior->mean.data(), prior->root.data()};
    return made;
  }
};

// Statistics of several starts, one after the other.
struct StartArrays {
  In weight, mean, scatter;  // (runs, k), (runs, k, d), (runs, ...)

  void check(const Problem& problem) const {
    const std::size_t n = weight.ndim() == 2 ? weight.shape(0) : 0, d = std::size_t(problem.rows.d);
    const std::size_t k = n ? weight.shape(1) : 0;
    const std::size_t size = std::size_t(Layout::of_scatter(problem.model, Size(k), Size(d)).size());
    if (!n || !k || mean.size() != n * k * d || scatter.size() != n * size)
      throw std::invalid_argument("the arrays of the starts do not have the shapes of the model");
  }
  std::size_t count() const { return weight.shape(0); }
  Statistics stats(std::size_t number) const {
    return {part(weight, number), part(mean, number), part(scatter, number)};
  }

 private:
  Numbers part(const In& all, std::size_t number) const {
    const std::size_t size = all.size() / count();
    return Numbers(all.data() + number * size, all.data() + (number + 1) * size);
  }
};

// A copy of where a run stands, which stays as it is when the run goes on. Of a run that never had a mixture the
// parameters are NaN.
struct Snapshot {
  Iterate at;
  Layout scatter, covariances;
};

// By what runs are compared.
struct Standing {
  bool ended, collapsed, any_at_floor, has_mixture;
  Size n_components;
  double least_weight, loglik;

  explicit Standing(const Run& run)
      : ended(run.ended()), collapsed(run.ending == Ending::COLLAPSED), any_at_floor(run.at.any_at_floor()),
        has_mixture(!run.trace.empty()), n_components(Size(run.at.stats.weight.size())),
        least_weight(run.at.stats.least_weight()), loglik(run.at.loglik) {}
};

class Runs {
 public:
  // Where log-likelihoods are given, the starts are E-steps from which the runs go on.
  Runs(ProblemArrays problem, EmOptions options, const StartArrays& starts,
       const std::optional<std::vector<double>>& logliks, std::vector<Size> ends, int threads)
      : arrays_(std::move(problem)), problem_(arrays_.problem()), options_(options), ends_(std::move(ends)),
        threads_(threads) {
    starts.check(problem_);
    if (logliks && logliks->size() != starts.count())
      throw std::invalid_argument("not one log-likelihood for each start: the shapes differ");
    runs_.resize(starts.count());
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      Iterate& at = runs_[i].at;
      at.stats = starts.stats(i);
      at.at_floor.assign(at.stats.weight.size(), 0);
      if (!logliks) continue;
      at.loglik = (*logliks)[i];
      runs_[i].trace.assign(1, at.loglik);
    }
  }

  std::size_t size() const { return runs_.size(); }

  Run& operator[](Size number) {
    if (number < 0 || number >= Size(runs_.size())) throw nb::index_error("there is no such run");
    return runs_[std::size_t(number)];
  }

  // Calls for different runs may be made at the same time, by several threads.
  void advance(const std::vector<Size>& numbers, Size max_iter) {
    std::vector<Run*> chosen;
    for (Size number : numbers) chosen.push_back(&(*this)[number]);
    const Size k = Size(runs_.front().at.stats.weight.size()), d = problem_.rows.d;
    const Size each = problem_.model.diagonal() ? d : d * d;
    Pass pass(problem_.rows, ends_, useful_threads(threads_, problem_.rows.n, k, each), &interrupted);
    InterruptCheck check(&interrupted);
    const Iteration iteration(options_, problem_, pass, check);
    unlocked([&] {
      for (Run* run : chosen) iteration.advance(*run, max_iter);
    });
  }

  std::vector<Standing> standings(const std::vector<Size>& numbers) {
    std::vector<Standing> found;
    for (Size number : numbers) found.emplace_back((*this)[number]);
    return found;
  }

  std::vector<Size> unfinished(const std::vector<Size>& numbers) {
    std::vector<Size> found;
    for (Size number : numbers)
      if (!(*this)[number].ended()) found.push_back(number);
    return found;
  }

  Snapshot snapshot(Size number) {
    const Run& run = (*this)[number];
    const Size k = Size(run.at.stats.weight.size()), d = problem_.rows.d;
    Snapshot copy{run.at, Layout::of_scatter(problem_.model, k, d), Layout::of_covariances(problem_.model, k, d)};
    if (!run.at.weights.empty()) return copy;
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    copy.at.weights.assign(k, unknown), copy.at.means.assign(k * d, unknown);
    copy.at.covariances.assign(copy.covariances.size(), unknown);
    return copy;
  }

 private:
  const ProblemArrays arrays_;
  const Problem problem_;
  const EmOptions options_;
  const std::vector<Size> ends_;
  const int threads_;
  std::vector<Run> runs_;
};

using Array = nb::ndarray<nb::numpy, double>;
using Booleans = nb::ndarray<nb::numpy, bool>;

// (k, d, d), (k, d), or (1, d, d) where all components share one matrix.
Array as_array(Numbers& numbers, const Layout& layout) {
  const std::size_t k = std::size_t(layout.k), d = std::size_t(layout.d);
  if (layout.diagonal) return Array(numbers.data(), {k, d});
  return Array(numbers.data(), {layout.shared ? 1 : k, d, d});
}

// Ending, trace, whether any covariance is at the floor, least weight, passes, and a copy of the iterate.
nb::tuple result_of(Runs& runs, Size number) {
  const Run& run = runs[number];
  nb::tuple trace = nb::steal<nb::tuple>(PyTuple_New(Py_ssize_t(run.trace.size())));
  for (std::size_t i = 0; i < run.trace.size(); ++i)
    PyTuple_SET_ITEM(trace.ptr(), Py_ssize_t(i), PyFloat_FromDouble(run.trace[i]));
  return nb::make_tuple(run.ending, trace, run.at.any_at_floor(), run.at.stats.least_weight(), run.passes,
                        runs.snapshot(number));
}

void bind_models(nb::module_& m) {
  nb::enum_<Letter>(m, "Letter", "What volume, shape or axes are: the identity, equal, or each component's own.")
      .value("I", Letter::I)
      .value("E", Letter::E)
      .value("V", Letter::V);
  nb::class_<CovarianceModel>(m, "CovarianceModel", "How volume, shape and axes of the covariances vary.")
      .def(nb::init<Letter, Letter, Letter>(), "volume"_a, "shape"_a, "axes"_a);
  nb::class_<PriorArrays>(m, "Prior", "A conjugate prior of means and covariances.")
      .def(nb::init<double, double, In, In>(), "shrinkage"_a, "count"_a, "mean"_a, "root"_a);
}

void bind_parameters(nb::module_& m) {
  nb::class_<ProblemArrays>(m, "Problem", "Rows, and what is fitted to them.")
      .def(
          "__init__",
          [](ProblemArrays* self, const std::string& level, AnyRows rows, std::optional<RowWeights> weight,
             CovarianceModel model, In floor, double ridge, std::optional<PriorArrays> prior) {
            new (self) ProblemArrays{&kernel_of(level), rows, weight, model, floor, ridge, prior};
          },
          nb::kw_only(), "level"_a, "rows"_a, "weight"_a.none(), "model"_a, "floor"_a, "ridge"_a, "prior"_a.none());
  nb::class_<EmOptions>(m, "EmOptions", "When a run ends, and when it is accelerated.")
      .def(nb::init<double, double, Size, Size>(), nb::kw_only(), "tol"_a, "rows_per_weight"_a, "least_points"_a,
           "accelerate_after"_a);
  nb::class_<StartArrays>(m, "Starts", "Statistics of several starts, one after the other.")
      .def(nb::init<In, In, In>(), "weight"_a, "mean"_a, "scatter"_a);
}

void bind_run(nb::module_& m) {
  nb::enum_<Ending>(m, "Ending", "How a run ended; OUT_OF_STEPS if it has not.")
      .value("CONVERGED", Ending::CONVERGED)
      .value("OUT_OF_STEPS", Ending::OUT_OF_STEPS)
      .value("COLLAPSED", Ending::COLLAPSED)
      .value("FELL", Ending::FELL);
  nb::class_<Standing>(m, "Standing", "How good a run is, and whether it has ended.")
      .def_ro("ended", &Standing::ended)
      .def_ro("collapsed", &Standing::collapsed)
      .def_ro("any_at_floor", &Standing::any_at_floor)
      .def_ro("has_mixture", &Standing::has_mixture)
      .def_ro("n_components", &Standing::n_components)
      .def_ro("least_weight", &Standing::least_weight)
      .def_ro("loglik", &Standing::loglik);
}

void bind_snapshot(nb::module_& m) {
  const auto vector = [](Numbers& numbers) { return Array(numbers.data(), {numbers.size()}); };
  const auto rows = [](Numbers& numbers, const Layout& layout) {
    return Array(numbers.data(), {std::size_t(layout.k), std::size_t(layout.d)});
  };
  constexpr auto owned = nb::rv_policy::reference_internal;
  nb::class_<Snapshot>(m, "Iterate", "A mixture, and the statistics of the E-step there.")
      .def_prop_ro("certainty", [](const Snapshot& s) { return s.at.certainty; })
      .def_prop_ro("weight", [=](Snapshot& s) { return vector(s.at.stats.weight); }, owned)
      .def_prop_ro("mean", [=](Snapshot& s) { return rows(s.at.stats.mean, s.scatter); }, owned)
      .def_prop_ro("scatter", [](Snapshot& s) { return as_array(s.at.stats.scatter, s.scatter); }, owned)
      .def_prop_ro("weights", [=](Snapshot& s) { return vector(s.at.weights); }, owned)
      .def_prop_ro("means", [=](Snapshot& s) { return rows(s.at.means, s.scatter); }, owned)
      .def_prop_ro("covariances", [](Snapshot& s) { return as_array(s.at.covariances, s.covariances); }, owned)
      .def_prop_ro(
          "at_floor",
          [](Snapshot& s) { return Booleans(reinterpret_cast<bool*>(s.at.at_floor.data()), {s.at.at_floor.size()}); },
          owned);
}

}  // namespace

void bind_runs(nb::module_& m) {
  bind_models(m);
  bind_parameters(m);
  bind_run(m);
  bind_snapshot(m);
  nb::class_<Runs>(m, "Runs", "Runs of EM of one problem, from several starts.")
      .def(nb::init<ProblemArrays, EmOptions, const StartArrays&, const std::optional<std::vector<double>>&,
                    std::vector<Size>, int>(),
           nb::kw_only(), "problem"_a, "options"_a, "starts"_a, "logliks"_a.none(), "ends"_a, "threads"_a)
      .def("__len__", &Runs::size)
      .def("standings", &Runs::standings, "numbers"_a, "Where some of the runs stand now.")
      .def("unfinished", &Runs::unfinished, "numbers"_a, "Those of some runs that have not ended.")
      .def(
          "weights", [](Runs& runs, Size number) { return runs[number].at.weights; }, "number"_a,
          "Weights of a run's mixture.")
      .def("advance", &Runs::advance, "numbers"_a, "max_iter"_a,
           "Continue runs until so many iterations are done since the first mixture, or they end.")
      .def("result", &result_of, "number"_a,
           "Copies of ending, trace, whether a covariance is at the floor, least weight, passes, and iterate.");
}

}  // namespace mixtura
