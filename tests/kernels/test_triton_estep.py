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


@pytest.fixture(scope="module")
def results():
    """What a process of its own prints, in which Triton interprets: name -> errors."""
    environment = os.environ | {"TRITON_INTERPRET": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, triton_cases.__file__]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {result["name"]: result for result in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_sums_are_those_of_the_numpy_kernel(results, name):
    found = results[name]
    assert found["same"], "two runs differ"
    assert max(found[part] for part in ("weight", "scatter", "loglik", "log_density")) < 1e-5
    assert found["deviation / scale"] < 1e-5  # in units of weight x standard deviation, hence of the mean's error
    if not name.startswith("at the limit"):
        assert found["deviation"] < 1e-5
    assert found["assignment_logprob"] < 1e-5  # for each row, since the whole may be next to zero


def test_every_case_was_computed_once(results):
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert set(names) <= set(results)


@pytest.mark.parametrize("form", FORMS)
def test_rows_beyond_single_precision_leave_finite_sums(results, form):
    alone, with_noise = results[f"far rows, {form}"], results[f"far rows, {form}, noise"]
    assert alone["finite"]
    assert with_noise["finite"]
    assert alone["weight"] == pytest.approx(4, abs=1e-4)
    assert with_noise["noise"] == pytest.approx(4, abs=1e-4)
    assert with_noise["own"] < 1e-4


@pytest.mark.parametrize("form", FORMS)
def test_blocks_and_splits_change_nothing_but_rounding(results, form):
    assert results[f"blocks, {form}"]["error"] < 1e-6


@pytest.mark.parametrize("form", FORMS)
def test_no_rows_have_sums_of_zero(results, form):
    assert results[f"no rows, {form}"]["largest"] == 0


@pytest.mark.parametrize("model", ["VVV", "VVI", "EEE", "VVV, noise", "VVI, noise"])
def test_fits_are_those_of_plain_pytorch(results, model):
    found = results[f"chosen, {model}"]
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
