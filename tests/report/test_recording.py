"""Replays: from which start, where they end, and as which kind of file."""

import warnings
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from PIL import Image

import mixtura
from mixtura.fitting.mixture_report import _recording as recording_of_model_file
from mixtura.report.drawn_rows import rows_of_page
from mixtura.report.frames import frames_of
from mixtura.report.recording import moves, recording_of
from mixtura.report.tables import format_loglik_value


def recording(fit, rows, **options):
    return recording_of(fit, rows, rows_of_page(fit.mixture, rows), **options)


def test_the_default_start_is_no_film_and_so_em_is_run_again(rows):
    recorded = mixtura.fit(rows, 3, seed=0, record=True)
    assert not moves(recorded.history, 180)
    found = recording(recorded, rows)
    assert (found.start, found.end, found.on_sample) == ("random rows", "same", False)
    assert moves(found.iterations, 180)
    last = frames_of(recorded.mixture, recorded.loglik, found)
    assert last.mixtures[-1] is recorded.mixture
    placed = np.zeros((180, 3))
    placed[:, last.places[-2]] = last.mixtures[-2].posterior(rows)
    np.testing.assert_allclose(placed, recorded.mixture.posterior(rows), atol=0.02)


def test_a_recorded_start_that_moves_is_the_film(rows):
    fit = mixtura.fit(rows, 3, seed=0, start="random", record=True)
    found = recording(fit, rows)
    assert found.iterations is fit.history
    assert (found.start, found.end) == ("", "same")
    assert frames_of(fit.mixture, fit.loglik, found).recorded == len(fit.history)
    again = recording(fit, rows, again=True)
    assert again.start == "random rows"


def test_a_replay_that_ends_elsewhere_says_so(fit, rows):
    hurried = replace(fit, em=mixtura.EM(max_iter=2))
    assert recording(hurried, rows).end == "unfinished"
    assert "has not converged after 2 iterations" in hurried.report(rows).html
    poor = replace(fit, mixture=replace(fit.mixture, means=fit.mixture.means + 0.7))
    assert recording(poor, rows).end == "elsewhere"
    assert "does not end at the fitted mixture" in poor.report(rows).html


def test_a_replay_that_ends_higher_asks_for_more_starts():
    rng = np.random.default_rng(1)
    rows = np.concatenate([rng.normal(m, 0.5, 40) for m in (0, 6, 12)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        poor = mixtura.fit(rows, 3, start=np.repeat([0, 1, 2, 2], 30), model="E", tol=1e-3, max_iter=3)
        found = recording(poor, rows)
        assert found.end == "higher"
        assert "It ends higher than the fitted mixture" in poor.report(rows).html


def test_on_a_sample_the_end_is_near(rows, monkeypatch):
    monkeypatch.setattr("mixtura.report.drawn_rows.MOST_ROWS", 150)
    fit = mixtura.fit(rows, 3, seed=0)
    found = recording(fit, rows)
    assert found.on_sample
    assert found.end == "near"
    assert found.agreement > 0.99


def test_on_a_sample_log_likelihoods_are_those_of_its_rows(rows, monkeypatch):
    monkeypatch.setattr("mixtura.report.drawn_rows.MOST_ROWS", 150)
    fit = mixtura.fit(rows, 3, seed=0)
    poor = replace(fit, mixture=replace(fit.mixture, means=fit.mixture.means + 0.7))
    sample = rows_of_page(poor.mixture, rows).rows
    own = poor.mixture.logpdf(sample).sum()
    found = recording(poor, rows)
    assert found.end == "elsewhere"
    assert found.fitted_loglik == pytest.approx(own)
    assert frames_of(poor.mixture, poor.loglik, found).logliks[-1] == pytest.approx(own)
    page = poor.report(rows).html
    assert f"; that of the fitted mixture is {format_loglik_value(own)}." in unescape(page)
    assert "The log-likelihoods here are those of these rows" in page
    weights = np.full(180, 2.0)
    assert recording(poor, rows, sample_weight=weights).fitted_loglik == pytest.approx(2 * own)


def test_on_a_sample_the_rows_keep_their_weights(monkeypatch):
    monkeypatch.setattr("mixtura.report.drawn_rows.MOST_ROWS", 600)
    rng = np.random.default_rng(0)
    rows = rng.permutation(np.concatenate([rng.normal(0, 1, 600), rng.normal(4, 1, 600)]))
    weight = np.where(rows > 2, 20, 1)
    fit = mixtura.fit(rows, 2, sample_weight=weight, seed=0)
    drawn, weights = rows_of_page(fit.mixture, rows), {"sample_weight": weight, "weights_are": None}
    of_fit = recording(fit, rows, sample_weight=weight)
    of_file = recording_of_model_file(fit.mixture, fit.model, fit.em, rows, drawn=drawn, weights=weights)
    for found in (of_fit, of_file):
        assert found.on_sample
        assert sorted(found.iterations[-1].mixture.weights) == pytest.approx(sorted(fit.mixture.weights), abs=0.01)


def test_fixed_parameters_stay_what_they_are(rows):
    start = mixtura.fit(rows, 3, seed=0).mixture
    fixed = {"means": [0], "weights": [1], "covariances": [2]}
    fit = mixtura.fit(rows, start=start, model="VVV", fixed=fixed)
    again = fit.recorded(rows)
    for step in again.history:
        np.testing.assert_array_equal(step.mixture.means[0], start.means[0])
        assert step.mixture.weights[1] == pytest.approx(start.weights[1])
    with_noise = mixtura.fit(rows, 3, model="EEE", noise=0.05, seed=0)
    assert with_noise.recorded(rows).history[-1].mixture.noise is not None


def test_weights_are_those_of_the_fit(rows):
    weights = np.tile([1.0, 3.0], 90)
    fit = mixtura.fit(rows, 3, sample_weight=weights, seed=0)
    assert fit.recorded(rows, sample_weight=weights).loglik == pytest.approx(fit.loglik, abs=0.1)


def test_data_of_few_values_has_rows_to_start_from():
    rows = np.repeat([[0.0, 0.0], [1.0, 5.0]], 20, axis=0) + np.tile([[0.0], [0.1]], (20, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        fit = mixtura.fit(np.column_stack([rows, np.ones(40)]), 2, model="VII", seed=0)
        assert len(fit.recorded(np.column_stack([rows, np.ones(40)])).history) > 1


def test_a_replay_is_a_page_or_an_animation(fit, rows, tmp_path):
    shown = mixtura.replay(fit, rows, lang="zh")
    assert "srcdoc" in shown._repr_html_()
    assert '"autoplay": true' in shown.html
    assert mixtura.replay(fit, rows, tmp_path / "em.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    path = mixtura.replay(fit, rows, tmp_path / "em.gif", columns=[0, 1])
    with Image.open(path) as animation:
        assert animation.n_frames > 3
        pictures = set()
        for frame in range(animation.n_frames):
            animation.seek(frame)
            pictures.add(animation.convert("RGB").tobytes())
        assert len(pictures) == animation.n_frames  # something moves from each to the next
    folder = mixtura.replay(fit, rows, tmp_path / "pictures", start="random")
    assert (folder / "iteration-0000.png").exists()


def test_own_iterations_are_shown_when_asked_for(rows, tmp_path):
    fit = mixtura.fit(rows, 3, seed=0, record=True)
    mixtura.replay(fit, rows, tmp_path / "own", start="own")
    assert len(list((tmp_path / "own").iterdir())) == len(fit.history)


def test_errors_say_what_to_do(fit, rows, tmp_path):
    with pytest.raises(mixtura.ParameterError, match=r"record=True.*start=\"random\""):
        mixtura.replay(fit, rows, start="own")
    with pytest.raises(mixtura.ParameterError, match="start is 'identity'; expected one of auto, own, random"):
        mixtura.replay(fit, rows, start="identity")
    with pytest.raises(mixtura.ParameterError, match="a replay shows one or two"):
        mixtura.replay(fit, rows, columns=[0, 1, 2])
    with pytest.raises(mixtura.ParameterError, match=r"\.gif, \.mp4 or \.html"):
        mixtura.replay(fit, rows, tmp_path / "em.avi")
    with pytest.raises(mixtura.ParameterError, match="does not exist"):
        mixtura.replay(fit, rows, tmp_path / "no" / "em.html")


def test_a_component_that_was_lost_is_not_matched(rows):
    fit = mixtura.fit(rows, 3, seed=0)
    again = fit.recorded(rows)
    step = again.history[-1]
    fewer = replace(step, mixture=step.mixture.select(np.array([0, 1])), components=(0, 1))
    short = replace(again, history=(*again.history, fewer))
    from mixtura.report import as_recording

    found = as_recording(fit.mixture, short, rows_of_page(fit.mixture, rows), fit.loglik)
    assert sorted(found.order.tolist()) == [0, 1, 2]
    assert found.end == "elsewhere"


def test_the_first_row_of_the_command_line_is_the_files(tmp_path, monkeypatch, capsys, rows):
    from mixtura.cli import main

    monkeypatch.chdir(tmp_path)
    rows.rename({rows.columns[2]: "c"}).write_csv("rows.csv")
    assert main(["fit", "rows.csv", "-k", "3", "--seed", "0", "--output", "model.json"]) == 0
    assert main(["report", "model.json", "rows.csv", "-o", "report.html", "--lang", "zh", "--title", "标题"]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h1>标题</h1>" in page
    assert "mixtura fit rows.csv -k 3 --model VVV --start small-em --seed 0 --output model.json" in page
    assert "rows.csv；拟合于" in page
    assert "wrote report.html" in capsys.readouterr().err
    mixture = mixtura.Mixture.from_json((tmp_path / "model.json").read_text())
    (tmp_path / "bare.json").write_text(mixture.to_json())
    assert main(["report", "bare.json", "rows.csv", "-o", "bare.html"]) == 0
    page = (tmp_path / "bare.html").read_text(encoding="utf-8")
    assert "EM is not replayed" in page
    assert "mixtura score model.json rows.csv" in page
    assert 'id="player"' not in page
    monkeypatch.setattr("mixtura.report.drawn_rows.MOST_ROWS", 100)
    assert main(["report", "model.json", "rows.csv", "-o", "some.html"]) == 0
    assert "It is run on the rows that are drawn." in (tmp_path / "some.html").read_text(encoding="utf-8")
    rows[:170].rename({rows.columns[2]: "c"}).write_csv("other.csv")
    for most in (1000, 100):
        monkeypatch.setattr("mixtura.report.drawn_rows.MOST_ROWS", most)
        assert main(["report", "model.json", "other.csv", "-o", "other.html"]) == 0
        page = (tmp_path / "other.html").read_text(encoding="utf-8")
        assert "does not say how its fit to these rows ended" in page
        assert 'id="player"' in page
    for arguments, message in (
        (["--lang", "fr", "-o", "a.html"], "--lang is 'fr'; expected one of en, zh"),
        (["-o", "a.pdf"], "expected a name that ends in .html"),
    ):
        assert main(["report", "model.json", "rows.csv", *arguments]) == 2
        assert message in capsys.readouterr().err


def test_the_command_replays_from_a_start_that_moves(tmp_path, monkeypatch, rows):
    from mixtura.cli import main

    monkeypatch.chdir(tmp_path)
    rows.rename({rows.columns[2]: "c"}).write_csv("rows.csv")
    fit = ["replay", "rows.csv", "-k", "3", "--seed", "0"]
    assert main([*fit, "-o", "em.html"]) == 0
    assert "random rows as means" in (tmp_path / "em.html").read_text(encoding="utf-8")
    assert main([*fit, "--start", "small-em", "-o", "own.html"]) == 0
    assert "from its own start" in (tmp_path / "own.html").read_text(encoding="utf-8")
