"""Files of the page: the bundle, and the catalogues of its strings."""

import hashlib
import json
import re
from pathlib import Path

import mixtura.app
from mixtura.app.pages import MODULE_STRINGS, app_language

PACKAGE = Path(mixtura.app.__file__).parent
FRONTEND = Path(__file__).parents[2] / "frontend"


def test_the_bundle_belongs_to_the_sources():
    """`make bundle` writes the hash of the sources into the first line; so does whoever changes them."""
    digest = hashlib.sha256()
    for source in [*sorted((FRONTEND / "src").glob("*.js")), FRONTEND / "package.json"]:
        digest.update(source.read_text(encoding="utf-8").replace("\r\n", "\n").encode())
    bundle = PACKAGE.joinpath("static", "app.js").read_text(encoding="utf-8")
    assert bundle.splitlines()[0].endswith(digest.hexdigest()), "run make bundle"
    assert len(bundle.encode()) <= 150_000


def test_catalogues_have_the_same_keys_and_values_in_braces():
    texts = [json.loads((PACKAGE / "languages" / f"{name}.json").read_text(encoding="utf-8")) for name in ("en", "zh")]
    assert texts[0].keys() == texts[1].keys()
    for key, text in texts[0].items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", texts[1][key])), key


def test_every_string_is_used():
    sources = [*PACKAGE.glob("*.py"), *(PACKAGE / "templates").iterdir(), *(FRONTEND / "src").glob("*.js")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    own = json.loads((PACKAGE / "languages" / "en.json").read_text(encoding="utf-8"))
    assert [key for key in own if f'"{key}"' not in text and f"'{key}'" not in text] == []
    assert [key for key in MODULE_STRINGS if key not in app_language("zh").strings] == []
