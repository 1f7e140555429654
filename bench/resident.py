"""How much memory a process takes at most, from a moment on (Linux; None elsewhere)."""

from pathlib import Path


def reset(pid: int | str = "self") -> float | None:
    """Forget the highest resident memory so far; the present one, in MB."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return None
    return _field(pid, "VmRSS")


def peak(pid: int | str = "self") -> float | None:
    """Highest resident memory since `reset`, in MB."""
    return _field(pid, "VmHWM")


def _field(pid, name) -> float | None:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next(float(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith(name))
