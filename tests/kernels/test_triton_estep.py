"""The Triton kernels, interpreted on the CPU, give the NumPy kernel's statistics; and they compile for a GPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import triton_cases
from triton_cases import CASES, FORMS

import mixtura
from mixtura.errors import MixturaWarning
from mixtura.kernels import tensors, triton_choice
from mixtura.kernels.deviation_sums import supports

ROOT = Path(__file__).parents[2]


def interpreted():
    """What a process of its own prints, in which Triton interprets: name -> errors."""
    environment = os.environ | {"TRITON_INTERPRET": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, triton_cases.__file__]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {result["name"]: result for result in map(json.loads, done.stdout.splitlines())}


def test_interpreted_kernels_give_what_other_kernels_give():
    """In one test, so that the process, which takes most of a minute, runs once."""
    results = interpreted()
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    for name in names:
        check_sums(name, results[name])
    for form in FORMS:
        check_far_rows(results[f"far rows, {form}"], results[f"far rows, {form}, noise"])
        assert results[f"blocks, {form}"]["error"] < 1e-6  # blocks and splits change nothing but rounding
        assert results[f"no rows, {form}"]["largest"] == 0
    for model in ("VVV", "VVI", "EEE", "VVV, noise", "VVI, noise"):
        check_fit(results[f"chosen, {model}"])


def check_sums(name, found):
    """The sums are those of the NumPy kernel."""
    assert found["same"], f"{name}: two runs differ"
    assert max(found[part] for part in ("weight", "scatter", "loglik", "log_density")) < 1e-5, name
    assert found["deviation / scale"] < 1e-5, name  # in units of weight x standard deviation, so of the mean's error
    if not name.startswith("at the limit"):
        assert found["deviation"] < 1e-5, name
    assert found["assignment_logprob"] < 1e-5, name  # for each row, since the whole may be next to zero


def check_far_rows(alone, with_noise):
    """Rows beyond single precision leave finite sums."""
    assert alone["finite"]
    assert with_noise["finite"]
    assert alone["weight"] == pytest.approx(4, abs=1e-4)
    assert with_noise["noise"] == pytest.approx(4, abs=1e-4)
    assert with_noise["own"] < 1e-4


def check_fit(found):
    """Fits are those of plain PyTorch."""
    assert found["trial"]
    assert found["trace"] < 1e-6
    assert found["log_density"] < 1e-4


@pytest.mark.filterwarnings("ignore")
def test_where_the_kernels_do_not_work_plain_pytorch_computes(monkeypatch):
    """Without the interpreter and without a GPU the compiler fails, as it may with a driver that it does not know."""
    with pytest.warns(MixturaWarning, match="do not work on cpu, so plain PyTorch computes"):
        assert not triton_choice.agrees("cpu", tensors.plain_estep, 4, elementwise=False)
    monkeypatch.setattr(triton_choice, "_difference", lambda *_: 1.0)
    with pytest.warns(MixturaWarning, match="statistics differ by 1e"):
        assert not triton_choice.agrees("cpu:0", tensors.plain_estep, 4, elementwise=True)


def test_rows_on_the_cpu_and_in_float64_are_for_plain_pytorch():
    rows = torch.zeros(3, 2)
    affine = mixtura.Mixture([1.0], [[0.0, 0.0]], [np.eye(2)]).affine
    assert not triton_choice.is_fused(affine, rows, "full", tensors.plain_estep)


def test_what_the_kernels_support():
    assert supports("dense", "full", 64, "torch.float32")
    assert supports("diagonal", "diagonal", 256, "torch.float32")
    assert not supports("shared", "pooled", 65, "torch.float32")
    assert not supports("diagonal", "full", 65, "torch.float32")
    assert not supports("diagonal", "diagonal", 257, "torch.float32")
    assert not supports("diagonal", "diagonal", 2, "torch.float64")


def test_kernels_compile_without_spilling_registers(tmp_path):
    """At the shapes of the goals, for an H100, which need not be there; the program fails if a kernel spills."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment["TRITON_CACHE_DIR"] = str(tmp_path)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    command = [sys.executable, str(ROOT / "bench" / "gpu_compile.py"), "--capabilities", "90"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("| 9.0 |") == 10
