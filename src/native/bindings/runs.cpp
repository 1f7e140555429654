// Runs of EM that C++ keeps between calls, for Python.
#include "../em/run.hpp"

#include "arguments.hpp"

namespace mixtura {
namespace {

// Weight and scatter that are added to each component's statistics, in the caller's arrays.
struct PseudoRowArrays {
  double shrinkage, count;
  In mean, root;
};

// The problem of a run, in the caller's arrays, which it keeps alive.
struct ProblemArrays {
  const Kernel* kernel;
  AnyRows rows;
  std::optional<RowWeights> weight;
  CovarianceModel model;
  In floor;
  double ridge;
  std::optional<PseudoRowArrays> pseudo_rows;

  Problem problem() const {
    const Rows data = rows_of(rows, weight);
    if (Size(floor.size()) != data.d) throw std::invalid_argument("the floor has another dimension than the rows");
    Problem made{kernel, data, model, floor.data(), ridge, {}};
    if (!pseudo_rows) return made;
    const auto& [shrinkage, count, mean, root] = *pseudo_rows;
    if (Size(mean.size()) != data.d || Size(root.size()) != data.d * data.d)
      throw std::invalid_argument("the pseudo-rows have another dimension than the rows");
    made.prior = {shrinkage, count, mean.data(), root.data()};
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

// A copy of the current state of a run, which does not change when the run goes on. If the first M-step gave no
// mixture, the parameters are NaN.
struct Result {
  Iterate at;
  Layout scatter, covariances;
  Ending ending;
  Size passes;
  Numbers trace;

  Result(const Run& run, CovarianceModel model, Size d)
      : at(run.at), scatter(Layout::of_scatter(model, Size(at.stats.weight.size()), d)),
        covariances(Layout::of_covariances(model, scatter.k, d)), ending(run.ending), passes(run.passes),
        trace(run.trace) {
    if (!at.weights.empty()) return;
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    if (trace.empty()) at.loglik = -std::numeric_limits<double>::infinity();
    at.weights.assign(scatter.k, unknown), at.means.assign(scatter.k * d, unknown);
    at.covariances.assign(covariances.size(), unknown);
  }
};

class Runs {
 public:
  // With log-likelihoods, the starts are E-steps of other runs, which are continued.
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
    continue_with(numbers, max_iter, [max_iter](Iteration& iteration, const std::vector<Run*>& runs) {
      for (Run* run : runs) iteration.advance(*run, max_iter);
    });
  }

  // The search is one call, since after each call a thread has to wait for Python's lock.
  void search(const std::vector<std::pair<Size, Size>>& rounds, const Numbers& needed,
              const std::vector<bool>& is_protected, Size first, Size max_iter) {
    if (needed.size() != runs_.size() || is_protected.size() != runs_.size())
      throw std::invalid_argument("not one needed weight for each run: the shapes differ");
    std::vector<Size> numbers(runs_.size());
    std::iota(numbers.begin(), numbers.end(), Size(0));
    const Rounds halving{rounds, needed, is_protected};
    continue_with(numbers, max_iter, [&](Iteration& iteration, const std::vector<Run*>&) {
      iteration.search(runs_, halving, first, max_iter);
    });
  }

  std::vector<Size> best_first(const std::vector<Size>& numbers, const Numbers& needed) {
    for (Size number : numbers) (*this)[number];  // raises where there is no such run
    if (needed.size() != runs_.size()) throw std::invalid_argument("not one needed weight for each run");
    return mixtura::best_first(runs_, numbers, needed, options_.point_mass);
  }

  Standing standing(Size number) { return {(*this)[number], options_.point_mass}; }

  Result result(Size number) { return {(*this)[number], problem_.model, problem_.rows.d}; }

 private:
  template <class Work> void continue_with(const std::vector<Size>& numbers, Size max_iter, Work work) {
    std::vector<Run*> chosen;
    for (Size number : numbers) chosen.push_back(&(*this)[number]);
    const auto goes_on = [max_iter](const Run* run) { return run->goes_on(max_iter); };
    // Releasing Python's lock means waiting for it afterwards.
    if (std::none_of(chosen.begin(), chosen.end(), goes_on)) return;
    // Runs of other calls may be changing meanwhile.
    const Size k = Size(chosen.front()->at.stats.weight.size()), d = problem_.rows.d;
    const Size each = problem_.model.diagonal() ? d : d * d;
    Pass pass(problem_.rows, ends_, useful_threads(threads_, problem_.rows.n, k, each), &interrupted);
    InterruptCheck check(&interrupted);
    Iteration iteration(options_, problem_, pass, check);
    unlocked([&] { work(iteration, chosen); });
  }

  const ProblemArrays arrays_;
  const Problem problem_;
  const EmOptions options_;
  const std::vector<Size> ends_;
  const int threads_;
  std::vector<Run> runs_;
};

using Array = nb::ndarray<nb::numpy, double>;
using Bytes = nb::ndarray<nb::numpy, unsigned char>;

// (k, d, d), (k, d), or (1, d, d) where all components share one matrix.
Array as_array(Numbers& numbers, const Layout& layout) {
  const std::size_t k = std::size_t(layout.k), d = std::size_t(layout.d);
  if (layout.diagonal) return Array(numbers.data(), {k, d});
  return Array(numbers.data(), {layout.shared ? 1 : k, d, d});
}

// The numbers by which some of the runs are compared: see Standing.
nb::list standings(Runs& runs, const std::vector<Size>& numbers) {
  nb::list found;
  for (Size number : numbers) {
    const Standing at = runs.standing(number);
    found.append(nb::make_tuple(at.lost, at.spurious, at.components, at.least_weight, at.loglik, at.iterations,
                                at.finished));
  }
  return found;
}

nb::tuple as_tuple(const Numbers& numbers) {
  nb::tuple all = nb::steal<nb::tuple>(PyTuple_New(Py_ssize_t(numbers.size())));
  for (std::size_t i = 0; i < numbers.size(); ++i)
    PyTuple_SetItem(all.ptr(), Py_ssize_t(i), PyFloat_FromDouble(numbers[i]));
  return all;
}

void bind_models(nb::module_& m) {
  nb::enum_<Letter>(m, "Letter", "What volume, shape or axes are: the identity, equal, or each component's own.")
      .value("I", Letter::I)
      .value("E", Letter::E)
      .value("V", Letter::V);
  nb::class_<CovarianceModel>(m, "CovarianceModel", "How volume, shape and axes of the covariances vary.")
      .def(nb::init<Letter, Letter, Letter>(), "volume"_a, "shape"_a, "axes"_a);
  nb::class_<PseudoRowArrays>(m, "PseudoRows", "Weight and scatter that are added to each component's statistics.")
      .def(nb::init<double, double, In, In>(), "shrinkage"_a, "count"_a, "mean"_a, "root"_a);
}

void bind_parameters(nb::module_& m) {
  nb::class_<ProblemArrays>(m, "Problem", "Rows, and what is fitted to them.")
      .def(
          "__init__",
          [](ProblemArrays* self, const std::string& level, AnyRows rows, std::optional<RowWeights> weight,
             CovarianceModel model, In floor, double ridge, std::optional<PseudoRowArrays> pseudo_rows) {
            new (self) ProblemArrays{&kernel_of(level), rows, weight, model, floor, ridge, pseudo_rows};
          },
          nb::kw_only(), "level"_a, "rows"_a, "weight"_a.none(), "model"_a, "floor"_a, "ridge"_a,
          "pseudo_rows"_a.none());
  nb::class_<EmOptions>(m, "EmOptions", "When a run ends, and when it is accelerated.")
      .def(nb::init<double, double, Size, double, Size>(), nb::kw_only(), "tol"_a, "rows_per_weight"_a,
           "least_rows"_a, "point_mass"_a, "accelerate_after"_a);
  nb::class_<StartArrays>(m, "Starts", "Statistics of several starts, one after the other.")
      .def(nb::init<In, In, In>(), "weight"_a, "mean"_a, "scatter"_a);
}

void bind_ending(nb::module_& m) {
  nb::enum_<Ending>(m, "Ending", "How a run ended; OUT_OF_STEPS if it has not.")
      .value("CONVERGED", Ending::CONVERGED)
      .value("OUT_OF_STEPS", Ending::OUT_OF_STEPS)
      .value("COLLAPSED", Ending::COLLAPSED)
      .value("FELL", Ending::FELL);
}

void bind_result(nb::module_& m) {
  const auto vector = [](Numbers& numbers) { return Array(numbers.data(), {numbers.size()}); };
  const auto rows = [](Numbers& numbers, const Layout& layout) {
    return Array(numbers.data(), {std::size_t(layout.k), std::size_t(layout.d)});
  };
  const auto bytes = [](std::vector<char>& values) {
    return Bytes(reinterpret_cast<unsigned char*>(values.data()), {values.size()});
  };
  constexpr auto owned = nb::rv_policy::reference_internal;
  nb::class_<Result>(m, "Result", "A copy of the current state of a run: mixture, statistics, log-likelihoods.")
      .def_ro("ending", &Result::ending)
      .def_ro("passes", &Result::passes)
      .def_prop_ro("trace", [](const Result& r) { return as_tuple(r.trace); })
      .def_prop_ro("loglik", [](const Result& r) { return r.at.loglik; })
      .def_prop_ro("assignment_logprob", [](const Result& r) { return r.at.assignment_logprob; })
      .def_prop_ro("any_at_floor", [](const Result& r) { return r.at.any_at_floor(); })
      .def_prop_ro("weight", [=](Result& r) { return vector(r.at.stats.weight); }, owned)
      .def_prop_ro("mean", [=](Result& r) { return rows(r.at.stats.mean, r.scatter); }, owned)
      .def_prop_ro("scatter", [](Result& r) { return as_array(r.at.stats.scatter, r.scatter); }, owned)
      .def_prop_ro("weights", [=](Result& r) { return vector(r.at.weights); }, owned)
      .def_prop_ro("means", [=](Result& r) { return rows(r.at.means, r.scatter); }, owned)
      .def_prop_ro("covariances", [](Result& r) { return as_array(r.at.covariances, r.covariances); }, owned)
      .def_prop_ro("at_floor", [=](Result& r) { return bytes(r.at.at_floor); }, owned);
}

}  // namespace

void bind_runs(nb::module_& m) {
  bind_models(m);
  bind_parameters(m);
  bind_ending(m);
  bind_result(m);
  nb::class_<Runs>(m, "Runs", "Runs of EM of one problem, from several starts.")
      .def(nb::init<ProblemArrays, EmOptions, const StartArrays&, const std::optional<std::vector<double>>&,
                    std::vector<Size>, int>(),
           nb::kw_only(), "problem"_a, "options"_a, "starts"_a, "logliks"_a.none(), "ends"_a, "threads"_a)
      .def("__len__", &Runs::size)
      .def("standings", &standings, "numbers"_a, "The numbers by which some of the runs are compared.")
      .def("best_first", &Runs::best_first, "numbers"_a, "needed"_a,
           "Numbers of runs, best first; the least weight that a component needs is given for all runs.")
      .def("advance", &Runs::advance, "numbers"_a, "max_iter"_a,
           "Continue runs until so many iterations are done since the first mixture, or they end.")
      .def("search", &Runs::search, "rounds"_a, "needed"_a, "is_protected"_a, "first"_a, "max_iter"_a,
           "Successive halving: after so many iterations so many runs, and the protected ones, go on; of those of the "
           "last round that reach the same mixture only the first.")
      .def("result", &Runs::result, "number"_a, "A copy of the current state of a run.");
}

}  // namespace mixtura
