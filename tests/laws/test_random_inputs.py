"""Whatever the rows and options are: a sound result, or an error of ours in words; never NaN, a fall or a hang.

MIXTURA_TORTURE_EXAMPLES says how many random inputs are tried (`make torture`: 2,000), MIXTURA_TORTURE_SEED which.
"""

import os
import warnings

import numpy as np
import pytest
from cpu_limit import cpu_limit
from hard_inputs import hard_fits, hard_selections
from hypothesis import Phase, event, given, seed, settings

import mixtura

EXAMPLES = int(os.environ.get("MIXTURA_TORTURE_EXAMPLES", "200"))
SEED = int(os.environ.get("MIXTURA_TORTURE_SEED", "0"))
PARTS = 4  # that processes can share; selections are a fifth of the examples
LIMIT = 10  # seconds of the processor's time for one example


def torture(inputs, check, part, count):
    """Check random inputs; the same seed and part give the same ones."""
    # The phase that explains a failure traces every line, which takes several times as long.
    examples = settings(max_examples=-(-count // PARTS), database=None, phases=[Phase.generate, Phase.shrink])
    try:
        seed(SEED * PARTS + part)(examples(given(inputs)(check)))()
    except Exception as failure:
        failure.add_note(f"MIXTURA_TORTURE_SEED={SEED}, part {part}")
        raise


@pytest.mark.parametrize("part", range(PARTS))
def test_random_fits_are_sound_or_refused(part):
    torture(hard_fits(), check_fit, part, 4 * EXAMPLES // 5)


@pytest.mark.parametrize("part", range(PARTS))
def test_random_selections_are_sound_or_refused(part):
    torture(hard_selections(), check_selection, part, EXAMPLES // 5)


def test_what_goes_on_for_ever_is_stopped():
    with pytest.raises(AssertionError, match="of the processor's time"), cpu_limit(0.1):
        never_end()


def never_end():
    while True:
        pass


def quietly(function, *args, **kwargs):
    """The result; warnings are Mixtura's own, and there is an end."""
    with warnings.catch_warnings(record=True) as given_warnings, cpu_limit(LIMIT):
        warnings.simplefilter("always")
        try:
            return function(*args, **kwargs)
        finally:
            foreign = [str(w.message) for w in given_warnings if not issubclass(w.category, mixtura.MixturaWarning)]
            assert not foreign


def accepted(function, *args, **kwargs):
    """The result, or None where an error of Mixtura says in words why there is none."""
    try:
        result = quietly(function, *args, **kwargs)
    except mixtura.MixturaError as error:
        event(f"{function.__name__}: refused: {str(error)[:60]}")
        return None
    event(f"{function.__name__}: done")
    return result


def check_fit(arguments):
    rows, k, options = arguments
    fit = accepted(mixtura.fit, rows, k, **options)
    if fit is not None:
        event(f"outcome {fit.outcome.name}")
        quietly(check_result, fit, rows)
        if not options.keys() & {"trim", "known_labels", "sample_weight"}:
            at_rows = fit.mixture.logpdf(rows).sum()
            assert fit.loglik == pytest.approx(at_rows, rel=1e-6, abs=1e-6 * len(rows))


def check_selection(arguments):
    rows, counts, options = arguments
    selection = accepted(mixtura.select, rows, counts, **options)
    if selection is not None:
        assert len(selection.cells) == len(counts) * len(selection.models)
        values = [getattr(cell, "value", 0.0) for cell in selection.ranked]
        assert np.isfinite(values).all()
        for cell in selection.ranked:
            quietly(check_result, cell.fit, rows)


def check_result(fit, rows):
    """Everything that holds of a fit, whatever it was fitted to."""
    assert np.isfinite(fit.trace).all()
    assert (np.diff(fit.trace) >= 0).all()
    assert np.isfinite([fit.loglik, fit.bic, fit.aic, fit.icl, fit.n_rows, fit.log_prior]).all()
    assert np.isfinite(fit.sizes).all()
    assert (fit.sizes >= 0).all()
    assert repr(fit)
    assert len(fit.records()) >= fit.mixture.n_components
    check_mixture(fit.mixture)
    far = np.array(rows, dtype=float).reshape(len(rows), -1)[:3]
    for some in (rows, far / 3 + 1, np.full((1, fit.mixture.n_features), 1e15)):
        check_predictions(fit.mixture, some)


def check_mixture(mixture):
    """Finite parameters, weights that sum to one, symmetric positive definite covariance matrices."""
    assert np.isfinite(mixture.all_weights).all()
    assert (mixture.all_weights >= 0).all()
    assert mixture.all_weights.sum() == pytest.approx(1, abs=1e-12)
    assert np.isfinite(mixture.means).all()
    matrices = mixture.covariances.dense()
    assert np.isfinite(matrices).all()
    np.testing.assert_array_equal(matrices, matrices.swapaxes(1, 2))
    assert (np.diagonal(np.linalg.cholesky(matrices), axis1=1, axis2=2) > 0).all()
    again = mixtura.Mixture.from_json(mixture.to_json())
    np.testing.assert_array_equal(again.covariances.dense(), matrices)
    assert np.isfinite(mixture.sample(5, seed=0)[0]).all()


def check_predictions(mixture, rows):
    """Finite log-densities; posteriors that are probabilities; labels of the most probable component."""
    assert np.isfinite(mixture.logpdf(rows)).all()
    posterior = mixture.posterior(rows)
    assert (posterior >= 0).all()
    np.testing.assert_allclose(posterior.sum(axis=1), 1, rtol=0, atol=1e-12)
    labels = mixture.predict(rows)
    assert ((labels >= (-1 if mixture.noise else 0)) & (labels < mixture.n_components)).all()
    chosen = np.where(labels < 0, mixture.n_components, labels)
    np.testing.assert_allclose(posterior[np.arange(len(labels)), chosen], posterior.max(axis=1), rtol=1e-9)
    uncertainty = mixture.uncertainty(rows)
    assert ((uncertainty >= 0) & (uncertainty <= 1)).all()
