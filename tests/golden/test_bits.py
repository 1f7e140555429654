"""Fits and sweeps of every kind end in the same bits as when they were recorded: nothing has changed but the house."""

import importlib.util
import json
from pathlib import Path

import pytest

SPECIFICATION = importlib.util.spec_from_file_location("golden", Path(__file__).with_name("run.py"))
golden = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(golden)

RECORDED = json.loads(golden.BITS.read_text(encoding="utf-8")).get(golden.machine())


@pytest.mark.skipif(RECORDED is None, reason="the last bits depend on the machine; none were recorded on one like this")
@pytest.mark.parametrize("kernel", ["native", "numpy"])
def test_bits_are_those_recorded(kernel):
    found = golden.of_kernel(kernel)
    assert {name: found.get(name) for name in RECORDED[kernel]} == RECORDED[kernel]
