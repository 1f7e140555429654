// Covariance models S_k = lambda_k D_k A_k D_k' (Celeux & Govaert 1995), and how their matrices lie in memory.
#pragma once
#include "../kernel/kernel.hpp"
#include "../matrix.hpp"

namespace mixtura {

// What volume lambda, shape A or axes D are: the identity, equal in all components, or each component's own.
enum class Letter { I, E, V };

struct CovarianceModel {
  Letter volume, shape, axes;
  bool diagonal() const { return axes == Letter::I; }
  // Whether all components have the same matrix, so that their scatter is summed up in one.
  bool one_matrix() const { return volume == Letter::E && shape == Letter::E && axes == Letter::E; }
  Form form() const { return diagonal() ? Form::DIAGONAL : one_matrix() ? Form::SHARED : Form::DENSE; }
  Scatter scatter() const { return diagonal() ? Scatter::DIAGONAL : one_matrix() ? Scatter::POOLED : Scatter::FULL; }
};

// Where the matrices of k components lie in an array (k, d, d), (k, d) if they are diagonal, (d, d) if all share one.
struct Layout {
  Size k, d;
  bool diagonal, shared;

  static Layout of_covariances(CovarianceModel model, Size k, Size d) { return {k, d, model.diagonal(), false}; }
  static Layout of_scatter(CovarianceModel model, Size k, Size d) {
    return {k, d, model.diagonal(), model.one_matrix()};
  }
  Size each() const { return diagonal ? d : d * d; }
  Size size() const { return (shared ? 1 : k) * each(); }
  Size start(Size c) const { return shared ? 0 : c * each(); }
  Size at(Size c, Size i, Size j) const { return start(c) + (diagonal ? i : i * d + j); }
};

}  // namespace mixtura
