"""Fits to report, and pages in a real browser."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mixtura

HOSTILE = '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'


@pytest.fixture(scope="session")
def rows():
    """Three clusters in three columns, one of which has a hostile name."""
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(m, s, (60, 3)) for m, s in ((0, 1), ((4, 1, 0), 0.7), ((1, 5, 3), 1.2))])
    return pl.DataFrame(values, schema=["width mm", "height & depth", HOSTILE])


@pytest.fixture(scope="session")
def fit(rows):
    return mixtura.fit(rows, 3, seed=0, n_init=3)


@pytest.fixture(scope="session")
def plain_browser(play):
    """Chromium without WebGL."""
    launched = play[0].chromium.launch(executable_path=play[1], args=["--no-sandbox", "--disable-3d-apis"])
    yield launched
    launched.close()


class Visit:
    """A page that was opened, with all that went wrong in it."""

    def __init__(self, browser, path, **options):
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.troubles, self.requests = [], []
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(Path(path).as_uri())
        self.page.wait_for_selector("html.ready")
        self.settle()

    def settle(self):
        """Wait until what has changed is drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")

    def state(self):
        return self.page.evaluate("() => window.mixtura.state()")

    def part(self, name):
        return self.page.locator(f"[data-part={name}]")


@pytest.fixture
def visit(browser):
    """Open a file in a new context; at the end, nothing may have gone wrong and nothing been asked of a network."""
    opened = []

    def open_page(path, *, within=None, **options):
        opened.append(Visit(within or browser, path, **options))
        return opened[-1]

    yield open_page
    for one in opened:
        assert one.troubles == []
        assert [url for url in one.requests if not url.startswith(("file:", "blob:"))] == []
        one.context.close()
