"""Size of a report, and how long a browser takes to open it and to draw a frame: ``python bench/report.py``.

100,000 rows in 8 columns, 10 components, 200 recorded iterations, in Debian's Chromium with software rendering.
"""

import argparse
import statistics
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

import mixtura

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)

# Draws frames one after another, each until the pixels are there; returns the milliseconds of each.
DRAW = """async (frames) => {
  const times = [];
  const slider = document.querySelector("[data-part=slider]");
  const canvas = document.querySelector("#plot canvas");
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const pixel = new Uint8Array(4);
  for (const frame of frames) {
    const start = performance.now();
    slider.value = frame;
    slider.dispatchEvent(new Event("input"));
    await painted();
    const gl = canvas.getContext("webgl2");
    if (gl) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    times.push(performance.now() - start);
  }
  return times;
}"""


def make_fit(n, d, k, steps):
    """Rows of a random mixture, and a fit with that many recorded iterations."""
    rng = np.random.default_rng(0)
    means, roots = rng.normal(0, 3, (k, d)), rng.normal(size=(k, d, d)) * 0.4 + np.eye(d)
    rows = np.concatenate([rng.normal(size=(n // k, d)) @ roots[j] + means[j] for j in range(k)])
    rng.shuffle(rows)
    em = mixtura.EM(accelerate=False, stop="parameters", tol=1e-300, max_iter=steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        return rows, mixtura.fit(rows, k, em=em, seed=0, start="random", record=True)


def measure(path, frames, flags=FLAGS):
    """Seconds until the page is ready, and milliseconds of each frame."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(flags))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        start = time.perf_counter()
        page.goto(path.as_uri())
        page.wait_for_selector("html.ready")
        page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
        opened = time.perf_counter() - start
        times = page.evaluate(DRAW, frames)
        renderer = page.evaluate("() => window.mixtura.renderer()")
        browser.close()
    return opened, times, renderer


def main():
    """Print one line for each kind of drawing."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("rows", 100_000), ("columns", 8), ("components", 10), ("iterations", 200)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    rows, fit = make_fit(given.rows, given.columns, given.components, given.iterations)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.html")
        start = time.perf_counter()
        fit.report(rows, path)
        print(f"{path.stat().st_size / 1e6:.2f} MB, written in {time.perf_counter() - start:.1f} s")
        frames = [int(frame) for frame in np.linspace(0, len(fit.history) - 1, 20)]
        for flags in (FLAGS, ("--no-sandbox", "--disable-3d-apis")):
            opened, times, renderer = measure(path, frames, flags)
            print(f"{renderer}: opens in {opened:.2f} s, a frame in {statistics.median(times):.0f} ms (median of 20)")


if __name__ == "__main__":
    main()
