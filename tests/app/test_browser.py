"""The page in Chromium: fit, watch, stop, compare, download, by mouse and by keyboard."""

import json
from dataclasses import replace

import numpy as np
import pytest

import mixtura
from mixtura.app import watch
from mixtura.plotting import axis_limits


def wait_for_fits(page, count):
    page.wait_for_function("(count) => document.querySelectorAll('#fit-rows tr').length === count", arg=count)
    page.wait_for_selector("#stop", state="hidden")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def fit(page, k, count, pace="0"):
    """Fit k components without pauses, as fit number ``count``."""
    page.select_option("#pace", pace)
    page.fill("#n-components", str(k))
    page.click("#fit")
    wait_for_fits(page, count)


def without_sum(page):
    page.locator("input[name=columns]").nth(2).uncheck()


def test_frames_arrive_and_the_fit_is_shown(visit):
    page, session = visit()
    assert page.evaluate("() => document.querySelectorAll('#setup input:not([disabled])').length") > 5
    without_sum(page)
    page.fill("#n-components", "3")
    page.select_option("#pace", "3")
    page.click("#fit")
    page.wait_for_function("() => window.mixtura.seen().frames >= 3")
    assert page.locator("#stop").is_visible()
    assert page.locator("#fit").is_disabled()
    assert page.locator("#player").count() == 0
    assert page.locator("#status").inner_text().startswith("Iteration ")
    before = page.locator("#trace .trace-line").get_attribute("d")
    page.select_option("#pace", "30")
    page.wait_for_function(
        "(d) => document.querySelector('#trace .trace-line')?.getAttribute('d').length > d.length", arg=before
    )
    wait_for_fits(page, 1)
    found = session.fits[1].fit
    assert "Converged." in page.locator("#summary").inner_text()
    assert page.locator("#status").inner_text() == f"Fit 1 is done after {found.iterations} iterations."
    assert page.evaluate("() => window.mixtura.frames()") == len(found.history)
    shown = page.evaluate("() => Array.from({ length: 150 }, (_, row) => window.mixtura.posterior(0, row))")
    np.testing.assert_allclose(shown, found.history[0].mixture.posterior(session.fits[1].table), atol=2e-3)
    assert page.evaluate("() => window.mixtura.renderer()") == "webgl2"
    page.locator("[data-part=first]").click()
    assert page.evaluate("() => window.mixtura.state().frame") == 0
    page.locator("#summary button[data-component='1']").click()
    assert page.locator("#legend button").nth(1).get_attribute("aria-pressed") == "true"


def test_stop_keeps_the_best_so_far(visit):
    page, session = visit()
    without_sum(page)
    page.fill("#n-components", "4")
    page.select_option("#pace", "3")
    page.click("#fit")
    page.wait_for_function("() => window.mixtura.seen().frames >= 2")
    page.click("#stop")
    wait_for_fits(page, 1)
    assert session.fits[1].fit.outcome is mixtura.Outcome.INTERRUPTED
    assert "Interrupted: this is the best so far." in page.locator("#summary").inner_text()


def test_plots_that_were_replaced_hear_no_more_of_the_colours(visit):
    page, _ = visit()
    page.evaluate(
        """() => {
            window.listening = 0;
            for (const [name, step] of [["addEventListener", 1], ["removeEventListener", -1]]) {
                const own = MediaQueryList.prototype[name];
                MediaQueryList.prototype[name] = function (...given) {
                    window.listening += step;
                    return own.apply(this, given);
                };
            }
        }"""
    )
    without_sum(page)
    for count in (1, 2, 3):
        fit(page, 2, count)
    assert page.evaluate("() => window.listening") == 1


def test_iterations_without_a_finite_log_likelihood_are_shown(visit, monkeypatch):
    own = watch.iteration_watcher

    def endless(*given):
        watcher = own(*given)
        return lambda one: watcher(replace(one, loglik=-np.inf) if one.number < 2 else one)

    monkeypatch.setattr(watch, "iteration_watcher", endless)
    page, _ = visit()
    without_sum(page)
    fit(page, 3, 1, pace="30")
    assert page.locator("#status").inner_text().startswith("Fit 1 is done")
    assert "Converged." in page.locator("#summary").inner_text()


def test_two_fits_are_compared_and_shown_again(visit):
    page, session = visit()
    without_sum(page)
    fit(page, 2, 1)
    fit(page, 3, 2)
    page.click("#compare button")
    page.wait_for_selector("#comparison h3")
    wanted = mixtura.compare(session.fits[1].fit, session.fits[2].fit, session.fits[1].table)
    text = page.locator("#comparison").inner_text()
    assert f"{wanted.adjusted_rand_index:.4f}" in text
    assert f"{wanted.assessments[1].bic:,.2f}" in text
    page.click("#fit-rows tr:last-child button")
    page.wait_for_function("() => document.querySelector('#summary h2').textContent === 'Fit 1'")
    assert page.locator("#legend button").count() == 2
    page.reload()
    page.wait_for_selector("html.ready")
    assert page.locator("#fit-rows tr").count() == 2


def test_a_selection_and_one_column(visit):
    page, session = visit()
    for column in (1, 2):
        page.locator("input[name=columns]").nth(column).uncheck()
    page.fill("#n-components", "1")
    page.fill("#most-components", "3")
    page.select_option("#model", "all")
    assert not page.locator("#start").is_visible()
    page.click("#fit")
    wait_for_fits(page, 1)
    assert page.locator("#cell-rows tr").count() == 6
    assert session.fits[1].selection is not None
    assert page.locator("#plot .curve").count() == session.fits[1].fit.mixture.n_components


def test_each_file_can_be_downloaded(visit, tmp_path):
    page, session = visit()
    fit(page, 2, 1)
    found = {}
    for name in ("model.json", "labels.csv", "report.html", "picture.png"):
        with page.expect_download() as download:
            page.click(f"#summary a[download$='{name}']")
        path = tmp_path / name
        download.value.save_as(path)
        assert download.value.suggested_filename == f"fit-1-{name}"
        found[name] = path.read_bytes()
    assert mixtura.Fit.from_json(found["model.json"].decode()).bic == session.fits[1].fit.bic
    assert found["labels.csv"].decode().count("\n") == 151
    assert found["picture.png"].startswith(b"\x89PNG")
    with page.context.expect_page() as opened:
        page.click("#summary a.primary")
    opened.value.wait_for_selector("html.ready")
    assert "2 components" in opened.value.locator("h1").inner_text()


def test_errors_are_sentences_in_the_page(visit):
    page, _ = visit()
    page.fill("#n-components", "0")
    page.click("#fit")
    page.wait_for_selector("#error:not([hidden])")
    assert "expected a whole number from 1 to 100" in page.locator("#error").inner_text()
    assert page.locator("#fit").is_enabled()
    assert page.locator(".unusable input").is_disabled()
    fit(page, 1, 1)
    assert not page.locator("#error").is_visible()


def test_by_keyboard(visit):
    page, _ = visit()
    page.focus("#n-components")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'stop' || window.mixtura.seen().frames > 0")
    wait_for_fits(page, 1)
    page.focus("#fit")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'stop'")
    page.keyboard.press("Enter")
    wait_for_fits(page, 2)
    assert page.evaluate("() => document.activeElement.id") == "fit"


@pytest.mark.parametrize(
    ("lang", "options"),
    [
        ("en", {}),
        ("en", {"color_scheme": "dark"}),
        ("zh", {"viewport": {"width": 390, "height": 844}}),
    ],
    ids=["light", "dark", "phone"],
)
def test_no_barriers(visit, axe, lang, options):
    """axe-core finds nothing serious before, during and after fits, and a phone does not scroll sideways."""
    page, _ = visit(lang, **options)

    def check():
        found = json.loads(page.evaluate("async () => JSON.stringify((await window.axe.run()).violations)"))
        serious = [(each["id"], [node["html"][:150] for node in each["nodes"]]) for each in found]
        assert [
            each for each, one in zip(serious, found, strict=True) if one["impact"] in ("serious", "critical")
        ] == []

    page.evaluate(axe)
    check()
    page.fill("#n-components", "3")
    page.select_option("#pace", "3")
    page.click("#fit")
    page.wait_for_function("() => window.mixtura.seen().frames >= 1")
    check()
    page.click("#stop")
    wait_for_fits(page, 1)
    fit(page, 2, 2)
    page.click("#compare button")
    page.wait_for_selector("#comparison h3")
    check()
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_each_fit_has_the_histogram_of_its_own_column(visit):
    page, session = visit()
    boxes = page.locator("input[name=columns]:enabled")
    drawn = []
    for column in range(2):
        for other in range(boxes.count()):
            boxes.nth(other).set_checked(other == column)
        fit(page, 2, column + 1)
        bars = page.locator("#plot .bar").evaluate_all("(all) => all.map((bar) => Number(bar.getAttribute('height')))")
        entry = session.fits[column + 1]
        values = entry.table.rows[:, 0]
        counts, _ = np.histogram(values, bins=len(bars), range=axis_limits(entry.fit.mixture, values, 0))
        np.testing.assert_allclose(np.array(bars) / max(bars), counts / counts.max(), atol=1e-3)
        drawn.append(bars)
    assert drawn[0] != drawn[1]
