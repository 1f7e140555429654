"""The model of a fit is a value: it reads back, it fits again, and what comes after a fit repeats it."""

import json
from dataclasses import replace

import numpy as np
import pytest

import mixtura
from mixtura import EM, ConjugatePrior, DeterminantRatio, EigenvalueRatio, Model, Noise, ParameterError, UniformNoise

ROWS = np.random.default_rng(0).normal(size=(150, 2)) + np.repeat([[0, 0], [7, 0], [0, 7]], 50, axis=0)
SPECIES = np.repeat([0, 1, 2], 50)

MODELS = {
    "plain": Model("VEE"),
    "eigenvalues": Model("VVV", EigenvalueRatio(3)),
    "determinants": Model("VVV", DeterminantRatio(3, 8)),
    "prior": Model("VVI", prior=ConjugatePrior(shrinkage=0.5, dof=8)),
    "noise": Model("EEE", noise=UniformNoise(0.1, region="hull")),
    "rows of noise": Model("EEE", noise=[0, 1, 2]),
    "box": Model("EEE", noise=Noise(0.05, [-9.0, -9.0], [19.0, 19.0])),
    "trim": Model("VVV", trim=0.1),
    "held": Model("VVV", fixed={"means": [0]}),
    "several held": Model("VVV", fixed=("weights", "means")),
    "equal": Model("EEV", equal_weights=True),
    "t": Model("VVV", tails="t"),
    "t and noise": Model("VEV", noise=0.1, tails="t-shared"),
    "four degrees of freedom": Model("EEE", tails=4),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_reads_back_from_json(name):
    model = MODELS[name]
    back = Model.from_dict(json.loads(json.dumps(model.to_dict())))
    assert back == model
    assert hash(back) == hash(model)
    assert str(model) == model.name


@pytest.mark.parametrize("name", MODELS)
def test_a_fit_carries_its_model_and_fits_it_again(name):
    model = MODELS[name]
    em = EM(accelerate=model.tails in ("t", "t-shared"), floor=1e-6)  # EM alone takes long to many degrees of freedom
    fit = mixtura.fit(ROWS, model=model, start=SPECIES, em=em, tol=1e-7)
    assert fit.model == model
    assert fit.em == replace(em, tol=1e-7)
    again = mixtura.fit(ROWS, model=fit.model, em=fit.em, start=SPECIES)
    assert again.trace == fit.trace


def test_replicates_keep_to_what_was_asked():
    for name in ("eigenvalues", "equal", "held", "t"):
        fit = mixtura.fit(ROWS, model=MODELS[name], start=SPECIES)
        boot = mixtura.bootstrap(fit, ROWS, 9, seed=0, threads=1)
        values = np.linalg.eigvalsh(boot.covariances).reshape(len(boot.weights), -1)
        if name == "eigenvalues":
            assert (values.max(axis=1) <= 3 * values.min(axis=1) * (1 + 1e-9)).all()
        elif name == "equal":
            np.testing.assert_allclose(boot.weights, 1 / 3)
        elif name == "t":
            assert boot.degrees_of_freedom.shape == (9, 3)
            assert boot.standard_errors["degrees_of_freedom"].shape == (3,)
            assert sum(row["parameter"] == "degrees of freedom" for row in boot.records()) == 3
        else:
            assert (boot.means[:, 0] == fit.mixture.means[0]).all()
            assert (boot.means[:, 1] != fit.mixture.means[1]).any()


def test_a_selection_carries_model_and_em():
    prior = ConjugatePrior(shrinkage=0.5)
    chosen = mixtura.select(ROWS, [2, 3], models=["EEE", "VVV"], prior=prior, em=EM(floor=1e-6), seed=0)
    back = mixtura.Selection.from_json(chosen.to_json())
    for one, other in zip(chosen.cells, back.cells, strict=True):
        assert one.fit.model == other.fit.model == Model(one.model, prior=prior)
        assert one.fit.em == other.fit.em == EM(floor=1e-6)


def test_models_of_one_column_are_e_and_v():
    column = ROWS[:, 0]
    for asked, name in (("EEE", "E"), ("tied", "E"), ("VVV", "V"), ("VII", "V"), ("E", "E")):
        assert mixtura.fit(column, 2, model=asked, seed=0).model.name == name
    chosen = mixtura.select(column, [1, 2], seed=0)
    assert chosen.models == ("E", "V")
    assert chosen[2, "VVV"] is chosen[2, "V"]
    assert chosen.best.model.name in chosen.models


def test_a_model_says_it_all():
    with pytest.raises(ParameterError, match="includes prior, trim: leave them out"):
        mixtura.fit(ROWS, 2, model=Model("EEE"), prior="conjugate", trim=0.1)
    with pytest.raises(ParameterError, match="includes noise: leave them out"):
        mixtura.fit(ROWS, 2, model=Model("EEE"), noise=np.array([1, 2]))
    assert Model("EEE", fixed=np.array(["means"])) == Model("EEE", fixed=["means"])
    with pytest.raises(ParameterError, match="accelerates: leave these out"):
        mixtura.select(ROWS, 2, em=EM(stop="parameters"))
    assert repr(MODELS["eigenvalues"]) == "Model(name='VVV', constraint=EigenvalueRatio(ratio=3.0))"
    assert repr(EM(tol=1e-3)) == "EM(tol=0.001)"
    assert MODELS["plain"] != MODELS["equal"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Model(equal_weights="no"), "equal_weights is 'no'; expected True or False"),
        (lambda: Model(equal_weights=1), "equal_weights is 1; expected True or False"),
        (lambda: EM(accelerate="no"), "accelerate is 'no'; expected True or False"),
        (lambda: EM(tol="0.5"), "tol is '0.5'; expected a finite number that is not negative"),
        (lambda: EM(tol=True), "tol is True; expected a finite number that is not negative"),
        (lambda: Model(trim="0.1"), "trim is '0.1'; expected a finite number"),
        (
            lambda: Model(tails="fat"),
            "tails is 'fat'; expected 'normal', 't', 't-shared', or degrees of freedom above 0",
        ),
        (lambda: Model(tails=0), "tails is 0; expected"),
        (lambda: Model(tails=True), "tails is True; expected 'normal', 't', 't-shared', or degrees of freedom above 0"),
        (lambda: mixtura.GaussianMixture(1, tails=True).fit(np.eye(3)), "tails is True; expected"),
        (lambda: mixtura.OnlineMixture(3, model=Model(tails="t")), "tails: a stream's components are Gaussian"),
    ],
)
def test_text_is_no_number_and_only_true_and_false_are_answers(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


def test_degrees_of_freedom_are_counted_and_told():
    fits = {tails: mixtura.fit(ROWS, 3, tails=tails, start=SPECIES) for tails in ("normal", "t", "t-shared", 4.0)}
    assert [fit.n_parameters - fits["normal"].n_parameters for fit in fits.values()] == [0, 3, 1, 0]
    assert [Model(tails=tails).n_parameters(3, 2) for tails in fits] == [fit.n_parameters for fit in fits.values()]
    assert "t components" not in fits["normal"].summary() + repr(fits["normal"])
    assert fits["t"].summary().startswith("3 t components, model VVV")
    assert "degrees of freedom" in fits["t"].summary()
    assert repr(fits["t"]).startswith("<Fit of 3 VVV t components to 150 rows")
    back = mixtura.Fit.from_json(fits["t"].to_json())
    assert back.mixture.degrees_of_freedom.tolist() == fits["t"].mixture.degrees_of_freedom.tolist()
    assert back.model == fits["t"].model
    assert fits["t"].table()[0]["degrees of freedom"] == fits["t"].mixture.degrees_of_freedom[0]
    assert Model(tails=np.inf) == Model()
    assert repr(Model(tails=4)) == "Model(name='VVV', tails=4.0)"
    assert Model(tails="t-shared").command_options() == {"--tails": "t-shared"}


def test_a_model_of_an_older_file_has_gaussian_components():
    plain = Model("VEV").to_dict()
    del plain["tails"]
    assert Model.from_dict(plain) == Model("VEV")
