// A run of EM from one start, which can be continued where it was left.
#pragma once
#include "squarem.hpp"
#include "step.hpp"

namespace mixtura {

// How a run ended; OUT_OF_STEPS if it has not, but for want of iterations.
enum class Ending { CONVERGED, OUT_OF_STEPS, COLLAPSED, FELL };

struct Run {
  Iterate at;
  Numbers trace;    // log-likelihoods, from the first mixture on
  Size passes = 0;  // over the rows, those of rejected steps included
  WarmStart warm;
  Squarem squarem;
  Ending ending = Ending::OUT_OF_STEPS;

  bool ended() const { return ending != Ending::OUT_OF_STEPS; }
  // Whether there is something to do until so many iterations are done since its first mixture.
  bool goes_on(Size max_iter) const { return !ended() && (trace.empty() || Size(trace.size()) <= max_iter); }
};

// Continues runs.
class Iteration {
 public:
  Iteration(const EmOptions& options, const Problem& problem, Pass& pass, InterruptCheck& check)
      : options_(options), p_(problem), step_(problem, pass), check_(check) {}

  // Until so many iterations are done since the run's first mixture, or it ends.
  void advance(Run& run, Size max_iter) {
    if (run.trace.empty() && !run.ended()) begin(run);
    while (!run.ended() && Size(run.trace.size()) <= max_iter) {
      check_();
      iterate(run);
    }
  }

 private:
  const EmOptions& options_;
  const Problem& p_;
  EmStep step_;
  Iterate next_;  // memory of the iterate before the last one
  InterruptCheck& check_;

  // Whether a component holds next to nothing, or lies on the floor on too few rows, though there are enough for all.
  bool collapsed(const Iterate& at) const {
    const Numbers& weight = at.stats.weight;
    const Size k = Size(weight.size());
    const bool enough = options_.rows_per_weight * at.stats.total() >= double(k * options_.least_points);
    for (Size c = 0; c < k; ++c) {
      const double rows = weight[c] * options_.rows_per_weight;
      if (k > 1 && (rows < 0.5 || (enough && at.at_floor[c] && rows < double(options_.least_points)))) return true;
    }
    return false;
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

  // One EM iteration, and where it is due a SQUAREM step after it.
  void iterate(Run& run) {
    Iterate& at = run.at;
    const auto ends = [&run](Ending ending) { run.ending = ending; };
    if (run.trace.size() > 1 && collapsed(at)) return ends(Ending::COLLAPSED);
    ++run.passes;
    if (!step_(at.stats, next_, run.warm)) return ends(Ending::COLLAPSED);
    const double rise = next_.loglik - at.loglik, weight = next_.stats.total();
    const double rounding = 1e-7 * (std::fabs(next_.loglik) + weight);
    if (rise < 0) return ends(-rise <= rounding ? Ending::CONVERGED : Ending::FELL);
    std::swap(at, next_);
    run.trace.push_back(at.loglik);
    if (rise <= options_.tol * weight) return ends(collapsed(at) ? Ending::COLLAPSED : Ending::CONVERGED);
    if (Size(run.trace.size()) > options_.accelerate_after) accelerate(run);
  }

  // After every other iteration go on to where the last three iterates lead, if that is higher.
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
