// The kernel for rows with errors of measurement, for one instruction set: compiled once for each.
#include "row_errors_terms.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

// Responsibilities below exp(-60) change no sum.
constexpr double LEAST_LOG = -60, FARTHEST = -1e300;

// Components with packed covariances.
template <class Terms> struct Components {
  int k, d, size;
  Buffer<double> packed;
  const TrueValues& from;

  Components(const TrueValues& from, std::int64_t columns)
      : k(int(from.k)), d(int(columns)), size(Terms::TRIANGLES ? at_below(d, 0) : d), packed(from.k * size),
        from(from) {
    for (int c = 0; c < k; ++c)
      for (int i = 0; i < d; ++i)
        if constexpr (Terms::TRIANGLES)
          for (int j = 0; j <= i; ++j) packed[std::int64_t(c) * size + at_below(i, j)] = covariance(c, i, j);
        else packed[std::int64_t(c) * size + i] = covariance(c, i, i);
  }
  Component operator[](int c) const {
    return {from.log_weights[c], from.means + std::int64_t(c) * d, packed + std::int64_t(c) * size};
  }

 private:
  double covariance(int c, int i, int j) const {
    if (from.diagonal) return i == j ? from.covariances[std::int64_t(c) * d + i] : 0;
    return from.covariances[(std::int64_t(c) * d + i) * d + j];
  }
};

// Log-densities of a group under all components, and the noise component, as registers; the largest of each row.
template <class Terms, bool HOLES>
V densities(const Group& g, const Components<Terms>& components, V* terms, V* h) {
  const int d = components.d, step = Terms::terms(d);
  V most = all(FARTHEST);
  for (int c = 0; c < components.k; ++c) {
    h[c] = larger(Terms::template density<HOLES>(g, components[c], d, terms + std::int64_t(c) * step), all(FARTHEST));
    most = larger(h[c], most);
  }
  if (components.from.uniform) {
    h[components.k] = *components.from.uniform + g.widths - g.constant;
    most = larger(h[components.k], most);
  }
  return most;
}

// Sums of registers, added up into the caller's arrays at the end.
template <class Terms> struct Totals {
  const Components<Terms>& components;
  Buffer<V> terms, h, scratch, sums;
  V loglik = {}, log_total = {};

  explicit Totals(const Components<Terms>& c)
      : components(c), terms(std::int64_t(c.k) * Terms::terms(c.d)), h(c.k + 1), scratch(Terms::scratch(c.d)),
        sums(std::int64_t(c.k) * Terms::sums(c.d) + 1) {
    for (std::int64_t n = 0; n <= std::int64_t(c.k) * Terms::sums(c.d); ++n) sums[n] = V{};
  }

  template <bool HOLES> void add(const Group& g) {
    const int k = components.k, d = components.d, all_of = k + (components.from.uniform != nullptr);
    const V most = densities<Terms, HOLES>(g, components, terms, h);
    V total = {};
    for (int c = 0; c < all_of; ++c) {
      const V below_most = h[c] - most;
      h[c] = below_most < LEAST_LOG ? V{} : exp2(larger(below_most, all(LEAST_LOG)) * LOG2_E);
      total += h[c];
    }
    const V logs = logarithm(total), factor = g.weight / total;
    loglik += g.weight * (most + logs + g.constant), log_total += g.weight * logs;
    for (int c = 0; c < k; ++c) {
      const V q = h[c] * factor;
      if (!below(V{}, q)) continue;
      Terms::template add<HOLES>(g, d, q, terms + std::int64_t(c) * Terms::terms(d), scratch,
                                 sums + std::int64_t(c) * Terms::sums(d));
    }
    if (all_of > k) sums[std::int64_t(k) * Terms::sums(d)] += h[k] * factor;
  }

  void give(RowSums& to) const {
    const int k = components.k, d = components.d;
    for (int c = 0; c < k; ++c) {
      const V* own = sums + std::int64_t(c) * Terms::sums(d);
      to.weight[c] = sum<double>(own[0]);
      for (int i = 0; i < d; ++i) to.first[c * d + i] = sum<double>(own[1 + i]);
      for (int i = 0; i < d; ++i)
        if constexpr (Terms::TRIANGLES)
          for (int j = 0; j <= i; ++j)
            to.second[(std::int64_t(c) * d + i) * d + j] = to.second[(std::int64_t(c) * d + j) * d + i] =
                sum<double>(own[1 + d + at_below(i, j)]);
        else to.second[c * d + i] = sum<double>(own[1 + d + i]);
    }
    if (components.from.uniform) to.weight[k] = sum<double>(sums[std::int64_t(k) * Terms::sums(d)]);
    to.loglik = sum<double>(loglik), to.assignment_logprob = -sum<double>(log_total);
  }
};

// Call f(group) for one register of rows after the other.
template <class Terms, class F> void each_group(const Rows& rows, const RowErrors& errors, const TrueValues& of, F f) {
  Group group(int(rows.d), Terms::TRIANGLES);
  for (std::int64_t first = 0; first < rows.n; first += W) {
    if (rows.single) group.read(static_cast<const float*>(rows.data), rows, errors, of, first);
    else group.read(static_cast<const double*>(rows.data), rows, errors, of, first);
    f(group, first);
  }
}

template <class Terms> void add_rows(const Rows& rows, const RowErrors& errors, const TrueValues& of, RowSums& to) {
  const Components<Terms> components(of, rows.d);
  Totals<Terms> totals(components);
  each_group<Terms>(rows, errors, of, [&](const Group& g, std::int64_t) {
    if (g.holes) totals.template add<true>(g);
    else totals.template add<false>(g);
  });
  totals.give(to);
}

template <class Terms> void joint_of_rows(const Rows& rows, const RowErrors& errors, const TrueValues& of, double* to) {
  const Components<Terms> components(of, rows.d);
  const int all_of = components.k + (of.uniform != nullptr);
  Buffer<V> terms(std::int64_t(components.k) * Terms::terms(components.d)), h(all_of);
  each_group<Terms>(rows, errors, of, [&](const Group& g, std::int64_t first) {
    if (g.holes) densities<Terms, true>(g, components, terms, h);
    else densities<Terms, false>(g, components, terms, h);
    for (int c = 0; c < all_of; ++c) {
      double lanes[W];
      store(lanes, h[c] + g.constant);
      for (int l = 0; l < g.count; ++l) to[(first + l) * all_of + c] = lanes[l];
    }
  });
}

// Call f with the terms that suit the covariances.
template <class F> void with_terms(bool diagonal, std::int64_t d, F f) {
  if (diagonal) return f(Diagonal());
  switch (d) {
    case 1: return f(Dense<1>());
    case 2: return f(Dense<2>());
    case 3: return f(Dense<3>());
    case 4: return f(Dense<4>());
    case 5: return f(Dense<5>());
    case 6: return f(Dense<6>());
    case 7: return f(Dense<7>());
    default: return f(Dense<0>());
  }
}

void sums(const Rows& rows, const RowErrors& errors, const TrueValues& of, RowSums& to) {
  with_terms(of.diagonal && errors.diagonal, rows.d,
             [&](auto terms) { add_rows<decltype(terms)>(rows, errors, of, to); });
}

void log_joint(const Rows& rows, const RowErrors& errors, const TrueValues& of, double* to) {
  with_terms(of.diagonal && errors.diagonal, rows.d,
             [&](auto terms) { joint_of_rows<decltype(terms)>(rows, errors, of, to); });
}

}  // namespace

extern const RowErrorKernel ROW_ERROR_KERNEL;
const RowErrorKernel ROW_ERROR_KERNEL = {sums, log_joint};

}  // namespace mixtura::MIXTURA_LEVEL
