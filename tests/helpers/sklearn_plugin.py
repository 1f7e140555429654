"""Puts Mixtura's class in the place of scikit-learn's before scikit-learn's own tests are imported.

Only where pytest loads it as a plugin: being imported, as when docstrings are collected, it changes nothing.
"""

import sklearn.mixture

import mixtura


def pytest_configure():
    sklearn.mixture.GaussianMixture = mixtura.GaussianMixture
