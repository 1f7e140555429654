// Several starts of one small problem: EM of all of them for a few iterations, of the best to rest.
#pragma once
#include <nanobind/stl/pair.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <tuple>

#include "arguments.hpp"
#include "climb.hpp"

namespace mixtura {

// Arrays of all starts, one after the other; statistics go in and come out, mixtures come out.
struct Places {
  Out total, mean, scatter, shares, means, covariances, low;

  void check(std::size_t n, const Climber& climber) const {
    const std::size_t k = total.size(), d = climber.rows.d, each = climber.each();  // k of all starts together
    const bool fit = n && k % n == 0 && mean.size() == k * d && shares.size() == k && means.size() == k * d &&
                     scatter.size() == n * climber.scatter_size(Size(k / n)) && covariances.size() == k * each &&
                     low.size() == k;
    if (!fit) throw std::invalid_argument("the arrays of the starts do not have the shapes of the model");
  }

  Numbers part(const Out& all, std::size_t n, std::size_t which) const {
    const std::size_t size = all.size() / n;
    return Numbers(all.data() + which * size, all.data() + (which + 1) * size);
  }

  void give(const Climber::Place& at, std::size_t which) const {
    const auto put = [which](const auto& from, const Out& to) {
      std::copy(from.begin(), from.end(), to.data() + which * from.size());
    };
    put(at.weight, total), put(at.mean, mean), put(at.scatter, scatter), put(at.shares, shares);
    put(at.means, means), put(at.covariances, covariances), put(at.low, low);
  }
};

// For each start: how it ended (or none), the certainty there, how often the rows were read, and its trace.
using End = std::tuple<int, double, Size, Numbers>;

inline std::vector<End> race(const std::string& level, const Any& rows, const std::optional<Weights>& weight,
                             const std::tuple<int, int, int>& letters, const In& floor, double ridge, double tol, double points,
                             Size least_points, Size own_points, Size plain, Size most,
                             const std::vector<std::pair<Size, Size>>& rounds, const std::vector<bool>& named,
                             const std::vector<double>& since, const std::tuple<double, double>& counts,
                             const std::optional<In>& mean, const std::optional<In>& root,
                             const std::vector<Size>& ends, int threads, const Places& places) {
  const auto [volume, shape, axes] = letters;
  const Rows data = rows_of(rows, weight);
  const Model model{Letter(volume), Letter(shape), Letter(axes)};
  Belief belief;
  if (mean && root) {
    if (Size(mean->size()) != data.d || Size(root->size()) != data.d * data.d)
      throw std::invalid_argument("the prior has another dimension than the rows");
    belief = {std::get<0>(counts), std::get<1>(counts), mean->data(), root->data()};
  }
  const Size k = Size(places.total.size() / std::max<std::size_t>(named.size(), 1));
  Crew crew(data, ends, helpful(threads, data.n, k, model.diagonal() ? data.d : data.d * data.d), &interrupted);
  const Climber climber{data, kernel_of(level), crew, model, floor.data(), tol, points, least_points, own_points,
                        std::max<Size>(plain, 1), ridge, belief};
  const std::size_t n = named.size();
  places.check(n, climber);
  if (Size(floor.size()) != data.d) throw std::invalid_argument("the floor has another dimension than the rows");
  std::vector<Climber::Start> starts(n);
  for (std::size_t i = 0; i < n; ++i) {
    starts[i].named = named[i];
    starts[i].at.weight = places.part(places.total, n, i);
    starts[i].at.mean = places.part(places.mean, n, i);
    starts[i].at.scatter = places.part(places.scatter, n, i);
    starts[i].at.low.assign(starts[i].at.weight.size(), 0);
    if (i >= since.size()) continue;
    starts[i].trace.assign(1, since[i]);
    starts[i].at.loglik = since[i];
  }
  unlocked([&] { climber.race(starts, rounds, most); });
  std::vector<End> found;
  for (std::size_t i = 0; i < n; ++i) {
    if (!starts[i].trace.empty()) places.give(starts[i].at, i);
    found.emplace_back(starts[i].resting ? int(starts[i].ending) : int(Ending::OUT_OF_STEPS), starts[i].at.certainty, starts[i].passes,
                      std::move(starts[i].trace));
  }
  return found;
}

inline void def_race(nb::module_& m) {
  nb::class_<Places>(m, "Places")
      .def("__init__", [](Places* self, Out total, Out mean, Out scatter, Out shares, Out means, Out covariances, Out low) {
        new (self) Places{std::move(total),  std::move(mean),        std::move(scatter), std::move(shares),
                          std::move(means), std::move(covariances), std::move(low)};
      });
  m.def("race", &race, nb::arg("level"), nb::arg("rows"), nb::arg("weight").none(), nb::arg("letters"),
        nb::arg("floor"), nb::arg("ridge"), nb::arg("tol"), nb::arg("points"), nb::arg("least_points"), nb::arg("own_points"),
        nb::arg("plain"), nb::arg("most"), nb::arg("rounds"), nb::arg("named"), nb::arg("since"),
        nb::arg("counts"), nb::arg("mean").none(), nb::arg("root").none(), nb::arg("ends"),
        nb::arg("threads"), nb::arg("places"));
}

}  // namespace mixtura
