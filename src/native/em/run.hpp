// A run of EM from one start, which can be continued after it has stopped.
#pragma once
#include <algorithm>
#include <numeric>

#include "squarem.hpp"
#include "step.hpp"

namespace mixtura {

// How a run ended; OUT_OF_STEPS if it has not and may be continued.
enum class Ending { CONVERGED, OUT_OF_STEPS, COLLAPSED, FELL };

struct Run {
  Iterate at;
  Numbers trace;    // log-likelihoods, from the first mixture on
  Size passes = 0;  // over the rows, those of rejected steps included
  WarmStart warm;
  Squarem squarem;
  Ending ending = Ending::OUT_OF_STEPS;

  bool ended() const { return ending != Ending::OUT_OF_STEPS; }
  // Whether the run has not ended and has made fewer than `max_iter` iterations.
  bool goes_on(Size max_iter) const { return !ended() && (trace.empty() || Size(trace.size()) <= max_iter); }
};

// The numbers by which a run is compared with others.
struct Standing {
  bool lost, spurious;
  Size components;
  double least_weight, loglik;
  Size iterations;
  bool finished;

  Standing(const Run& run, double point_mass)
      : lost(run.ending == Ending::COLLAPSED), spurious(run.at.any_spurious(point_mass)),
        components(Size(run.at.stats.weight.size())), least_weight(run.at.stats.least_weight()),
        loglik(run.trace.empty() ? -std::numeric_limits<double>::infinity() : run.at.loglik),
        iterations(std::max<Size>(Size(run.trace.size()) - 1, 0)), finished(run.ended()) {}

  // 0 if all components are alive, none spurious, and each has the weight it needs; 2 if one is lost.
  int grade(double needed) const {
    return lost ? 2 : spurious || (components > 1 && least_weight < needed);
  }
};

// Numbers of runs, best first: by grade, then by log-likelihood. The weights needed are given for all runs.
inline std::vector<Size> best_first(const std::vector<Run>& runs, std::vector<Size> numbers, const Numbers& needed,
                                    double point_mass) {
  std::vector<std::pair<int, double>> keys(runs.size());
  for (Size number : numbers) {
    const Standing standing(runs[number], point_mass);
    keys[number] = {standing.grade(needed[number]), -standing.loglik};
  }
  std::stable_sort(numbers.begin(), numbers.end(), [&](Size a, Size b) { return keys[a] < keys[b]; });
  return numbers;
}

// A fall of the log-likelihood by less than this fraction of its size is due to rounding: of float64 rows, of float32.
constexpr double ROUNDING = 1e-7, SINGLE_ROUNDING = 2e-6;

// Two runs have reached the same mixture if their log-likelihoods and all their sorted weights differ by no more.
constexpr double SAME_LOGLIK = 0.01, SAME_WEIGHT = 0.002;

inline bool same_mixture(const Run& one, const Run& other) {
  if (!(std::fabs(one.at.loglik - other.at.loglik) <= SAME_LOGLIK)) return false;  // nor where one has no mixture
  Numbers a = one.at.weights, b = other.at.weights;
  std::sort(a.begin(), a.end()), std::sort(b.begin(), b.end());
  const auto near = [](double x, double y) { return std::fabs(x - y) <= SAME_WEIGHT; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), near);
}

// The runs that have ended, or have not reached the same mixture as an earlier one in the list.
inline std::vector<Run*> different(const std::vector<Run*>& runs) {
  std::vector<Run*> kept;
  for (Run* run : runs) {
    const auto same = [run](const Run* other) { return same_mixture(*other, *run); };
    if (run->ended() || std::none_of(kept.begin(), kept.end(), same)) kept.push_back(run);
  }
  return kept;
}

// Successive halving: in each round, after a number of iterations, a number of best runs go on, and all protected ones.
struct Rounds {
  std::vector<std::pair<Size, Size>> iterations_and_places;
  Numbers needed;                  // for each run, the least weight of a component below which the run ranks lower
  std::vector<bool> is_protected;  // for each run, whether it goes on in every round

  std::vector<Size> chosen(const std::vector<Run>& runs, const std::vector<Size>& remaining, Size places,
                           double point_mass) const {
    std::vector<Size> order = best_first(runs, remaining, needed, point_mass);
    const auto gives_up = [this](Size number) { return !is_protected[number]; };
    if (Size(order.size()) > places)
      order.erase(std::remove_if(order.begin() + places, order.end(), gives_up), order.end());
    return order;
  }
};

// Makes the iterations of runs.
class Iteration {
 public:
  Iteration(const EmOptions& options, const Problem& problem, Pass& pass, InterruptCheck& check)
      : options_(options), p_(problem), step_(problem, pass), check_(check) {}

  // Continue a run until it ends, or has made `max_iter` iterations.
  void advance(Run& run, Size max_iter) {
    if (run.trace.empty() && !run.ended()) begin(run);
    while (!run.ended() && Size(run.trace.size()) <= max_iter) {
      check_();
      iterate(run);
    }
  }

  // Continue all runs by successive halving, those of the last round to their ends.
  void search(std::vector<Run>& runs, const Rounds& rounds, Size first, Size max_iter) {
    std::vector<Size> remaining(runs.size());
    std::iota(remaining.begin(), remaining.end(), Size(0));
    for (const auto& [iterations, places] : rounds.iterations_and_places) {
      if (Size(remaining.size()) <= places) continue;
      for (Size number : remaining) advance(runs[number], std::min(iterations, max_iter));
      remaining = rounds.chosen(runs, remaining, places, options_.point_mass);
    }
    std::vector<Run*> last;
    for (Size number : remaining) last.push_back(&runs[number]);
    finish(last, first, max_iter);
  }

  // Continue runs until they end, or have made `max_iter` iterations. Of several that reach the same mixture only the
  // first goes on: they are compared after `first` iterations, and each time these have doubled.
  void finish(std::vector<Run*> remaining, Size first, Size max_iter) {
    const auto ended = [](const Run* run) { return run->ended(); };
    for (Size most = first; most < max_iter && remaining.size() > 1; most *= 2) {
      if (std::all_of(remaining.begin(), remaining.end(), ended)) return;
      for (Run* run : remaining) advance(*run, most);
      remaining = different(remaining);
    }
    for (Run* run : remaining) advance(*run, max_iter);
  }

 private:
  const EmOptions& options_;
  const Problem& p_;
  EmStep step_;
  Iterate next_;  // memory of the iterate before the last one
  InterruptCheck& check_;

  // Whether a component holds less than half a row, or is at the floor with too few rows, though the data has enough.
  bool collapsed(const Iterate& at) const {
    const Numbers& weight = at.stats.weight;
    const Size k = Size(weight.size());
    const bool enough = options_.rows_per_weight * at.stats.total() >= double(k * options_.least_rows);
    for (Size c = 0; c < k; ++c) {
      const double rows = weight[c] * options_.rows_per_weight;
      if (k > 1 && (rows < 0.5 || (enough && at.at_floor[c] && rows < double(options_.least_rows)))) return true;
    }
    return false;
  }

  // The largest fall of the log-likelihood that rounding can explain: `Problem.rounding` in Python.
  double rounding(const Iterate& at) const {
    double size = std::fabs(at.loglik) + at.stats.total();
    const Layout layout = Layout::of_covariances(p_.model, Size(at.weights.size()), p_.rows.d);
    for (Size c = 0; c < layout.k && at.any_at_floor(); ++c)
      size += at.stats.weight[c] * eigenvalue_rounding(layout, at.covariances.data() + layout.start(c)) / ROUNDING;
    return (p_.rows.single ? SINGLE_ROUNDING : ROUNDING) * size;
  }

  void begin(Run& run) {
    ++run.passes;
    if (!step_(run.at.stats, next_, run.warm)) {
      run.ending = Ending::COLLAPSED;
      return;
    }
    std::swap(run.at, next_);
    run.trace.assign(1, run.at.loglik);
  }

  // One EM iteration, followed by a SQUAREM step when one is due.
  void iterate(Run& run) {
    Iterate& at = run.at;
    const auto ends = [&run](Ending ending) { run.ending = ending; };
    if (run.trace.size() > 1 && collapsed(at)) return ends(Ending::COLLAPSED);
    ++run.passes;
    if (!step_(at.stats, next_, run.warm)) return ends(Ending::COLLAPSED);
    const double rise = next_.loglik - at.loglik, weight = next_.stats.total();
    if (rise < 0) return ends(-rise <= rounding(next_) ? Ending::CONVERGED : Ending::FELL);
    std::swap(at, next_);
    run.trace.push_back(at.loglik);
    if (rise <= options_.tol * weight) return ends(collapsed(at) ? Ending::COLLAPSED : Ending::CONVERGED);
    if (Size(run.trace.size()) > options_.accelerate_after) accelerate(run);
  }

  // After every other iteration, extrapolate from the last three iterates; go on there if the likelihood is higher.
  void accelerate(Run& run) {
    Iterate& at = run.at;
    const Coordinates coordinates{Layout::of_covariances(p_.model, Size(at.weights.size()), p_.rows.d)};
    std::vector<Numbers>& points = run.squarem.points;
    const auto add_point = [&] {
      points.emplace_back();
      if (!coordinates.of(at, points.back())) points.clear();
    };
    add_point();
    if (points.size() < 3) return;
    Numbers z;
    const bool bends = run.squarem.extrapolate(coordinates, at.covariances, z);
    points.erase(points.begin(), points.begin() + 2);
    if (!bends) return;
    const WarmStart before = run.warm;
    Statistics there;
    ++run.passes;
    coordinates.statistics(z, at.stats.total(), p_.model.one_matrix(), there);
    if (step_(there, next_, run.warm, EmStep::Of::MIXTURE) && next_.loglik >= at.loglik && !collapsed(next_) &&
        next_.at_floor == at.at_floor) {
      std::swap(at, next_);
      run.trace.push_back(at.loglik);
      points.clear();
      add_point();
    } else {
      run.warm = before;
      run.squarem.longest = std::max(1.0, run.squarem.longest / 4);
    }
  }
};

}  // namespace mixtura
