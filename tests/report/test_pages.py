"""Reports as files: what they say, that nothing in them is loaded or runs, and that their parts belong together."""

import base64
import hashlib
import json
import re
import sys
import warnings
from dataclasses import replace
from html import unescape
from importlib.resources import files
from pathlib import Path
from string import Formatter

import numpy as np
import pandas as pd
import pytest

import mixtura
from mixtura.em import Outcome
from mixtura.plotting import COLOURS, GREY
from mixtura.report import LANGUAGES
from mixtura.report.charts import criterion_chart, starts_chart
from mixtura.report.drawn_rows import rows_of_page, scale_rows
from mixtura.report.frames import frames_of
from mixtura.report.language import as_language
from mixtura.report.recording import own_recording
from mixtura.report.report import MOST_COLUMNS
from mixtura.report.tables import format_value

ROOT = Path(__file__).parents[2]
PACKAGE = files("mixtura.report")
FRONTEND = ROOT / "frontend"


def text_of(report):
    """The page's text without tags, scripts and styles."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", report.html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def data_of(report):
    """What the page's module reads."""
    return json.loads(re.search(r'id="mixtura-data">(.*?)</script>', report.html, re.DOTALL)[1])


@pytest.fixture(scope="module")
def report(fit, rows):
    return fit.report(rows)


def test_a_report_says_what_was_fitted_and_how_it_went(report, fit):
    text = text_of(report)
    assert "A Gaussian mixture of 3 components (covariance model VVV) fitted to 180 rows in 3 columns" in text
    assert f"{fit.bic:,.2f}" in text
    assert mixtura.__version__ in text
    assert "; start small-em; seed 0" in text
    assert "Converged." in text
    assert "3 of 3 starts end at this log-likelihood." in text
    assert "fit = mixtura.fit(X, 3, model='VVV', start='small-em', seed=0, n_init=3)" in text
    assert "mixtura fit data.csv -k 3 --model VVV --start small-em --starts 3 --seed 0 --output model.json" in text


def test_nothing_is_loaded_and_no_other_script_can_run(report):
    page = re.sub(r'(id="mixtura-data">).*?(?=</script>)', r"\1", report.html, flags=re.DOTALL)
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(link|iframe|img|object|embed|base)\b|@import|\burl\(http|<[^>]*\ssrc=", page)
    assert "default-src 'none'" in page
    assert len(re.findall(r"<script\b", page)) == 2
    script = re.search(r'<script type="module">(.*?)</script>', page, re.DOTALL)[1]
    digest = hashlib.sha256(script.encode()).digest()
    assert base64.b64encode(digest).decode() in page


def test_names_cannot_become_tags(rows):
    hostile = "</script><script>alert(1)</script>"
    names = (hostile, "\u202eevil", "{{ 7 * 7 }}")
    start = mixtura.fit(rows, 3, seed=0).mixture
    fit = mixtura.fit(rows, start=replace(start, component_names=names))
    page = fit.report(rows, title="<b>title</b> & more").html
    assert hostile not in page
    assert "<b>title" not in page
    assert "&lt;b&gt;title&lt;/b&gt; &amp; more" in page
    assert "\u202e" not in page
    assert "{{ 7 * 7 }}" in page
    assert "49" not in re.search(r'id="legend".*?</ul>', page)[0]


def test_a_page_is_written_whole_or_not_at_all(fit, rows, tmp_path, monkeypatch):
    path = tmp_path / "a.html"
    found = fit.report(rows, path)
    assert path.read_text(encoding="utf-8") == found.html
    assert [file.name for file in tmp_path.iterdir()] == ["a.html"]
    assert "iframe" in found._repr_html_()
    assert f"{len(found.html.encode()):,} bytes" in repr(found)


def test_the_same_rows_and_date_give_the_same_page(rows, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    pages = [mixtura.fit(rows, 3, seed=0).report(rows).html for _ in range(2)]
    assert pages[0] == pages[1]
    assert "1970-01-01" in pages[0]


def test_a_path_stands_for_its_rows(rows, tmp_path):
    path = tmp_path / "rows.csv"
    rows.rename({rows.columns[2]: "c"}).write_csv(path)
    fit = mixtura.fit(path, 3, seed=0)
    assert "mixtura fit rows.csv" in text_of(fit.report(path))
    assert mixtura.replay(fit, str(path)).html.startswith("<!doctype html>")
    assert "Choice of the model" in text_of(mixtura.select(path, [2, 3], models="EEE", seed=0).report(path))


def test_errors_say_what_to_do(fit, rows, tmp_path, monkeypatch):
    with pytest.raises(mixtura.ParameterError, match=r"ends in \.html"):
        fit.report(rows, tmp_path / "a.pdf")
    with pytest.raises(mixtura.ParameterError, match="does not exist"):
        fit.report(rows, tmp_path / "no" / "a.html")
    with pytest.raises(mixtura.ParameterError, match="lang is 'fr'; expected one of en, zh"):
        fit.report(rows, lang="fr")
    with pytest.raises(
        mixtura.DataError, match=r"X has 90 rows by weight, but 180 were fitted; pass the rows of the fit"
    ):
        fit.report(rows[:90])
    with pytest.raises(mixtura.DataError):
        fit.report(rows.to_numpy()[:, :2])
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(mixtura.MissingExtraError, match="or Mixtura with its extra report"):
        fit.report(rows)


def test_every_language_has_the_same_strings():
    catalogues = {
        name: json.loads(PACKAGE.joinpath("languages", f"{name}.json").read_text("utf-8")) for name in LANGUAGES
    }
    english = catalogues["en"]
    for catalogue in catalogues.values():
        assert list(catalogue) == list(english)
        for key, text in catalogue.items():
            fields = [{field for _, field, _, _ in Formatter().parse(one) if field} for one in (text, english[key])]
            assert fields[0] == fields[1], key
    assert {outcome.name: english[f"outcome_{outcome.name}"] for outcome in Outcome} == {
        outcome.name: outcome.value for outcome in Outcome
    }


def test_every_string_is_used():
    sources = [
        path.read_text(encoding="utf-8") for path in Path(str(PACKAGE)).rglob("*") if path.suffix in (".py", ".j2")
    ]
    sources += [path.read_text(encoding="utf-8") for path in (FRONTEND / "src").glob("*.js")]
    text = "\n".join(sources)
    built = re.compile(
        r"(outcome|column|replay_start|replay_end|fact|n_\w+|frame_of|advice_far|explorer|starts|static_label)_\w+"
    )
    unused = [key for key in as_language("en").strings if key not in text and not built.fullmatch(key)]
    assert unused == []


def test_a_chinese_page_is_chinese(fit, rows):
    page = fit.report(rows, lang="zh").html
    assert '<html lang="zh">' in page
    text = text_of(mixtura.report.Report(page))
    assert "已收敛。" in text
    assert not re.search(r"[a-z]{4,} [a-z]{4,} [a-z]{4,}", text.replace("expectation", "").split("import mixtura")[0])


def test_the_bundle_belongs_to_the_sources():
    """`make bundle` writes the hash of the sources into the first line; so does whoever changes them."""
    digest = hashlib.sha256()
    for source in [*sorted((FRONTEND / "src").glob("*.js")), FRONTEND / "package.json"]:
        digest.update(source.read_text(encoding="utf-8").replace("\r\n", "\n").encode())
    bundle = PACKAGE.joinpath("static", "mixtura.js").read_text(encoding="utf-8")
    assert bundle.splitlines()[0].endswith(digest.hexdigest()), "run make bundle"
    assert len(bundle.encode()) <= 150_000
    assert "</script" not in bundle


def test_scripts_are_short_and_say_what_they_are():
    for source in (FRONTEND / "src").glob("*.js"):
        text = source.read_text(encoding="utf-8")
        assert text.startswith("// "), source.name
        assert len(text.splitlines()) <= 200, source.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), source.name


def test_rows_travel_in_sixteen_bits_unless_that_is_too_few(fit, rows):
    values = rows.to_numpy()
    scaled = scale_rows(values, [fit.mixture])
    assert scaled.kind == "u16"
    np.testing.assert_allclose(scaled.values, values, atol=np.ptp(values, axis=0).max() / 65_535)
    near = mixtura.Mixture([0.5, 0.5], [[0.0], [0.01]], [[[1e-6]], [[1e-6]]])
    between = np.array([[0.0], [0.0051], [0.0049], [9.0]])
    assert scale_rows(between, [near]).refined.tolist() == [1, 2]
    np.testing.assert_allclose(near.posterior(scale_rows(between, [near]).values), near.posterior(between), atol=1e-3)
    far = np.array([[0.0], [0.0051], [0.0049], [1e9]])
    single = scale_rows(far, [near])
    assert single.kind == "f32"
    np.testing.assert_allclose(near.posterior(single.values), near.posterior(far), atol=1e-3)


def test_of_very_many_rows_a_sample_is_drawn(rows, monkeypatch):
    monkeypatch.setattr("mixtura.report.drawn_rows.MOST_ROWS", 60)
    fit = mixtura.fit(rows, 3, seed=0)
    found = fit.report(rows)
    assert data_of(found)["n"] == 60
    text = text_of(found)
    assert "60 of the 180 rows, chosen at random, are drawn" in text
    assert "It is run on the rows that are drawn." in text
    assert "180" in text


def test_of_many_columns_those_that_differ_most_are_listed(tmp_path):
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(m, 1, (60, 12)) for m in (0, 3)])
    text = text_of(mixtura.fit(rows, 2, model="VVI", seed=0).report(rows))
    assert f"Of 12 columns the {MOST_COLUMNS} are shown in which the components differ most." in text


def test_a_mixture_too_wide_for_a_page_is_refused():
    wide = mixtura.Mixture([1.0], np.zeros((1, 1200)), np.ones((1, 1200)))
    assert frames_of(wide, 0.0, None).form == "diagonal"
    dense = mixtura.Mixture([0.5, 0.5], np.zeros((2, 800)), np.tile(np.eye(800), (2, 1, 1)))
    with pytest.raises(mixtura.ParameterError, match="800 columns, too many for a page"):
        frames_of(dense, 0.0, None)


def test_long_replays_leave_out_iterations(monkeypatch, rows):
    fit = mixtura.fit(rows, 3, seed=0, start="random", em=mixtura.EM(accelerate=False), record=True)
    assert len(fit.history) > 20
    monkeypatch.setattr("mixtura.report.frames.MOST_PARAMETERS", 16 * 31)
    frames = frames_of(fit.mixture, fit.loglik, own_recording(fit.history))
    assert len(frames.mixtures) == 15
    assert (frames.numbers[0], frames.numbers[-1]) == (0, fit.iterations)
    assert frames.omitted == len(fit.history) - 15
    assert f"{frames.omitted} iterations between the first and the last are left out." in text_of(fit.report(rows))


def test_a_page_that_cannot_hold_the_iterations_says_so(monkeypatch, rows):
    monkeypatch.setattr("mixtura.report.frames.MOST_PARAMETERS", 2 * (1 + 3 * (1 + 3 + 6)))
    fit = mixtura.fit(rows, 3, seed=0, start="random", model="VVV")
    text = text_of(fit.report(rows))
    assert "EM is not replayed: the parameters of its iterations are too many for a page." in text


def test_a_removed_component_is_named(rows):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        fit = mixtura.fit(rows, 3, seed=0, start="random", record=True)
    left = fit.mixture.select(np.array([0, 2]))
    last = replace(fit.history[-1], mixture=left, components=(0, 2), number=fit.iterations + 1)
    fewer = replace(fit, mixture=left, history=(*fit.history, last), outcome=Outcome.REMOVED)
    found = data_of(fewer.report(rows))
    assert found["components"] == ["component 0", "component 1", "removed 1"]
    assert own_recording(fewer.history).order.tolist() == [0, 2, 1]


def test_noise_is_grey_in_the_picture_for_print_after_a_component_was_removed(rows):
    fit = mixtura.fit(rows, 3, seed=0, start="random", record=True, noise=0.1)
    left = fit.mixture.select(np.array([0, 2]))
    last = replace(fit.history[-1], mixture=left, components=(0, 2), number=fit.iterations + 1)
    fewer = replace(fit, mixture=left, history=(*fit.history, last), outcome=Outcome.REMOVED)
    report = fewer.report(rows)
    assert data_of(report)["components"][-1] == "removed 1"
    swatches = re.search(r'<ul class="static-legend">(.*?)</ul>', report.html, re.DOTALL)[1]
    assert re.findall(r"--colour: (#\w+)", swatches) == [*COLOURS[:2], GREY]


def test_advice_names_what_calls_for_attention():
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1, (30, 2)), rng.normal(1, 1, (30, 2)), [[40.0, -30.0]]])
    start = np.repeat([0, 1], [30, 31])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        fit = mixtura.fit(rows, 2, start=start, model="EII")
        unfinished = mixtura.fit(rows, 2, start=start, model="EII", max_iter=1)
        crowded = mixtura.fit(rows[:12], 2, start=start[24:36])
    text = text_of(fit.report(rows))
    assert "1 row lies farther from every component than chance explains" in text or "holds" in text
    assert "One start was made." in text
    assert "start = mixtura.Mixture.from_json" in text
    assert "Out of steps before it converged" in text_of(unfinished.report(rows))
    assert "rows for each free parameter" in text_of(crowded.report(rows[:12]))


def test_nothing_calls_for_attention_only_where_nothing_does():
    values = np.concatenate([np.linspace(-1, 1, 60), np.linspace(9, 11, 60)])
    none = "Nothing here calls for attention."
    fit = mixtura.fit(values, 2, seed=0)
    assert none in text_of(fit.report(values))
    other = replace(fit.starts[0], loglik=fit.loglik - 5)
    disagreeing = replace(fit, starts=(fit.starts[0], other))
    text = text_of(disagreeing.report(values))
    assert "Only the best of 2 starts ends at this log-likelihood" in text
    assert none not in text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        chosen = mixtura.select(values, [1, 2], models="E", seed=0)
    text = text_of(chosen.report(values))
    assert "The best number of components is the largest that was tried" in text
    assert none not in text


def test_a_selection_is_reported_with_its_curves(rows):
    chosen = mixtura.select(rows, [1, 2, 3], models=["EEE", "VVV"], seed=0)
    text = text_of(chosen.report(rows))
    assert "BIC against the number of components" in text
    assert "The best number of components is the largest that was tried" in text
    assert "mixtura.select(X, n_components=[1, 2, 3], models=['EEE', 'VVV'], criterion='bic'" in text
    chart = criterion_chart(chosen)
    assert [line["name"] for line in chart["lines"]] == ["EEE", "VVV"]
    assert [line["colour"] for line in chart["lines"]] == ["#832db6", None]  # that of text
    column = mixtura.select(rows.to_numpy()[:, 0], [1, 2], seed=0)
    lines = criterion_chart(column)["lines"]
    assert [(line["colour"], line["dashed"]) for line in lines] == [("#832db6", True), (None, False)]
    one = mixtura.select(rows, [2], models="all", seed=0)
    text = text_of(one.by("aicc").report(rows))
    assert "AICc" in text
    assert "models='all'" in text
    with pytest.raises(mixtura.DataError, match="were fitted"):
        chosen.report(rows[:50])


def test_weights_count(rows):
    weights = np.tile([1, 2], 90)
    fit = mixtura.fit(rows, 3, sample_weight=weights, seed=0)
    assert "270 rows" in text_of(fit.report(rows, sample_weight=weights))
    with pytest.raises(mixtura.DataError, match="and its sample_weight"):
        fit.report(rows)


def test_the_code_in_a_report_makes_the_same_fit(rows):
    model = mixtura.Model("VVI", noise=0.05)
    fit = mixtura.fit(rows, 3, model=model, seed=3, em=mixtura.EM(tol=1e-7))
    code = re.search(r'id="python-code">(.*?)</pre>', fit.report(rows).html, re.DOTALL)[1]
    names = {"rows": rows}
    exec(unescape(code).replace("X = ...", "X = rows").replace('"report.html"', ""), names)
    assert names["fit"].trace == fit.trace


def code_of(report, which):
    return unescape(re.search(rf'id="{which}-code">(.*?)</pre>', report.html, re.DOTALL)[1])


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ({"noise": 0.05, "tol": 1e-7, "seed": 5}, "--noise 0.05 --tol 1e-07 --seed 5"),
        ({"noise": mixtura.UniformNoise(True, "hull"), "seed": 0}, "--noise auto --noise-region hull --seed 0"),
        ({"noise": np.arange(180) > 170, "prior": "conjugate"}, "--prior conjugate --seed 0"),
        ({"prior": mixtura.ConjugatePrior(mean=np.ones(3), shrinkage=0.1)}, "--seed 0"),
        ({"constraint": mixtura.DeterminantRatio(5, 3)}, "--determinant-ratio 5.0 --shape-ratio 3.0 --seed 0"),
        ({"equal_weights": True, "em": mixtura.EM(max_iter=9)}, "--equal-weights --max-iter 9 --seed 0"),
        ({"start": ["kmeans", "seeds"], "seed": 7}, "--start kmeans,seeds --seed 7"),
        ({"start": [np.arange(180) % 3]}, "--seed 0"),
        ({"em": mixtura.EM(floor=1e-4, resolution=0.1)}, "--floor 0.0001 --seed 0"),
    ],
)
def test_the_code_in_a_report_makes_the_same_selection(rows, options, command):
    models = ["VII", "VVI"]
    given = options["start"][0] if isinstance(options.get("start", [""])[0], np.ndarray) else None
    chosen = mixtura.select(rows, [1, 3], models=models, criterion="icl", **options)
    again = mixtura.Selection.from_json(chosen.to_json())
    for one in (chosen, again):
        report = one.report(rows)
        code = code_of(report, "python").replace("X = ...", "X = rows").replace("given = ...", "given = values")
        code = code.replace("noise_rows = ...", "noise_rows = mask").replace('"report.html"', "")
        names = {"rows": rows, "values": given, "mask": options.get("noise")}
        exec(code, names)
        assert names["chosen"].criterion == "icl"
        assert names["fit"].trace == chosen.best.trace
        shell = code_of(report, "shell")
        assert f"mixtura select data.csv -k 1,3 --models VII,VVI --criterion icl {command} --output" in shell
        assert ("in Python only" in shell) == (command == "--seed 0" or "resolution" in code or "noise_rows" in code)


def test_the_command_in_a_report_says_what_has_no_option_and_that_a_seed_is_not_known(rows):
    options = {"models": ["VVI"], "start": ["seeds", np.arange(180) % 2], "noise": np.arange(180) > 170}
    report = mixtura.select(rows, [2], seed=np.random.default_rng(0), **options).report(rows)
    shell = code_of(report, "shell").splitlines()
    assert shell[0] == "# Not as a command, but in Python only: start, noise."
    assert shell[1] == "# The seed is not known, so the starts may differ."
    assert shell[2] == "mixtura select data.csv -k 2 --models VVI --criterion bic --output model.json"
    assert "# The seed is not known" in code_of(report, "python")
    assert "seed=" not in code_of(report, "python")


def test_the_command_in_a_report_takes_other_options_of_em_from_the_model_file(rows):
    shell = code_of(mixtura.fit(rows, 3, seed=3, em=mixtura.EM(tol=1e-7)).report(rows), "shell")
    assert "mixtura fit data.csv -k 3 --model model.json --start small-em --seed 3 --output fit.json" in shell
    assert "mixtura report fit.json data.csv" in shell
    assert "--model VVV" in code_of(mixtura.fit(rows, 3, seed=3).report(rows), "shell")


def test_a_pandas_table_gives_its_names():
    table = pd.DataFrame({"length": [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]}, index=list("abcdef"))
    found = mixtura.fit(table, 2, seed=0).report(table)
    assert data_of(found)["columns"] == ["length"]
    assert data_of(found)["shown"] == [0, -1]


def test_rows_of_a_file_keep_their_numbers(tmp_path):
    from mixtura.data.tables import Reading, read_as

    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n,3\n4,5\n2,9\n")
    table = read_as(str(path), Reading(missing="drop"))
    drawn = rows_of_page(mixtura.Mixture([1.0], [[0.0, 0.0]], np.eye(2)[None]), table)
    assert drawn.numbers.tolist() == [0, 2, 3]


def test_starts_are_dots_that_do_not_hide_each_other():
    chart = starts_chart([-10.0, -10.0, -12.0])
    assert len({(dot["x"], dot["y"]) for dot in chart["dots"]}) == 3
    assert starts_chart([-1.0, -1.0])["width"] == 640


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (1e12, "1e+12"), (np.inf, "inf"), (0.05, "0.05"), (-3.14159, "−3.142")]
)
def test_numbers_are_written_shortly(value, text):
    assert format_value(value) == text
