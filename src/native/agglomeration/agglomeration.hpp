// Model-based hierarchical clustering (Banfield & Raftery 1993; Fraley 1998): two clusters merge until one is left.
#pragma once
#include <cstdint>

#include "../threads/interrupt.hpp"

namespace mixtura {

// The covariance model whose classification likelihood a merge changes.
enum class Criterion { EII, VII, EEE, VVV };

struct WeightedRows {
  std::int64_t n, d;
  const double* rows;    // (n, d)
  const double* weight;  // (n): how many coincident rows each stands for
};

// Writes n - 1 merges, each the first rows of both clusters, the smaller first, and what each adds to the criterion.
// `alpha` is the scatter that VII and VVV add to every cluster's trace, so that a single row has a variance.
void agglomerate(const WeightedRows& rows, Criterion criterion, double alpha, std::int64_t* merges, double* heights,
                 InterruptCheck& check);

}  // namespace mixtura
