"""A fit whose process was killed goes on from its checkpoint, and ends with the same bits as without."""

import os
import pickle
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import mixtura
from mixtura import EM, Checkpoint, DataError, MixturaWarning, ParameterError
from mixtura.covariance.models import MODELS

RNG = np.random.default_rng(0)
ROWS = np.concatenate([RNG.normal(mean, 1, (100, 2)) for mean in (0, 1.5, 3)])
LABELS = np.where(np.arange(300) % 10 == 0, np.arange(300) // 100, -1)
MIXTURE = mixtura.Mixture(np.full(3, 1 / 3), [[0.0, 0], [1, 2], [4, 3]], np.array([np.eye(2)] * 3))
FITS = {
    **{name: {"model": name, "n_components": 3} for name in MODELS},
    "plain EM": {"n_components": 3, "accelerate": False},
    "noise": {"n_components": 3, "noise": True},
    "trimming": {"n_components": 3, "trim": 0.1},
    "prior": {"n_components": 3, "prior": "conjugate"},
    "known labels": {"n_components": 3, "known_labels": LABELS, "start": "small-em"},
    "fixed means": {"fixed": {"means": [0]}, "start": MIXTURE},
    "several starts": {"n_components": 4, "start": "random_from_data", "n_init": 3},
    "removed components": {"n_components": 60, "start": "random_from_data", "model": "VVV"},
    "default start": {"n_components": 3, "start": "small-em"},
}


class KilledError(Exception):
    """The end of a process, as far as a test in one process can have it."""


def fitted(path, killed_at=None, passes=1, **options):
    """A fit with a checkpoint, which is killed after some iterations."""
    count = 0

    def on_iteration(iteration):
        nonlocal count
        count += 1
        if count == killed_at:
            raise KilledError

    accelerate = options.pop("accelerate", True)
    em = EM(tol=1e-9, max_iter=60, accelerate=accelerate, checkpoint=path and Checkpoint(path, passes=passes))
    options = {"start": "kmeans", "seed": 3, "em": em, "record": True, "on_iteration": on_iteration, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        return mixtura.fit(ROWS, **options)


def assert_same(one, other):
    """Two fits have the same bits."""
    assert one.trace == other.trace
    assert one.starts == other.starts
    np.testing.assert_array_equal(one.mixture.means, other.mixture.means)
    np.testing.assert_array_equal(one.mixture.covariances.dense(), other.mixture.covariances.dense())
    assert [each.loglik for each in one.history] == [each.loglik for each in other.history]
    assert one.em == other.em


@pytest.mark.parametrize("name", FITS)
def test_a_fit_goes_on_with_the_same_bits(name, tmp_path):
    path, undisturbed = tmp_path / "fit.checkpoint", fitted(None, **FITS[name])
    total = sum(start.iterations + 1 for start in undisturbed.starts)
    for killed_at in sorted({2, 5, total // 2, total - 2}):
        with pytest.raises(KilledError):
            fitted(path, max(killed_at, 2), **FITS[name])
        assert path.exists()
        assert_same(fitted(path, **FITS[name]), undisturbed)
        assert not path.exists()


def test_a_fit_that_is_killed_again_and_again_arrives(tmp_path):
    path, options = tmp_path / "fit.checkpoint", {"n_components": 4, "start": "random_from_data", "n_init": 3}
    for _ in range(300):
        try:
            found = fitted(path, 3, **options)
            break
        except KilledError:
            assert path.exists()
    assert_same(found, fitted(None, **options))


def test_a_seed_that_was_drawn_is_kept(tmp_path):
    path, options = tmp_path / "fit.checkpoint", {"n_components": 4, "start": "random_from_data", "n_init": 3}
    with pytest.raises(KilledError):
        fitted(path, 2, seed=None, **options)
    saved = path.read_bytes()
    found = [fitted(path, seed=None, **options)]
    path.write_bytes(saved)
    assert_same(fitted(path, seed=None, **options), *found)


def test_a_real_process_may_be_killed(tmp_path):
    path = tmp_path / "fit.checkpoint"
    code = (
        "import sys, time, numpy as np, mixtura\n"
        "rows = np.load(sys.argv[1])\n"
        "em = mixtura.EM(tol=1e-9, checkpoint=mixtura.Checkpoint(sys.argv[2], passes=1))\n"
        "slow = lambda iteration: time.sleep(float(sys.argv[3]))\n"
        "print(mixtura.fit(rows, 3, start='kmeans', em=em, on_iteration=slow).trace)\n"
    )
    np.save(tmp_path / "rows.npy", ROWS)
    command = [sys.executable, "-c", code, str(tmp_path / "rows.npy"), str(path)]
    with subprocess.Popen([*command, "0.2"], stdout=subprocess.PIPE) as process:
        first = b""
        while not (path.exists() and first and path.read_bytes() != first):
            first = first or (path.read_bytes() if path.exists() else b"")
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    resumed = subprocess.run([*command, "0"], check=True, capture_output=True, text=True).stdout
    assert resumed.strip() == str(mixtura.fit(ROWS, 3, start="kmeans", em=EM(tol=1e-9)).trace)


def test_ctrl_c_leaves_the_file(tmp_path):
    path, undisturbed = tmp_path / "fit.checkpoint", fitted(None, n_components=3)

    def interrupt(iteration):
        if iteration.number == 5:
            raise KeyboardInterrupt

    em = EM(tol=1e-9, max_iter=60, on_interrupt="keep", checkpoint=Checkpoint(path, passes=1))
    options = {"start": "kmeans", "seed": 3, "record": True}
    found = mixtura.fit(ROWS, 3, em=em, on_iteration=interrupt, **options)
    assert found.outcome is mixtura.Outcome.INTERRUPTED
    again = mixtura.fit(ROWS, 3, em=em, **options)
    assert again.trace == undisturbed.trace


def test_another_fit_is_refused(tmp_path):
    path = tmp_path / "fit.checkpoint"
    with pytest.raises(KilledError):
        fitted(path, 5, n_components=3)
    for options, what in [
        ({"n_components": 4}, "model"),
        ({"n_components": 3, "model": "EEE"}, "model"),
        ({"n_components": 3, "start": "k-means++"}, "start"),
        ({"n_components": 3, "n_init": 2}, "n_init or record"),
        ({"n_components": 3, "seed": 4}, "seed"),
        ({"n_components": 3, "accelerate": False}, "options of EM"),
        ({"n_components": 3, "sample_weight": np.arange(300)}, "data and model"),
    ]:
        with pytest.raises(ParameterError, match=f"is of another fit, with other .*{what}"):
            fitted(path, **options)
    assert path.exists()


def test_what_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "fit.checkpoint"
    for content in (b"", b"text", pickle.dumps(3), pickle.dumps(os.system), pickle.dumps(mixtura.fit)):
        path.write_bytes(content)
        with pytest.raises(DataError, match="is no checkpoint of this version"):
            fitted(path, n_components=3)
        assert path.read_bytes() == content


def test_a_checkpoint_runs_nothing(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    path = tmp_path / "fit.checkpoint"
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(DataError, match=r"posix\.mkdir is no value"):
        fitted(path, n_components=3)
    assert not (tmp_path / "made").exists()


def test_it_is_written_as_often_as_is_said(tmp_path, monkeypatch):
    writes = []
    original = mixtura.fitting.keeper.FileKeeper._write
    monkeypatch.setattr(
        mixtura.fitting.keeper.FileKeeper, "_write", lambda self, state: (writes.append(1), original(self, state))
    )
    fitted(tmp_path / "a", n_components=3)
    every = len(writes)
    fitted(tmp_path / "b", n_components=3, passes=10)
    assert every > 10
    assert 2 < len(writes) - every < every / 2
    del writes[:]
    mixtura.fit(ROWS, 3, start="kmeans", em=EM(tol=1e-9, checkpoint=tmp_path / "c"))
    assert len(writes) == 2  # at the beginning and after the run, which takes less than a minute
    mixtura.fit(ROWS, 3, start="kmeans", em=EM(tol=1e-9, checkpoint=Checkpoint(tmp_path / "d", minutes=1e-9)))
    assert len(writes) > 10


def test_a_file_that_cannot_be_written_is_told_at_once(tmp_path):
    with pytest.raises(ParameterError, match="cannot be written"):
        fitted(tmp_path / "missing" / "fit.checkpoint", n_components=3)


def test_options_are_checked():
    for wrong in (0, 1.5):
        with pytest.raises(ParameterError, match="passes is"):
            Checkpoint("a", passes=wrong)
    with pytest.raises(ParameterError, match="minutes is"):
        Checkpoint("a", minutes=-1)
    with pytest.raises(ParameterError, match="give one of them"):
        Checkpoint("a", passes=1, minutes=1)
    with pytest.raises(ParameterError, match="checkpoint is 3; expected a path"):
        EM(checkpoint=3)
    with pytest.raises(ParameterError, match="em has a checkpoint"):
        mixtura.select(ROWS, [1, 2], em=EM(checkpoint=Path("a")))
