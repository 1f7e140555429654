"""Pages in Chromium: they play, sort, point out and print, and their numbers are those of the mixture."""

import re
import warnings

import numpy as np
import pytest

import mixtura
from mixtura.report.drawn_rows import rows_of_page
from mixtura.report.frames import frames_of
from mixtura.report.recording import recording_of

TOLERANCE = 2e-3


@pytest.fixture(scope="module")
def path(fit, rows, tmp_path_factory):
    return fit.report(rows).save(tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture
def fitted_report(fit, rows, tmp_path):
    """Write the report in a language."""
    return lambda lang: fit.report(rows, lang=lang).save(tmp_path / "report.html")


def frames_in(fit, X):
    """The frames of the report of a fit: mixtures, and the places of their components."""
    drawn = rows_of_page(fit.mixture, X)
    return frames_of(fit.mixture, fit.loglik, recording_of(fit, X, drawn)), drawn.rows


def posteriors_in_page(visited, n, frames):
    """What the page computes for some frames, (frames, n, k)."""
    code = "([n, frames]) => frames.map((f) => Array.from({ length: n }, (_, row) => window.mixtura.posterior(f, row)))"
    return np.array(visited.page.evaluate(code, [n, list(frames)]))


def expected_posterior(frames, frame, rows, k):
    """What the mixture of a frame says, with its components at their places, and noise last."""
    mixture, place = frames.mixtures[frame], frames.places[frame]
    found = mixture.posterior(rows)
    placed = np.zeros((len(rows), k + (1 if mixture.noise else 0)))
    placed[:, place] = found[:, : len(place)]
    placed[:, k:] = found[:, len(place) :]
    return placed


def assert_posteriors(visited, fit, X, k):
    """Responsibilities in every frame, or in forty of them, by the page's arithmetic and by what draws its points."""
    assert_moments(visited, fit, X)
    frames, rows = frames_in(fit, X)
    count = len(frames.mixtures)
    assert visited.page.evaluate("() => window.mixtura.frames") == count
    numbers = np.unique(np.linspace(0, count - 1, 40).astype(int)).tolist()
    for frame, shown in zip(numbers, posteriors_in_page(visited, len(rows), numbers), strict=True):
        wanted = expected_posterior(frames, frame, rows, k)
        np.testing.assert_allclose(shown, wanted, atol=TOLERANCE)
        drawn = visited.page.evaluate("(frame) => window.mixtura.readBack(frame)", frame)
        np.testing.assert_allclose(drawn["certainty"], wanted.max(axis=1), atol=TOLERANCE)
        labels = np.array(drawn["labels"], dtype=int)
        np.testing.assert_allclose(wanted[np.arange(len(rows)), labels], wanted.max(axis=1), atol=2 * TOLERANCE)


def assert_moments(visited, fit, X):
    """Weights, means and covariances that ellipses and densities are drawn from, in the first and the last frame."""
    frames, _ = frames_in(fit, X)
    ask = "([f, j, x, y]) => ({ ...window.mixtura.marginal(f, j, x, y), weight: window.mixtura.weight(f, j) })"
    for frame in (0, len(frames.mixtures) - 1):
        mixture, places = frames.mixtures[frame], frames.places[frame]
        for j, place in enumerate(places.tolist()):
            for x, y in {(0, mixture.n_features - 1), (mixture.n_features - 1, 0), (mixture.n_features // 2, 0)}:
                found = visited.page.evaluate(ask, [frame, place, x, y])
                covariance = mixture.covariances[j]
                assert found["mean"] == pytest.approx(mixture.means[j, [x, y]], abs=1e-4)
                deviations = np.sqrt([covariance[x, x], covariance[y, y]])
                np.testing.assert_allclose(found["sd"], deviations, rtol=1e-4)
                assert found["correlation"] == pytest.approx(covariance[x, y] / deviations.prod(), abs=1e-4)
                assert found["weight"] == pytest.approx(mixture.weights[j], abs=1e-5)


def test_a_page_opens_without_a_network_and_shows_the_fit(visit, path):
    visited = visit(path)
    assert visited.page.evaluate("() => window.mixtura.renderer()") == "webgl2"
    assert visited.requests == [path.as_uri()]
    assert visited.page.locator("#legend button").count() == 3
    assert visited.part("position").inner_text().startswith("The fitted mixture")
    assert not visited.page.locator(".static-figure").is_visible()
    assert visited.page.evaluate("() => window.hacked") is None


def test_names_are_text_wherever_they_stand(visit, path, rows):
    visited = visit(path)
    visited.page.locator("details").first.evaluate("(details) => { details.open = true; }")
    for column in range(3):
        visited.page.select_option("#column-x", str(column))
        visited.settle()
    visited.page.fill("#row-number", "7")
    visited.page.press("#row-number", "Enter")
    assert rows.columns[2] in visited.page.locator("#details").inner_text()
    assert visited.page.locator("img").count() == 0
    assert visited.page.evaluate("() => window.hacked") is None


def test_no_script_runs_but_the_pages_own(visit, path):
    """Even if a name got into the page as a script, the browser would refuse it."""
    visited = visit(path)
    visited.page.evaluate(
        """() => { const script = document.createElement("script"); script.textContent = "window.hacked = 2";
        document.body.append(script); }"""
    )
    assert visited.page.evaluate("() => window.hacked") is None
    assert any("Content Security Policy" in trouble for trouble in visited.troubles)
    visited.troubles.clear()


def test_the_page_computes_the_responsibilities_of_every_frame(visit, path, fit, rows):
    assert_posteriors(visit(path), fit, rows, 3)


@pytest.mark.parametrize("model", ["VVI", "EEE"])
def test_other_forms_of_covariances(visit, rows, tmp_path, model):
    fit = mixtura.fit(rows, 3, model=model, seed=0)
    assert_posteriors(visit(fit.report(rows).save(tmp_path / "a.html")), fit, rows, 3)


def test_noise_is_a_component_of_its_own(visit, rows, tmp_path):
    values = np.vstack([rows.to_numpy(), np.random.default_rng(1).uniform(-9, 14, (15, 3))])
    fit = mixtura.fit(values, 3, model="EEE", noise=0.1, seed=0)
    visited = visit(fit.report(values).save(tmp_path / "a.html"))
    assert_posteriors(visited, fit, values, 3)
    assert visited.page.locator("#legend").inner_text().splitlines()[-2] == "noise"


@pytest.mark.parametrize(
    ("d", "k", "renderer"), [(1, 2, "webgl2"), (12, 4, "webgl2"), (18, 3, "canvas"), (2, 25, "webgl2")]
)
def test_few_and_many_columns_and_components(visit, tmp_path, d, k, renderer):
    rng = np.random.default_rng(d)
    values = np.concatenate([rng.normal(m, 1, (30, d)) for m in rng.normal(0, 9, (k, d))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        fit = mixtura.fit(values, k, model="EEE" if d > 2 else "VVV", seed=0)
    visited = visit(fit.report(values).save(tmp_path / "a.html"))
    assert visited.page.evaluate("() => window.mixtura.renderer()") == renderer
    assert_posteriors(visited, fit, values, fit.mixture.n_components)
    assert visited.page.locator("#plot svg path").count() >= k


def test_outliers_far_away_keep_the_responsibilities_of_the_others(visit, rows, tmp_path):
    values = rows.to_numpy().copy()
    values[0] = 1e7
    fit = mixtura.fit(values, 3, model="EEE", noise=[0], seed=0)
    assert_posteriors(visit(fit.report(values).save(tmp_path / "a.html")), fit, values, 3)


def test_play_step_drag_and_the_curve(visit, path):
    visited = visit(path)
    last = visited.page.evaluate("() => window.mixtura.frames") - 1
    assert visited.state()["frame"] == last
    visited.part("first").click()
    assert (visited.state()["frame"], visited.part("back").is_disabled()) == (0, True)
    visited.part("next").click()
    visited.part("next").click()
    visited.part("back").click()
    assert visited.state()["frame"] == 1
    assert visited.part("position").inner_text().startswith("Iteration 1 of ")
    before = visited.page.locator("#plot .ellipse").first.get_attribute("d")
    visited.part("slider").fill(str(last - 1))
    visited.settle()
    assert visited.state()["frame"] == last - 1
    assert visited.page.locator("#plot .ellipse").first.get_attribute("d") != before
    visited.part("slider").focus()
    visited.page.keyboard.press("ArrowLeft")
    assert visited.state()["frame"] == last - 2
    visited.page.locator("#trace").click(position={"x": 60, "y": 60})
    assert visited.state()["frame"] < last / 2
    visited.part("speed").select_option("4")
    visited.part("play").click()
    assert visited.part("play").get_attribute("aria-label") == "Pause"
    visited.page.wait_for_selector("#player:not(.playing)")
    assert visited.state()["frame"] == last
    visited.part("play").click()  # begins anew
    visited.part("play").click()
    assert visited.state()["playing"] is False
    assert visited.state()["frame"] < last


def test_pointing_at_a_row_tells_its_values_and_probabilities(visit, path, fit, rows):
    visited = visit(path)
    visited.page.fill("#row-number", "100")
    visited.page.press("#row-number", "Enter")
    text = visited.page.locator("#details").inner_text()
    assert "Row 100" in text
    assert f"{rows[99, 0]:.5g}".replace("-", "−") in text
    visited.page.locator("#plot").scroll_into_view_if_needed()
    ring = visited.page.locator("#plot .ring")
    box = ring.bounding_box()
    visited.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert visited.state()["row"] >= 0
    visited.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert visited.state()["pinned"] >= 0
    visited.page.fill("#row-number", "9999")
    visited.page.press("#row-number", "Enter")
    assert visited.page.locator("#row-number").get_attribute("aria-invalid") == "true"
    assert "No row is chosen." in visited.page.locator("#details").inner_text()


def test_columns_can_be_chosen(visit, path, rows):
    visited = visit(path)
    visited.page.select_option("#column-x", "1")
    visited.page.select_option("#column-y", "0")
    visited.settle()
    names = visited.page.locator("#plot .axis-name").all_text_contents()
    assert names == [rows.columns[1], rows.columns[0]]
    visited.page.select_option("#column-y", "-1")
    visited.settle()
    assert visited.page.locator("#plot .axis-name").all_text_contents()[1] == "density"
    assert visited.page.locator("#plot .curve").count() == 3
    assert visited.page.locator("#plot .bar").count() == 48


def test_heads_sort_and_names_highlight(visit, path):
    visited = visit(path)
    table = visited.page.locator("table[data-sortable]").first
    sizes = lambda: [float(text) for text in table.locator("tbody td:nth-child(2)").all_inner_texts()]  # noqa: E731
    head = table.locator("th button").nth(1)
    head.click()
    assert sizes() == sorted(sizes())
    head.click()
    assert sizes() == sorted(sizes(), reverse=True)
    assert table.locator("th").nth(1).get_attribute("aria-sort") == "descending"
    button = table.locator("button[data-component='1']")
    button.focus()
    visited.page.keyboard.press("Enter")
    assert visited.state()["selected"] == 1
    assert visited.page.locator("#legend button").nth(1).get_attribute("aria-pressed") == "true"
    button.click()
    assert visited.state()["selected"] == -1
    visited.page.locator("#legend button").nth(2).click()
    assert visited.page.locator("tr.selected button").first.get_attribute("data-component") == "2"
    visited.page.locator("button[data-row]:visible").first.click()
    assert visited.state()["pinned"] >= 0


def test_what_can_be_taken_along_is_whole(visit, path, fit, rows):
    visited = visit(path)
    with visited.page.expect_download() as download:
        visited.page.click("#download-model")
    text = download.value.path().read_text(encoding="utf-8")
    np.testing.assert_array_equal(mixtura.Mixture.from_json(text).means, fit.mixture.means)
    with visited.page.expect_download() as download:
        visited.page.click("#download-rows")
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0] == "row,component,p component 0,p component 1,p component 2"
    table = np.array([[float(cell) for cell in line.split(",")[2:]] for line in lines[1:]])
    np.testing.assert_allclose(table, fit.mixture.posterior(rows), atol=TOLERANCE)


def test_a_browser_without_webgl_draws_on_a_canvas(visit, plain_browser, path, fit, rows):
    visited = visit(path, within=plain_browser)
    assert visited.page.evaluate("() => window.mixtura.renderer()") == "canvas"
    assert_posteriors(visited, fit, rows, 3)
    assert len(set(pixels_of(visited))) > 3


def test_a_lost_context_becomes_a_canvas(visit, path):
    visited = visit(path)
    visited.page.evaluate(
        """() => document.querySelector("#plot canvas").getContext("webgl2").getExtension("WEBGL_lose_context")
        .loseContext()"""
    )
    visited.page.wait_for_timeout(200)
    assert visited.page.evaluate("() => window.mixtura.renderer()") == "canvas"
    assert len(set(pixels_of(visited))) > 3
    visited.troubles[:] = [one for one in visited.troubles if "CONTEXT_LOST" not in one]


def pixels_of(visited):
    """Colours of the plot's canvas, as it would be saved."""
    code = """() => { const from = document.querySelector("#plot canvas"); const to = document.createElement("canvas");
    to.width = from.width; to.height = from.height; const context = to.getContext("2d"); context.drawImage(from, 0, 0);
    return Array.from(new Uint32Array(context.getImageData(0, 0, to.width, to.height).data.buffer)); }"""
    return visited.page.evaluate(code)


def test_points_have_the_colours_of_their_components(visit, path):
    visited = visit(path)
    colours = set(pixels_of(visited))
    assert len(colours) > 3
    visited.page.locator("#legend button").first.click()
    visited.settle()
    assert set(pixels_of(visited)) != colours


@pytest.mark.parametrize("width", [320, 375, 768])
def test_nothing_is_wider_than_a_phone(visit, path, width):
    visited = visit(path, viewport={"width": width, "height": 700}, is_mobile=True, has_touch=True)
    assert visited.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_dark_mode_is_dark(visit, path):
    back = "() => getComputedStyle(document.body).backgroundColor"
    light = visit(path, color_scheme="light").page.evaluate(back)
    dark = visit(path, color_scheme="dark").page.evaluate(back)
    brightness = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (light, dark)]
    assert brightness[0] > 700
    assert brightness[1] < 150


def test_print_has_a_picture_in_place_of_the_canvas(visit, path):
    visited = visit(path)
    visited.page.emulate_media(media="print")
    assert visited.page.locator(".static-figure").is_visible()
    assert not visited.page.locator("#explorer").is_visible()
    assert visited.page.locator(".static-figure .ellipse").count() == 3
    assert visited.page.pdf()[:4] == b"%PDF"


def test_without_a_script_the_picture_is_there(browser, path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator(".static-figure").is_visible()
    assert not page.locator("#explorer").is_visible()
    context.close()


@pytest.mark.parametrize(("lang", "scheme"), [("en", "light"), ("en", "dark"), ("zh", "light")])
def test_no_barriers(visit, axe, fitted_report, lang, scheme):
    visited = visit(fitted_report(lang), color_scheme=scheme)
    visited.page.locator("details").first.evaluate("(details) => { details.open = true; }")
    visited.page.evaluate(axe)
    found = visited.page.evaluate("async () => (await axe.run()).violations")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_a_selection_shows_its_criterion(visit, rows, tmp_path):
    chosen = mixtura.select(rows, [1, 2, 3, 4], models=["EEE", "VVV", "VII"], seed=0)
    visited = visit(chosen.report(rows).save(tmp_path / "a.html"))
    assert visited.page.locator("#selection-head").is_visible()
    assert visited.page.locator(".chart polyline").count() == 3
    assert_posteriors(visited, chosen.best, rows, chosen.best.mixture.n_components)


def test_a_notebook_plays_the_replay_in_a_frame(browser, fit, rows, tmp_path):
    shown = mixtura.replay(fit, rows)
    page = browser.new_page()
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><title>n</title>{shown._repr_html_()}", encoding="utf-8")
    page.goto(notebook.as_uri())
    frame = page.frames[1]
    frame.wait_for_selector("html.ready")
    frame.wait_for_selector("#player:not(.playing)", timeout=30_000)
    state = frame.evaluate("() => window.mixtura.state()")
    assert state["frame"] == frame.evaluate("() => window.mixtura.frames") - 1
    page.close()


def test_a_reader_who_wants_no_motion_gets_none(visit, fit, rows, tmp_path):
    visited = visit(mixtura.replay(fit, rows, tmp_path / "em.html"), reduced_motion="reduce")
    assert (visited.state()["frame"], visited.state()["playing"]) == (0, False)


def test_a_sample_keeps_the_numbers_of_its_rows(visit, fit, rows, tmp_path, monkeypatch):
    monkeypatch.setattr("mixtura.report.drawn_rows.MOST_ROWS", 50)
    visited = visit(fit.report(rows).save(tmp_path / "a.html"))
    drawn = rows_of_page(fit.mixture, rows)
    assert drawn.is_sample
    visited.page.fill("#row-number", str(drawn.numbers[7] + 1))
    visited.page.press("#row-number", "Enter")
    assert visited.state()["pinned"] == 7
    assert "50 of the 180 rows" in visited.page.locator("main").inner_text()
