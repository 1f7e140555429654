// Model-based hierarchical clustering by any of the criteria.
#include "agglomeration.hpp"

#include "common_scatter.hpp"
#include "own_scatters.hpp"

namespace mixtura {

void agglomerate(const WeightedRows& rows, Criterion criterion, double alpha, std::int64_t* merges, double* heights,
                 InterruptCheck& check) {
  if (criterion == Criterion::EEE) return merge_with_common_scatter(rows, merges, heights, check);
  merge_with_own_scatters(rows, criterion, alpha, merges, heights, check);
}

}  // namespace mixtura
