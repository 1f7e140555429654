// Agglomeration of Gaussian clusters (Banfield & Raftery 1993; Fraley 1998): which two to merge, again and again.
#pragma once

#include <cstdint>

namespace mixtura {

enum class Criterion : int { EII = 0, VII = 1, EEE = 2, VVV = 3 };

struct Points {
  std::int64_t n, d;
  const double* rows;    // (n, d)
  const double* weight;  // (n): how many coincident rows each stands for
  double alpha;          // the variance that a single row is given
};

// Writes n - 1 merges, each the first rows of both clusters, the smaller first, and what each adds to the criterion.
// Stops early, with false, when `interrupted` says so; it is asked several times a second.
bool agglomerate(const Points& points, Criterion criterion, std::int64_t* merges, double* heights, bool (*interrupted)());

}  // namespace mixtura
