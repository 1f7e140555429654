// The kernel for one instruction set: compiled once for each, with that set's flags and name.
#include "estep.hpp"
#include "incomplete.hpp"
#include "moments.hpp"
#include "predict.hpp"
#include "student.hpp"
#include "student_estep.hpp"

namespace mixtura::MIXTURA_LEVEL {
namespace {

template <Vec<double> (*F)(Vec<double>)> void each(const double* from, double* to, std::int64_t count) {
  double lanes[WIDTH<double>];
  for (std::int64_t n = 0; n < count; n += WIDTH<double>) {
    for (int l = 0; l < WIDTH<double>; ++l) lanes[l] = from[n + l < count ? n + l : count - 1];
    store(lanes, F(load(lanes)));
    for (int l = 0; l < WIDTH<double> && n + l < count; ++l) to[n + l] = lanes[l];
  }
}

}  // namespace

extern const Kernel KERNEL;
const Kernel KERNEL = {estep, moments, predict, t_estep, t_predict, seen, incomplete_estep, incomplete_predict,
                       each<exp2>, each<logarithm>, each<log2_1p>};

}  // namespace mixtura::MIXTURA_LEVEL
