"""Noise beside the components, and trimming: mclust's numbers, laws, and what users may pass."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import scipy.spatial
from scipy import integrate

import mixtura
from mixtura import DenseCovariance, Mixture, Noise
from mixtura.covariance.models.names import MODELS
from mixtura.data.array import ArraySource
from mixtura.errors import DataError, ParameterError
from mixtura.fitting import noise
from mixtura.kernels import summarise
from mixtura.mixture.region import bounding_box

REFERENCE = Path(__file__).parents[1] / "reference" / "mclust"


@pytest.fixture(scope="module")
def chevron():
    """Rows, the rows that are noise in truth, and what mclust says."""
    rows = np.loadtxt(REFERENCE / "chevron.csv", delimiter=",", skiprows=1, usecols=(1, 2))
    reference = json.loads((REFERENCE / "extras.json").read_text())["noise"]
    return rows, np.array(reference["noise_start_rows"]) - 1, reference


def mclust_stop(rows, loglik):
    """mclust ends where the log-likelihood rises by less than 1e-5 (1 + its size)."""
    return 1e-5 * (1 + abs(loglik)) / len(rows)


def test_chevron_as_mclust_fits_it(chevron):
    rows, start, reference = chevron
    assert bounding_box(ArraySource.of(rows), summarise(ArraySource.of(rows), full=True)).volume == pytest.approx(
        reference["hypvol"], rel=1e-12
    )
    tol = mclust_stop(rows, reference["loglik"])
    fit = mixtura.fit(
        rows,
        reference["G"],
        model=reference["model"],
        noise=start,
        start="hierarchical",
        tol=tol,
        em=mixtura.EM(accelerate=False),
    )
    assert fit.loglik == pytest.approx(reference["loglik"], abs=1e-6)
    assert fit.n_parameters == reference["df"]
    assert -fit.bic == pytest.approx(reference["bic"], abs=1e-5)
    shares = reference["parameters"]["pro"]
    order = np.argsort(fit.mixture.weights)
    np.testing.assert_allclose(np.append(np.sort(fit.mixture.weights), fit.mixture.noise.weight), shares, rtol=1e-6)
    assert fit.mixture.noise.volume * reference["parameters"]["Vinv"] == pytest.approx(1)
    labels = fit.mixture.predict(rows)
    ours = np.append(np.argsort(order), -1)[labels] + 1  # mclust calls noise 0
    np.testing.assert_array_equal(ours, reference["classification"])
    # What is left of the climb when mclust stops.
    assert mixtura.fit(rows, start=fit.mixture, model=fit.model, tol=1e-9).loglik - fit.loglik == pytest.approx(
        0.1, abs=0.15
    )


@pytest.mark.parametrize(
    ("name", "volume"),
    [("faithful", 131.86880100350035), ("iris", 27.241199622270464), ("diabetes", 120689699.20526917)],
)
def test_the_box_is_that_of_mclusts_hypvol(name, volume):
    """R: `hypvol(as.matrix(read.csv("faithful.csv")))`; these boxes lie along the principal components."""
    rows = np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1)
    assert bounding_box(ArraySource.of(rows), summarise(ArraySource.of(rows), full=True)).volume == pytest.approx(
        volume, rel=1e-12
    )


@pytest.mark.parametrize("model", sorted(set(MODELS) - {"VVE"}))
def test_chevron_table(chevron, model):
    rows, start, reference = chevron
    table = reference["bic_table"][model]
    for k, expected in enumerate(table, 1):
        count = k - 1 + 2 * k + MODELS[model].n_parameters(k, 2) + 2
        tol = mclust_stop(rows, (expected + count * np.log(len(rows))) / 2)
        fit = mixtura.fit(
            rows, k, model=model, noise=start, start="hierarchical", tol=tol, em=mixtura.EM(accelerate=False)
        )
        assert -fit.bic == pytest.approx(expected, abs=0.01)


def test_chevron_where_mclusts_m_step_falls_short(chevron):
    """mclust's M-step of VVE is no maximum; ours comes as far or further."""
    rows, start, reference = chevron
    for k, expected in enumerate(reference["bic_table"]["VVE"], 1):
        fit = mixtura.fit(
            rows, k, model="VVE", noise=start, start="hierarchical", tol=1e-5, em=mixtura.EM(accelerate=False)
        )
        assert -fit.bic >= expected - 0.01


@pytest.mark.parametrize("noise", [True, "neighbours"])
def test_noise_that_nobody_named_is_found(chevron, noise):
    rows, named, _ = chevron
    known = mixtura.fit(rows, 2, model="EEV", noise=named, seed=0)
    fit = mixtura.fit(rows, 2, model="EEV", noise=noise, seed=0)
    assert fit.loglik == pytest.approx(known.loglik, abs=0.1)
    assert len(fit.starts) == (2 if noise is True else 1)
    assert mixtura.find_noise(rows)[named].mean() > 0.9


def scattered(seed=0, n=300):
    """Two clusters among rows that are uniform over a square."""
    rng = np.random.default_rng(seed)
    blobs = [rng.normal(centre, 1, size=(n, 2)) for centre in (-5, 5)]
    return np.concatenate([*blobs, rng.uniform(-20, 20, size=(n // 2, 2))]), np.repeat([0, 1, -1], [n, n, n // 2])


TURN = np.array([[0.6, -0.8], [0.8, 0.6]])
PARTS = ([0.5, 0.3], [[0.0, 1.0], [3.0, -1.0]], DenseCovariance(np.array([np.eye(2), 2 * np.eye(2)]), 2))
UPRIGHT = Mixture(*PARTS, noise=Noise(0.2, [-9.0, -8.0], [9.0, 10.0]))
TURNED = Mixture(*PARTS, noise=Noise(0.2, [-9.0, -8.0], [9.0, 7.0], TURN))


@pytest.mark.parametrize("mixture", [UPRIGHT, TURNED])
def test_a_mixture_with_noise_is_a_density_and_its_moments_are_those_of_its_samples(mixture):
    rows, labels = mixture.sample(200_000, seed=0)
    assert (labels == -1).mean() == pytest.approx(0.2, abs=0.005)
    np.testing.assert_allclose(rows.mean(axis=0), mixture.mean, atol=0.05)
    np.testing.assert_allclose(np.cov(rows.T), mixture.covariance, atol=0.3)
    inside = rows[labels == -1] if mixture.noise.axes is None else rows[labels == -1] @ TURN
    assert (inside >= mixture.noise.lower).all()
    assert (inside <= mixture.noise.upper).all()
    clean = mixture.without_noise()
    direct = 0.8 * np.exp(clean.logpdf(rows)) + 0.2 / mixture.noise.volume
    np.testing.assert_allclose(np.exp(mixture.logpdf(rows)), direct, rtol=1e-12)
    share = mixture.posterior(rows)
    assert share.shape == (len(rows), 3)
    np.testing.assert_allclose(share[:, 2], 0.2 / mixture.noise.volume / direct, rtol=1e-12)
    best = share.argmax(axis=1)
    np.testing.assert_array_equal(mixture.predict(rows), np.where(best == 2, -1, best))
    np.testing.assert_allclose(np.exp(mixture.log_joint(rows)).sum(axis=1), direct, rtol=1e-12)
    again = Mixture.from_json(mixture.to_json())
    np.testing.assert_array_equal(again.logpdf(rows), mixture.logpdf(rows))
    assert again.n_parameters == mixture.n_parameters == clean.n_parameters + 2
    assert mixture.select([1]).all_weights.tolist() == [0.8, 0.2]
    assert "noise" in repr(mixture)


def test_marginals_conditions_and_probabilities_of_noise_in_an_upright_box():
    x = 1.5
    marginal, given_x = UPRIGHT.marginal([0]), UPRIGHT.condition([0], [x])
    y = np.linspace(-8, 10, 7)
    joint = UPRIGHT.logpdf(np.stack([np.full(7, x), y], axis=1))
    np.testing.assert_allclose(joint, given_x.logpdf(y[:, None]) + marginal.logpdf([[x]]), rtol=1e-12)
    assert given_x.all_weights.sum() == pytest.approx(1)
    found = marginal.probability([-20.0], [2.0])
    pieces = [(-20, -9, marginal.without_noise(), 0.8), (-9, 2, marginal, 1.0)]
    integral = sum(w * integrate.quad(lambda v, m=m: np.exp(m.logpdf([[v]])[0]), a, b)[0] for a, b, m, w in pieces)
    assert found == pytest.approx(integral, abs=1e-6)
    p = np.array([0.0, 0.01, 0.3, 0.9, 0.999])
    np.testing.assert_allclose(marginal.cdf(marginal.quantile(p[1:])[:, None]), p[1:], rtol=1e-9)
    assert UPRIGHT.probability() == pytest.approx(1)


def test_what_is_not_known_of_a_turned_box_is_refused():
    for question in (lambda: TURNED.marginal([0]), lambda: TURNED.probability([0, 0], [1, 1])):
        with pytest.raises(ParameterError, match=r"rotated.*without_noise"):
            question()
    swapped = TURNED.marginal([1, 0])
    np.testing.assert_allclose(swapped.mean, TURNED.mean[::-1])
    np.testing.assert_allclose(swapped.covariance, TURNED.covariance[::-1, ::-1])
    assert TURNED.without_noise().noise is None


@pytest.mark.parametrize("level", [1e-3, 1.0])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("trim", [0.0, 0.15])
@pytest.mark.parametrize("accelerate", [False, True])
def test_em_climbs_beside_noise_and_without_the_least_likely_rows(model, trim, accelerate, level):
    rows, _ = scattered(3, 60)
    weight = np.random.default_rng(1).exponential(size=len(rows)) * level
    em = mixtura.EM(accelerate=accelerate, floor=1e-6)
    options = {"model": model, "start": "kmeans", "seed": 0, "sample_weight": weight, "weights_are": "counts", "em": em}
    fit = mixtura.fit(rows, 2, noise=0.2, trim=trim, tol=1e-9, **options)
    rises = np.diff(fit.trace)
    assert (rises >= -1e-10 * abs(fit.loglik)).all()
    assert fit.mixture.all_weights.sum() == pytest.approx(1)
    assert fit.n_rows == pytest.approx((1 - trim) * weight.sum())
    logs = fit.mixture.logpdf(rows)
    assert weight[logs < fit.cutoff].sum() <= trim * weight.sum() * (1 + 1e-9)
    assert weight[logs <= fit.cutoff].sum() >= trim * weight.sum() * (1 - 1e-9)
    if not trim:
        assert fit.loglik == pytest.approx(weight @ logs, rel=1e-10)
        share = weight @ fit.mixture.posterior(rows)
        np.testing.assert_allclose(share, np.append(fit.sizes, weight.sum() - fit.sizes.sum()), rtol=1e-6)


def test_weights_are_repetitions():
    rows, labels = scattered(5, 40)
    counts = np.random.default_rng(0).integers(1, 4, size=len(rows))
    many, named = np.repeat(rows, counts, axis=0), np.repeat(labels == -1, counts)
    for options in ({"noise": 0.2}, {"trim": 0.2}):
        a = mixtura.fit(rows, start=np.abs(labels), sample_weight=counts, tol=1e-10, **options)
        b = mixtura.fit(many, start=np.repeat(np.abs(labels), counts), tol=1e-10, **options)
        assert a.loglik == pytest.approx(b.loglik, rel=1e-9)
    weighted = mixtura.fit(rows, 2, noise=labels == -1, start="hierarchical", sample_weight=counts)
    assert weighted.loglik == pytest.approx(mixtura.fit(many, 2, noise=named, start="hierarchical").loglik, rel=1e-6)


def test_trimming_leaves_out_what_is_far():
    rows, labels = scattered(1)
    rows[labels == -1] *= 10  # far out
    fit = mixtura.fit(rows, 2, trim=(labels == -1).mean(), seed=0)
    out = fit.mixture.logpdf(rows) < fit.cutoff
    assert out.sum() == pytest.approx((labels == -1).sum(), abs=1)
    np.testing.assert_allclose(np.sort(fit.mixture.means[:, 0]), [-5, 5], atol=0.3)
    clean = mixtura.fit(rows[~out], start=fit.mixture)
    np.testing.assert_allclose(clean.mixture.means, fit.mixture.means, atol=1e-2)


def test_noise_over_a_given_box_and_from_a_mixture():
    rows, labels = scattered(2)
    noise = Noise(0.1, [-20.0, -20.0], [20.0, 20.0])
    fit = mixtura.fit(rows, 2, noise=noise, seed=0)
    assert fit.mixture.noise.volume == pytest.approx(1600)
    assert fit.mixture.noise.weight == pytest.approx((labels == -1).mean(), abs=0.03)
    assert (fit.mixture.predict(rows) == -1)[labels == -1].mean() > 0.85
    further = mixtura.fit(rows, start=fit.mixture, tol=1e-10)
    assert further.mixture.noise.volume == pytest.approx(1600)
    assert further.loglik >= fit.loglik
    assert "and noise" in repr(fit)


BOX = Noise(0.3, [-30.0, -30.0], [30.0, 30.0])
REGIONS = {"none": (None, 1600.0), "a box": (BOX, 3600.0), "hull": (mixtura.UniformNoise(0.2, region="hull"), None)}


def at_the_start(rows, start, noise):
    """The mixture with which EM starts."""
    with pytest.warns(mixtura.errors.ConvergenceWarning):
        return mixtura.fit(rows, start=start, noise=noise, max_iter=0).mixture


@pytest.mark.parametrize("which", REGIONS)
def test_a_fit_from_a_mixture_with_noise_is_of_the_model_that_it_tells(which):
    """The argument has the region, the mixture the weight; the model says what was fitted, so that it can be again."""
    rows, _ = scattered(2, 60)
    asked, volume = REGIONS[which]
    start = mixtura.fit(rows, 2, noise=Noise(0.1, [-20.0, -20.0], [20.0, 20.0]), seed=0).mixture
    fit = mixtura.fit(rows, start=start, noise=asked)
    assert fit.mixture.noise.volume == pytest.approx(volume or scipy.spatial.ConvexHull(rows).volume)
    assert fit.model.noise is not None
    assert at_the_start(rows, start, asked).noise.weight == start.noise.weight
    again = mixtura.fit(rows, 2, model=fit.model, seed=0)
    assert again.mixture.noise.volume == pytest.approx(fit.mixture.noise.volume)
    assert again.n_parameters == fit.n_parameters
    assert again.loglik == pytest.approx(fit.loglik, abs=0.01)
    from_itself = mixtura.fit(rows, model=fit.model, start=fit.mixture)
    assert from_itself.loglik == pytest.approx(fit.loglik, abs=0.01)
    assert mixtura.bootstrap(fit, rows, 5, seed=0).noise is not None


def test_a_start_without_noise_leaves_the_argument_its_weight():
    rows, _ = scattered(2, 60)
    start = mixtura.fit(rows, 2, seed=0).mixture
    assert at_the_start(rows, start, BOX).noise.weight == BOX.weight
    assert mixtura.fit(rows, start=start).model.noise is None


def test_noise_may_be_a_turned_box():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 2)) * [10.0, 0.5] @ TURN.T
    fit = mixtura.fit(rows, 1, noise=0.05)
    assert fit.mixture.noise.axes is not None
    spans = np.ptp(rows, axis=0).prod()
    assert fit.mixture.noise.volume < 0.5 * spans
    far = mixtura.fit(rows + 1e6, 1, noise=0.05)
    assert far.loglik == pytest.approx(fit.loglik, abs=1e-4)
    with pytest.warns(mixtura.errors.ColumnsWarning, match="column 1 repeats 0"):
        twins = mixtura.fit(np.repeat(rows[:, :1], 2, axis=1), 1, noise=0.05, model="VVI")
    assert twins.mixture.noise.axes is None


def test_known_rows_are_never_noise():
    rows, labels = scattered(4)
    known = np.where(np.arange(len(rows)) % 20 == 0, labels, -1)
    fit = mixtura.fit(rows, 2, known_labels=known, noise=0.2)
    assert (fit.mixture.predict(rows) == labels).mean() > 0.9
    assert np.diff(fit.trace).min() >= -1e-8


def test_clusters_are_merged_beside_noise():
    rows, labels = scattered(6)
    fit = mixtura.fit(rows, 3, noise=labels == -1, seed=0)
    merged = mixtura.combine_components(fit.mixture, rows)
    assert merged.posterior(rows, 2).shape == (len(rows), 3)
    np.testing.assert_allclose(merged.posterior(rows, 2).sum(axis=1), 1)
    assert (merged.predict(rows, 2) == -1).sum() == (fit.mixture.predict(rows) == -1).sum()


def test_two_densities_of_rows_are_told_apart():
    rows, labels = scattered(7)
    found = mixtura.find_noise(rows)
    assert (found == (labels == -1)).mean() > 0.85
    np.testing.assert_array_equal(found, mixtura.find_noise(rows * [1e6, 1e-6]))
    assert not mixtura.find_noise([[1.0]]).any()
    assert mixtura.find_noise(np.zeros((30, 2))).shape == (30,)


def test_too_many_rows_have_no_neighbours(monkeypatch):
    rows, _ = scattered(8)
    monkeypatch.setattr(noise, "MAX_VALUES", 10)
    ours, theirs = (mixtura.fit(rows, 2, noise=beginning, seed=0) for beginning in (True, 0.05))
    assert ours.trace == theirs.trace
    with pytest.raises(ParameterError, match="too many rows to compute neighbours"):
        mixtura.fit(rows, 2, noise="neighbours")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"noise": "all"}, ParameterError, "noise is 'all'; expected True"),
        ({"noise": 1.5}, ParameterError, "noise is 1.5; expected True"),
        ({"noise": [0.5, 0.5]}, ParameterError, "750 booleans, or numbers of rows"),
        ({"noise": [750]}, ParameterError, "from 0 to 749"),
        ({"noise": np.ones(750, dtype=bool)}, DataError, "0 are left for 2 components"),
        ({"noise": Noise(0.1, [0.0], [1.0])}, ParameterError, "noise has 1 dimensions"),
        ({"noise": Noise(0.0, [0.0, 0.0], [1.0, 1.0])}, ParameterError, "weight between 0 and 1"),
        ({"trim": 1.0}, ParameterError, "trim is 1.0; expected a fraction"),
        ({"trim": 0.1, "known_labels": np.arange(750) % 2}, ParameterError, "trim: rows of known components"),
    ],
)
def test_bad_arguments_are_named(options, error, words):
    with pytest.raises(error, match=words):
        mixtura.fit(scattered()[0], 2, **options)


def test_noise_needs_a_volume():
    with pytest.raises(DataError, match="column 1 is constant"):
        mixtura.fit(np.stack([np.arange(9.0), np.ones(9)], axis=1), 1, noise=0.1)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((-0.1, [0.0], [1.0]), "the weight is -0.1"),
        (("a", [0.0], [1.0]), "noise: the weight is 'a'; expected a probability"),
        ((None, [0.0], [1.0]), "noise: the weight is None; expected a probability"),
        ((0.1, [0.0], [1.0, 2.0]), "the corners are"),
        ((0.1, [0.0, 1.0], [1.0, 1.0]), "no width in column 1"),
        ((0.1, [0.0, 0.0], [1.0, 1.0], [[1.0, 1.0], [0.0, 1.0]]), "expected orthonormal columns"),
    ],
)
def test_noise_that_is_none_is_refused(values, words):
    with pytest.raises(DataError, match=words):
        Noise(*values)


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match=r"beside noise of weight 0\.5"):
        Mixture(*PARTS, noise=Noise(0.5, [0.0, 0.0], [1.0, 1.0]))
    with pytest.raises(DataError, match="the noise has 1 dimensions; the means have 2"):
        Mixture(*PARTS, noise=Noise(0.2, [0.0], [1.0]))
    with pytest.raises(DataError, match="noise: expected"):
        Noise.from_dict([])
    with pytest.raises(DataError, match="the weight is None"):
        Noise.from_dict({"weight": None, "lower": [0.0], "upper": [1.0]})


def test_boxes_are_the_smaller_ones_as_hypvol():
    """mclust 6.0.0: hypvol(iris[, 1:4]) is that of the principal components, 27.2412."""
    rows = np.loadtxt(REFERENCE / "iris.csv", delimiter=",", skiprows=1)
    found = bounding_box(ArraySource.of(rows), summarise(ArraySource.of(rows), full=True))
    assert found.axes is not None
    assert found.volume == pytest.approx(27.241199622270464, rel=1e-10)


def test_a_box_around_few_rows_in_many_columns_takes_no_matrix():
    """d columns and fewer rows lie in a plane, so no principal components are sought, which would take d^3 steps."""
    rows = np.random.default_rng(0).normal(size=(8, 20_000))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = mixtura.fit(rows, 1, model="EII", noise=0.1, start="random", seed=0, max_iter=2)
    assert fit.mixture.noise.axes is None
    assert fit.mixture.noise.lower.tolist() == rows.min(axis=0).tolist()


@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
def test_noise_may_begin_with_rows_beside_which_the_others_weigh_nothing():
    rows = np.array([[-0.9, 228.0], [-3430.6, 1200.0], [0.5, -6.8], [3.0, 4.0]])
    weight = np.array([6e49, 9e-14, 1e-175, 1e-100])
    noise_rows = np.array([True, False, False, False])
    fit = mixtura.fit(rows, 1, model="EII", noise=noise_rows, sample_weight=weight)
    assert fit.mixture.all_weights.sum() == pytest.approx(1)
    chosen = mixtura.select(rows, [1], models="EII", noise=noise_rows, sample_weight=weight, seed=0)
    assert np.isfinite(chosen.best.loglik)


def test_neighbours_are_computed_by_as_many_threads_as_asked_for(monkeypatch):
    seen = []

    class Tree(scipy.spatial.cKDTree):
        def query(self, *arguments, workers):
            seen.append(workers)
            return super().query(*arguments, workers=workers)

    monkeypatch.setattr("scipy.spatial.cKDTree", Tree)
    mixtura.fit(np.random.default_rng(0).normal(size=(60, 2)), 1, noise="neighbours", threads=1)
    assert seen == [1]


@pytest.mark.parametrize("seed", range(6))
def test_noise_that_vanishes_ends(seed):
    """Its weight falls to zero, where accelerated EM never found that little remains."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.normal(mean, 1, (100, 3)) for mean in (0, 6, 12)])
    fit = mixtura.fit(rows, 3, noise="auto", seed=0)
    assert fit.outcome.converged
    assert fit.iterations < 400
