"""Kill fits at random moments, again and again, resume them from their checkpoints, and compare the bits."""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

FIT = """
import json, sys, warnings
import mixtura
warnings.simplefilter("ignore")
rows, checkpoint, options, accelerate = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4] == "yes"
kept = mixtura.Checkpoint(checkpoint, passes=1) if checkpoint else None
em = mixtura.EM(tol=1e-9, max_iter=300, accelerate=accelerate, checkpoint=kept)
fit = mixtura.fit(mixtura.scan(rows), start="kmeans", seed=4, em=em, record=True, **options)
print(json.dumps([fit.trace, fit.mixture.means.tolist(), [start.passes for start in fit.starts], len(fit.history)]))
"""

CASES = {
    "VVV, accelerated": ({"n_components": 5, "n_init": 3}, "yes"),
    "VVE, accelerated": ({"n_components": 5, "n_init": 3, "model": "VVE"}, "yes"),
    "EEV, plain EM": ({"n_components": 5, "n_init": 3, "model": "EEV"}, "no"),
    "VVI and noise, accelerated": ({"n_components": 5, "n_init": 3, "model": "VVI", "noise": 0.02}, "yes"),
}


def command(rows, checkpoint, options, accelerate):
    """The command of a process that fits."""
    return [sys.executable, "-c", FIT, str(rows), str(checkpoint), json.dumps(options), accelerate]


def killed_until_it_ends(arguments, longest):
    """What the fit prints in the end, and how often it was killed before."""
    for kills in range(10_000):
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                printed, _ = process.communicate(timeout=random.uniform(0.3, longest))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                continue
        return printed, kills
    raise RuntimeError("it never ended")


def main():
    """Print for each case the number of kills and of results that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of each case, at least")
    wanted = parser.parse_args().kills
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder, "rows.npy")
        rng = np.random.default_rng(1)
        np.save(rows, np.concatenate([rng.normal(mean, 1, (3000, 3)) for mean in (0, 1.5, 3)]))
        for name, case in CASES.items():
            began = time.monotonic()
            undisturbed = subprocess.run(command(rows, "", *case), check=True, capture_output=True, text=True).stdout
            longest = 1.2 * (time.monotonic() - began)
            kills = different = fits = 0
            while kills < wanted:
                printed, count = killed_until_it_ends(command(rows, Path(folder, "fit.checkpoint"), *case), longest)
                kills, fits, different = kills + count, fits + 1, different + (printed != undisturbed)
            print(f"{name}: {kills} kills in {fits} fits; {different} differ from the undisturbed one", flush=True)


if __name__ == "__main__":
    main()
