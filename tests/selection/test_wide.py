"""Tables with more columns than rows."""

import warnings

import numpy as np
import pytest

import mixtura
from mixtura import ParametersWarning

DIAGONAL = ("EII", "VII", "EEI", "VEI", "EVI", "VVI")


def wide(n=60, d=100):
    """Three groups that differ in the first ten columns."""
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 3, n)
    rows = rng.normal(size=(n, d))
    rows[:, :10] += 2 * groups[:, None]
    return rows


def test_models_that_cannot_be_estimated_are_left_out():
    with pytest.warns(ParametersWarning, match="60 rows in 100 columns: models whose matrices are not diagonal"):
        chosen = mixtura.select(wide(), range(1, 5), seed=0)
    assert chosen.models == DIAGONAL
    assert chosen.complete
    assert chosen.best_cell.sound


@pytest.mark.parametrize(
    ("models", "options", "expected"),
    [
        ("EEE", {}, ("EEE",)),
        (["EEI", "EEE"], {"prior": "conjugate"}, ("EEI", "EEE")),
        (["EEI", "EEE"], {"em": mixtura.EM(floor=0.1)}, ("EEI", "EEE")),
        (["EEI", "EEE"], {"constraint": mixtura.EigenvalueRatio(100)}, ("EEI", "EEE")),
        (["EEI", "VVI"], {}, ("EEI", "VVI")),
    ],
)
@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
def test_they_stay_where_they_can_be_or_nothing_else_is_asked_for(models, options, expected):
    assert mixtura.select(wide(12, 15), [1, 2], models=models, seed=0, start="seeds", **options).models == expected


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_own_variances_in_more_columns_than_rows_of_a_group(seed):
    """Three groups of 30 rows in 40 columns, each with variances of its own; EVE has no rows for its axes."""
    rng = np.random.default_rng(seed)
    groups = np.repeat([0, 1, 2], 30)
    rows = rng.normal(size=(90, 40)) * np.exp(0.6 * rng.normal(size=(3, 40)))[groups]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chosen = mixtura.select(rows + 0.7 * rng.normal(size=(3, 40))[groups], range(1, 5), seed=0)
    assert chosen.best_cell.n_components == 3
    assert chosen.best_cell.model in ("EVI", "VVI")
    assert chosen[3, "VVI"].sound


@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
def test_equal_shape_and_axes_of_singular_scatter_end():
    fit = mixtura.fit(wide(), 2, model="VEE", start="hierarchical", seed=0)
    assert np.isfinite(fit.loglik)
    assert (np.diff(fit.trace) >= 0).all()
    line = np.random.default_rng(0).normal(size=60)
    assert np.isfinite(mixtura.fit(np.c_[line, 1 - line], 2, model="VEE", start="random", seed=0, max_iter=10).loglik)


@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
def test_four_hundred_columns_need_no_matrices(monkeypatch):
    """All default cells of 200 x 400 end, and nothing on the way has 400 x 400 numbers for each component."""
    from mixtura.selection import sweep

    kinds = []

    def seen(problem, starts, *rest, **options):
        kinds.extend(start.stats.scatter_kind for start in starts)
        return compare(problem, starts, *rest, **options)

    compare = sweep.compare_starts
    monkeypatch.setattr(sweep, "compare_starts", seen)
    chosen = mixtura.select(wide(200, 400), seed=0)
    assert chosen.complete
    assert set(kinds) == {"diagonal"}
    assert chosen.best_cell.n_components in (2, 3)


def test_starts_with_variances_alone_lead_where_those_with_matrices_lead():
    rows = wide(200, 5)
    alone = mixtura.select(rows, [1, 2, 3], models=["EII", "VVI"], seed=0)
    among = mixtura.select(rows, [1, 2, 3], models=["EII", "VVI", "EVV"], seed=0)
    for cell in alone.cells:
        assert cell.loglik == pytest.approx(among[cell.n_components, cell.model].loglik, abs=1e-6)
