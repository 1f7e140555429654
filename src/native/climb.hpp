// EM of one small problem from its first statistics to rest, without a word to Python in between.
#pragma once
#include <numeric>

#include "belief.hpp"
#include "crew.hpp"
#include "extrapolation.hpp"
#include "kernel.hpp"
#include "mstep.hpp"

namespace mixtura {

enum class Ending : int { CONVERGED = 0, OUT_OF_STEPS = 1, COLLAPSED = 2, FELL = 3 };

struct Climber {
  Rows rows;
  const Kernel& kernel;
  Crew& crew;
  Model model;
  const double* floor;  // (d)
  double tol, points;   // by which the mean log-likelihood must rise; how many rows a weight of one stands for
  Size least_points;    // a component on the floor with fewer has collapsed
  Size own_points;      // with fewer it fits a few rows, not a group
  Size plain;           // after so many iterations EM is accelerated
  double ridge = 0;     // added to all variances
  Belief belief = {};

  // Where EM stands: statistics of the E-step at a mixture, and that mixture.
  struct Place {
    Numbers weight, mean, scatter;     // statistics
    Numbers shares, means, covariances;  // mixture
    std::vector<char> low;
    double loglik = 0, certainty = 0;
  };

  Size each() const { return model.diagonal() ? rows.d : rows.d * rows.d; }

  Size scatter_size(Size k) const { return model.shared() ? rows.d * rows.d : k * each(); }

  double total(const Place& at) const {
    double sum = 0;
    for (double w : at.weight) sum += w;
    return sum;
  }

  bool collapsed(const Place& at) const {
    const Size k = Size(at.weight.size());
    const bool enough = points * total(at) >= double(k * least_points);
    for (Size c = 0; c < k; ++c) {
      const double held = at.weight[c] * points;
      if (k > 1 && (held < 0.5 || (enough && at.low[c] && held < double(least_points)))) return true;
    }
    return false;
  }

  // Whitening factors and log-determinants, after raising covariances to the floor.
  bool factors(Place& at, Numbers& u, Numbers& logdet) const {
    const Size k = Size(at.shares.size()), d = rows.d;
    u.assign(k * each(), 0.0);
    logdet.assign(k, double(d) * std::log(2 * 3.14159265358979323846));
    if (model.diagonal()) {
      for (Size i = 0; i < k * d; ++i) {
        double& variance = at.covariances[i];
        if (!(variance >= floor[i % d])) variance = floor[i % d], at.low[i / d] = 1;
        u[i] = 1 / std::sqrt(variance);
        logdet[i / d] += std::log(variance);
      }
      return true;
    }
    Numbers l(d * d);
    for (Size c = 0; c < k; ++c) {
      double *cov = at.covariances.data() + c * d * d, *own = u.data() + c * d * d;
      if (c && model.shared()) {
        logdet[c] = logdet[0], at.low[c] = at.low[0];
        continue;
      }
      bool fine = cholesky(cov, l.data(), d);
      if (fine) {
        inverse_transposed(l.data(), own, d);
        double trace = 0;  // of the inverse in units of the floor: below one, all eigenvalues are above it
        for (Size i = 0; i < d; ++i)
          for (Size j = i; j < d; ++j) trace += floor[i] * own[i * d + j] * own[i * d + j];
        fine = trace < 1;
      }
      if (!fine) {
        at.low[c] |= char(clipped(cov));
        if (!cholesky(cov, l.data(), d)) return false;
        inverse_transposed(l.data(), own, d);
      }
      for (Size i = 0; i < d; ++i) logdet[c] += 2 * std::log(l[i * (d + 1)]);
    }
    return true;
  }

  // Raise eigenvalues, in units of the floor, to one; whether any was lower.
  bool clipped(double* cov) const {
    const Size d = rows.d;
    Numbers a(d * d), v(d * d), values(d);
    for (Size i = 0; i < d * d; ++i) a[i] = cov[i] / std::sqrt(floor[i / d] * floor[i % d]);
    eigen(a.data(), v.data(), values.data(), d);
    const double least = std::max(1.0, 10 * std::numeric_limits<double>::epsilon() * double(d * d) * values[0]);
    if (values[d - 1] >= least) return false;
    for (double& value : values) value = std::max(value, least);
    composed(v.data(), values.data(), cov, d);
    for (Size i = 0; i < d * d; ++i) cov[i] *= std::sqrt(floor[i / d] * floor[i % d]);
    return true;
  }

  // Add the ridge to all variances, and a little to the weights, so that empty components get a covariance; how much.
  double raise_by_ridge(Numbers& weight, Numbers& scatter) const {
    if (!(ridge > 0)) return 0;
    const Size k = Size(weight.size()), d = rows.d, down = model.diagonal() ? 1 : d + 1;
    double sum = 0;
    for (double w : weight) sum += w;
    const double little = 10 * std::numeric_limits<double>::epsilon() * std::min(1.0, sum > 0 ? sum : 1.0);
    for (Size c = 0; c < k; ++c) {
      weight[c] += little;
      const Size first = model.shared() && !model.diagonal() ? 0 : c * each();
      for (Size i = 0; i < d; ++i) scatter[first + i * down] += weight[c] * ridge;
    }
    return little * double(k);
  }

  // One EM iteration, from the statistics at one place to another place; false where it leads to no mixture. Statistics
  // that stand for a mixture are `believed` already.
  bool step(const Place& from, Place& to, Warm& warm, bool believed = false) const {
    const Size k = Size(from.weight.size()), d = rows.d;
    const double sum = total(from);
    to.low.assign(k, 0);
    to.means = from.mean;
    to.shares.resize(k);
    to.covariances.resize(k * each());
    Numbers weight = from.weight, scatter = from.scatter;
    const double added = raise_by_ridge(weight, scatter);
    for (Size c = 0; c < k; ++c) {
      if (!(weight[c] > 0)) return false;
      to.shares[c] = weight[c] / (sum + added);
    }
    double whole = sum + added;
    if (belief.held() && !believed) whole += belief.add(k, d, model.diagonal(), model.shared(), weight, to.means, scatter);
    const Moments in{k, d, weight.data(), scatter.data(), whole, floor};
    return mstep(in, model, warm, to.covariances.data(), to.low) && estep(to);
  }

  // By how much a column's variance exceeds what the other columns leave of it, at most.
  double inflation(const Place& at, const Numbers& u) const {
    const Size d = rows.d, matrices = model.diagonal() ? 0 : model.shared() ? 1 : Size(at.shares.size());
    double most = 1;
    for (Size c = 0; c < matrices; ++c)
      for (Size i = 0; i < d; ++i) {
        const double *row = u.data() + (c * d + i) * d, variance = at.covariances[(c * d + i) * d + i];
        most = std::max(most, variance * std::inner_product(row, row + d, row, 0.0));
      }
    return most;
  }

  bool estep(Place& at) const {
    const Size k = Size(at.shares.size()), d = rows.d;
    Numbers u, logdet;
    if (!factors(at, u, logdet)) return false;
    Numbers shift(d, 0.0), constants(k), offsets(k * d, 0.0);
    for (Size i = 0; i < k * d; ++i) shift[i % d] += at.shares[i / d] * at.means[i];
    for (Size c = 0; c < k; ++c) {
      constants[c] = std::log(at.shares[c]) - 0.5 * logdet[c];
      const double* own = u.data() + (model.shared() && !model.diagonal() ? 0 : c) * each();
      for (Size i = 0; i < d; ++i) {
        const double centre = at.means[c * d + i] - shift[i];
        if (model.diagonal()) offsets[c * d + i] = centre * own[i];
        for (Size j = i; j < d && !model.diagonal(); ++j) offsets[c * d + j] += centre * own[i * d + j];
      }
    }
    const Form form = model.diagonal() ? Form::DIAGONAL : model.shared() ? Form::SHARED : Form::DENSE;
    const Density density{k, form, shift.data(), constants.data(), u.data(), offsets.data(), rows.single ? inflation(at, u) : 1};
    at.weight.resize(k), at.mean.resize(k * d), at.scatter.resize(scatter_size(k));
    const Scatter kind = model.diagonal() ? Scatter::DIAGONAL : model.shared() ? Scatter::POOLED : Scatter::FULL;
    Sums sums{at.means.data(), kind, at.weight.data(), at.mean.data(), at.scatter.data(), 0, 0};
    crew.sum(kernel.estep, density, sums);
    at.loglik = sums.loglik, at.certainty = sums.certainty;
    if (belief.held()) at.loglik += belief.log_density(k, d, model.diagonal(), model.shared(), at.means, u, logdet);
    return std::isfinite(at.loglik);
  }

  // One start: where it stands, the log-likelihoods on its way, and how it ended, if it has.
  struct Start {
    Place at;
    bool named = false, resting = false;
    Numbers trace;
    Size passes = 0;  // over the rows, those in vain included
    Warm warm;
    Leap leap;
    Ending ending = Ending::OUT_OF_STEPS;
    bool floored() const { return std::any_of(at.low.begin(), at.low.end(), [](char low) { return low; }); }
  };

  // Go on until `most` iterations are done, or there is nowhere to go.
  void climb(Start& start, Size most) const {
    const auto ends = [&](Ending ending) { start.ending = ending, start.resting = true; };
    Place &at = start.at, next;
    if (start.trace.empty()) {
      ++start.passes;
      if (!step(at, next, start.warm)) return ends(Ending::COLLAPSED);
      std::swap(at, next);
      start.trace.assign(1, at.loglik);
    }
    while (!start.resting && Size(start.trace.size()) <= most) {
      if (start.trace.size() > 1 && collapsed(at)) return ends(Ending::COLLAPSED);
      ++start.passes;
      if (!step(at, next, start.warm)) return ends(Ending::COLLAPSED);
      const double rise = next.loglik - at.loglik, weight = total(next);
      if (rise < 0) return ends(-rise <= 1e-7 * (std::fabs(next.loglik) + weight) ? Ending::CONVERGED : Ending::FELL);
      std::swap(at, next);
      start.trace.push_back(at.loglik);
      if (rise <= tol * weight) return ends(collapsed(at) ? Ending::COLLAPSED : Ending::CONVERGED);
      if (Size(start.trace.size()) > plain) leap(start, next);
    }
  }

  // After every other iteration go on to where the path leads (SQUAREM), if that is higher.
  void leap(Start& start, Place& next) const {
    Place& at = start.at;
    std::vector<Numbers>& path = start.leap.path;
    const Chart chart{Size(at.shares.size()), rows.d, model.diagonal()};
    const auto here = [&] {
      path.emplace_back();
      if (!chart.read(at.shares, at.means, at.covariances, path.back())) path.clear();
    };
    here();
    if (path.size() < 3) return;
    Numbers z;
    const bool bends = start.leap.ahead(chart, at.covariances, z);
    path.erase(path.begin(), path.begin() + 2);
    if (!bends) return;
    const Warm before = start.warm;
    Place from;
    ++start.passes;
    chart.write(z, total(at), model.shared(), from.weight, from.mean, from.scatter);
    if (step(from, next, start.warm, true) && next.loglik >= at.loglik && !collapsed(next) && next.low == at.low) {
      std::swap(at, next);
      start.trace.push_back(at.loglik);
      path.clear();
      here();
    } else {
      start.warm = before;
      start.leap.longest = std::max(1.0, start.leap.longest / 4);
    }
  }

  // Whether two starts have come to the same place, or nearly so.
  bool twins(const Start& a, const Start& b) const {
    const auto sorted = [](Numbers shares) {
      std::sort(shares.begin(), shares.end());
      return shares;
    };
    if (a.trace.empty() || b.trace.empty() || std::fabs(a.at.loglik - b.at.loglik) > 0.01) return false;
    const Numbers one = sorted(a.at.shares), other = sorted(b.at.shares);
    for (std::size_t c = 0; c < one.size(); ++c)
      if (std::fabs(one[c] - other[c]) > 0.002) return false;
    return true;
  }

  // All start; after so many iterations (first) only the best so many (second) go on, and those that are named.
  void race(std::vector<Start>& starts, const std::vector<std::pair<Size, Size>>& rounds, Size most) const {
    std::vector<Start*> field;
    for (Start& start : starts) field.push_back(&start);
    for (const auto& [iterations, places] : rounds) {
      if (Size(field.size()) <= places) continue;
      for (Start* start : field) climb(*start, std::min(iterations, most));
      std::stable_sort(field.begin(), field.end(), [this](const Start* a, const Start* b) { return ahead(*a, *b); });
      const auto stays = [](const Start* start) { return start->named; };
      field.erase(std::stable_partition(field.begin() + places, field.end(), stays), field.end());
    }
    for (Size slice = plain; slice < most; slice *= 2) {
      for (Start* start : field) climb(*start, slice);
      for (std::size_t i = 0; i < field.size(); ++i) {
        const auto twin = [&](const Start* other) { return !other->resting && twins(*field[i], *other); };
        field.erase(std::remove_if(field.begin() + std::ptrdiff_t(i) + 1, field.end(), twin), field.end());
      }
    }
    for (Start* start : field) climb(*start, most);
  }

  // Whether a component holds fewer rows than a group of its own needs.
  bool thin(const Start& start) const {
    const Numbers& weight = start.at.weight;
    return weight.size() > 1 && *std::min_element(weight.begin(), weight.end()) * points < double(own_points);
  }

  bool ahead(const Start& a, const Start& b) const {
    const auto trouble = [this](const Start& start) {
      return start.ending == Ending::COLLAPSED ? 2 : start.floored() || (thin(start) && !start.named) ? 1 : 0;
    };
    if (trouble(a) != trouble(b)) return trouble(a) < trouble(b);
    return a.at.loglik > b.at.loglik;
  }
};

}  // namespace mixtura
