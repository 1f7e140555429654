"""Puts Mixtura's class in the place of scikit-learn's before scikit-learn's own tests are imported."""

import sklearn.mixture

import mixtura

sklearn.mixture.GaussianMixture = mixtura.GaussianMixture
