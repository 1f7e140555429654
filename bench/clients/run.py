"""Clients' own tests of mixtures, with scikit-learn's class and with ours: ``python bench/clients/run.py``.

Each client of ``clients.toml`` is installed in a pinned version, in an environment under ``build/clients``, beside
Mixtura from this tree. Its tests are cloned at a pinned tag, and run by turns with scikit-learn's class and, put in its
place by ``client_plugin.py``, ours. The results are kept in ``results.json`` and written to docs/clients.md.

``python bench/clients/run.py cgmm gmr`` runs these two alone, ``--render`` writes the page from the results there are.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import tomllib
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from table import CLASSES, compare, write_page

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "clients"
RESULTS = HERE / "results.json"


def run(command, **options):
    """Run a command and stop with its output if it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def build_wheel():
    """A wheel of this tree; made anew only if a source has changed."""
    folder = BUILD / "wheel"
    sources = [ROOT / "pyproject.toml", ROOT / "CMakeLists.txt", *(ROOT / "src").rglob("*.[pch]*")]
    newest = max(path.stat().st_mtime for path in sources)
    for wheel in folder.glob("mixtura-*.whl"):
        if wheel.stat().st_mtime > newest:
            return wheel
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT])
    return next(folder.glob("mixtura-*.whl"))


def make_environment(name, wheel):
    """Python of the environment, with the packages of its list and Mixtura from the wheel."""
    folder, versions = BUILD / name, HERE / f"{name}.txt"
    python, stamp = folder / "bin" / "python", folder / "versions.txt"
    if not stamp.exists() or stamp.read_text() != versions.read_text():
        print(f"{name}: installing", versions.relative_to(ROOT), flush=True)
        run([sys.executable, "-m", "venv", "--clear", folder])
        run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", versions])
        stamp.write_text(versions.read_text())
    run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", wheel])
    return python


def versions_of(name):
    """Package -> version of an environment's list."""
    pairs = [line.split("==") for line in (HERE / f"{name}.txt").read_text().splitlines() if "==" in line]
    return {package.lower().replace("_", "-"): version.strip() for package, version in pairs}


def clone(name, client):
    """The part of the client's repository that holds its tests, at the tag."""
    folder = BUILD / "repositories" / f"{name}-{client['tag']}"
    if not folder.exists():
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        run(["git", "init", "--quiet", unfinished])
        run(["git", "remote", "add", "origin", client["repository"]], cwd=unfinished)
        fetch = ["git", "fetch", "--quiet", "--depth", "1", "--filter=blob:none", "origin", client["tag"]]
        run(fetch, cwd=unfinished)
        # Not the package itself, which would be imported in place of the installed one.
        paths = [client["inside"]] if "inside" in client else client["tests"]
        run(["git", "sparse-checkout", "set", "--no-cone", *(f"/{path}" for path in paths)], cwd=unfinished)
        run(["git", "checkout", "--quiet", "FETCH_HEAD"], cwd=unfinished)
        unfinished.rename(folder)
    return folder


def find_tests(name, client, python):
    """Working directory and arguments for pytest."""
    if "pyargs" in client:
        return HERE, ["--pyargs", *client["pyargs"]]
    if "tests" not in client:
        source = clone(name, client | {"tests": client["needs"]}) if "needs" in client else HERE
        return source, [HERE / "checks" / f"test_{name.lower().replace('-', '_')}.py"]
    folder = clone(name, client)
    if "inside" not in client:
        return folder, [test for test in client["tests"] if not test.endswith(("conftest.py", "/test_utils"))]
    site = run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip()
    shutil.copytree(folder / client["inside"], Path(site) / client["inside"], dirs_exist_ok=True)
    return Path(site) / client["inside"], client["tests"]


def run_suite(python, cls, client, folder, tests):
    """Report of one run of a client's tests with one class."""
    report = BUILD / "report.json"
    report.unlink(missing_ok=True)
    command = [python, "-m", "pytest", "-q", "-p", "client_plugin", "-p", "no:cacheprovider", "-o", "addopts="]
    command += ["-c", os.devnull, "--rootdir", folder, "-W", "ignore", "--tb=short"]
    command += [f"--import-mode={client.get('import_mode', 'importlib')}", *tests]
    command += ["-p", client["adapt"]] if "adapt" in client else []
    command += ["-k", client["select"]] if "select" in client else []
    environment = {**os.environ, "CLIENT_CLASS": cls, "CLIENT_REPORT": str(report), "MPLBACKEND": "Agg"}
    # One thread for each class: on a few cores, or where others compute, more would measure these.
    threads = ("OMP", "OPENBLAS", "MKL", "MIXTURA")
    environment |= {f"{name}_NUM_THREADS": "1" for name in threads}
    # The installed client is tested, not what lies in the working directory.
    environment |= {"PYTHONPATH": str(HERE), "PYTHONSAFEPATH": "1"}
    command = [str(word) for word in command]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    (BUILD / f"{client['name']}-{cls}.txt").write_text(done.stdout + done.stderr)
    if not report.exists():
        sys.exit(f"{client['name']}: pytest wrote no report\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return json.loads(report.read_text())


def measure(client, python, again):
    """The client's results with both classes: by turns, ``again`` times, of which the fastest counts."""
    folder, tests = find_tests(client["name"], client, python)
    runs = {cls: [] for cls in CLASSES}
    for _ in range(again):
        for cls in CLASSES:
            runs[cls].append(run_suite(python, cls, client, folder, tests))
    best = {cls: min(reports, key=lambda report: report["seconds in fits"]) for cls, reports in runs.items()}
    return compare(best)


def machine():
    """The kind of machine, and versions of what all clients share."""
    shared = {name: versions_of("numpy2")[name] for name in ("scikit-learn", "numpy", "scipy")}
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "mixtura": metadata.version("mixtura"),
        "older numpy": versions_of("numpy1")["numpy"],
        **shared,
    }


def main() -> None:
    """Measure the clients that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clients", nargs="*", help="names in clients.toml; default: all")
    parser.add_argument("--again", type=int, default=2, help="runs with each class (default: 2)")
    parser.add_argument("--render", action="store_true", help="only write the page from results.json")
    options = parser.parse_args()
    clients = tomllib.loads((HERE / "clients.toml").read_text(encoding="utf-8"))
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"clients": {}}
    if not options.render:
        BUILD.mkdir(parents=True, exist_ok=True)
        wheel, pythons = build_wheel(), {}
        for name in options.clients or clients:
            client = {"environment": "numpy2", **clients[name], "name": name}
            environment = client["environment"]
            if environment not in pythons:
                pythons[environment] = make_environment(environment, wheel)
            found = measure(client, pythons[environment], options.again)
            version = versions_of(environment).get(client.get("package", name).lower(), client.get("tag", "")[:7])
            results["clients"][name] = {"version": version, "tag": client.get("tag", ""), **found}
            results["machine"] = machine()
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
            print(name, json.dumps({key: value for key, value in found.items() if key != "tests"}), flush=True)
    results["clients"] = {name: results["clients"][name] for name in clients if name in results["clients"]}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    write_page(results, clients)


if __name__ == "__main__":
    main()
