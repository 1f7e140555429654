"""Read model files: `mixtura.load`."""

from __future__ import annotations

import os
from pathlib import Path

from mixtura.errors import DataError
from mixtura.fitting.result import Fit
from mixtura.mixture import Mixture, model_content


def load(path: str | os.PathLike[str]) -> Fit | Mixture:
    """The fit in a model file that `Fit.save` or the commands wrote, or the mixture if it holds no fit.

    Raises
    ------
    DataError
        If the file is no model file; the message says what is wrong.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import mixtura
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.json"
    >>> mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2).save(path)
    >>> mixtura.load(path).predict([0.1, 0.3]).tolist()
    [0, 0]
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        return Fit.from_json(text) if "fit" in model_content(text) else Mixture.from_json(text)
    except UnicodeDecodeError:
        raise DataError(f"{path}: not a model file: it is not text") from None
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
