// Agglomeration of Gaussian clusters: the criteria, chosen when it runs.
#include "hierarchical.hpp"

#include "pooled.hpp"
#include "separate.hpp"

namespace mixtura {

bool agglomerate(const Points& points, Criterion criterion, std::int64_t* merges, double* heights, bool (*interrupted)()) {
  Watch watch{interrupted, points.d * points.d};
  if (criterion == Criterion::EEE) return pooled(points, merges, heights, watch);
  return separate(points, criterion, merges, heights, watch);
}

}  // namespace mixtura
