// The Python module mixtura._native.
#include "arguments.hpp"

NB_MODULE(_native, m) {
  mixtura::bind_passes(m);
  mixtura::bind_incomplete(m);
  mixtura::bind_student(m);
  mixtura::bind_runs(m);
  mixtura::bind_agglomeration(m);
  mixtura::bind_row_errors(m);
}
