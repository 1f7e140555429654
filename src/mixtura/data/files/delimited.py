"""CSV and TSV: a block of lines at a time, and once more cell by cell where a row cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import Array, LazyModule, format_count, map_ahead
from mixtura.data.files.batches import AvailableColumns, BadRow, Format, Part, absent
from mixtura.data.files.text import MARKED_NUMBER, first_line_end, no_number, numbers_in_cells, shown, text_blocks
from mixtura.data.tables import DELIMITERS, MISSING
from mixtura.errors import DataError

pa = LazyModule("pyarrow")
csv = LazyModule("pyarrow.csv")

# Text that means a missing value, as in whole files, and what other programs write for NaN.
NULLS = (*MISSING, "#NA", "#N/A N/A", "-NaN", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN")


@dataclass(frozen=True, slots=True)
class Delimited:
    """Text whose cells are separated by a character.

    Attributes
    ----------
    delimiter : str
    """

    delimiter: str

    def describe(self, source: Any) -> AvailableColumns:
        """The columns of an open file, of which the first block of lines tells whether they hold numbers."""
        names, blocks = self._begin(source)
        cells = dict(zip(names, self._as_text(next(blocks, b"\n"), names)[0], strict=True))
        text = [name for name in cells if _is_text(cells[name])]
        marked = {name: number for name in text if (number := _marked_number(cells[name].to_pylist()))}
        return AvailableColumns(tuple(names), tuple(name for name in names if name not in text), marked=marked)

    def parts(self, source: Any, columns: Sequence[str], dtype: np.dtype[Any]) -> Iterator[Part]:
        """Parts of the rows of an open file."""
        names, blocks = self._begin(source)
        for column in columns:
            if column not in names:
                raise absent(column)
        places = [names.index(column) for column in columns]
        kinds = dict.fromkeys(map(str, places), pa.float64())

        def part(text: bytes) -> Part:
            try:
                table = self._parse(text, len(names), kinds)
            except pa.ArrowInvalid:  # it says what is wrong with the first such row only
                return self._cell_by_cell(text, names, columns, dtype)
            rows = np.empty((table.num_rows, len(columns)), dtype, order="F")
            for j, place in enumerate(places):
                rows[:, j] = table.column(str(place)).to_numpy()
            return rows, ()

        yield from map_ahead(part, blocks)

    def _begin(self, source: Any) -> tuple[list[str], Iterator[bytes]]:
        """The names of the columns, and the blocks of lines after them."""
        blocks = text_blocks(source, quoted=True)
        first = next(blocks, b"")
        end = first_line_end(first)
        if not first[:end].strip():
            raise DataError("there are no rows")
        names = csv.read_csv(pa.py_buffer(first[:end]), parse_options=self._options()).column_names

        def rest() -> Iterator[bytes]:
            if len(first) > end:
                yield first[end:]
            yield from blocks

        return list(names), rest()

    def _options(self, bad_row: Callable[[Any], str] | None = None) -> Any:
        return csv.ParseOptions(delimiter=self.delimiter, invalid_row_handler=bad_row)

    def _parse(
        self, text: bytes, n_columns: int, kinds: Mapping[str, Any], bad_row: Callable[[Any], str] | None = None
    ) -> Any:
        """The columns of some lines, which are called by their numbers from 0."""
        names = [str(j) for j in range(n_columns)]
        read = csv.ReadOptions(column_names=names, block_size=len(text) + 1, use_threads=False)
        convert = csv.ConvertOptions(
            column_types=kinds, include_columns=list(kinds), null_values=NULLS, strings_can_be_null=True
        )
        return csv.read_csv(pa.py_buffer(text), read, self._options(bad_row), convert)

    def _as_text(self, text: bytes, names: Sequence[str], places: Sequence[int] | None = None) -> tuple[Any, list[Any]]:
        """Columns of some lines as bytes, None where a cell is empty, and what PyArrow tells of ragged rows."""
        ragged: list[Any] = []

        def skip(row: Any) -> str:
            ragged.append(row)
            return "skip"

        kinds = {str(j): pa.binary() for j in (range(len(names)) if places is None else places)}
        return self._parse(text, len(names), kinds, skip).columns, ragged

    def _cell_by_cell(self, text: bytes, names: Sequence[str], columns: Sequence[str], dtype: np.dtype[Any]) -> Part:
        """The rows of some lines, of which some cannot be read."""
        cells_of, ragged = self._as_text(text, names, [names.index(column) for column in columns])
        bad = {row.number - 1: _ragged(row) for row in ragged}
        kept = np.delete(np.arange(len(cells_of[0]) + len(ragged)), list(bad))
        rows = np.full((len(kept) + len(ragged), len(columns)), np.nan, dtype, order="F")
        for j, (column, cells) in enumerate(zip(columns, cells_of, strict=True)):
            rows[kept, j], wrong = _as_floats(cells)
            for i in wrong:
                bad.setdefault(int(kept[i]), no_number(column, cells[i].as_py()))
        return rows, tuple(BadRow(index, bad[index]) for index in sorted(bad))


def _as_floats(cells: Any) -> tuple[Array, list[int]]:
    """What `numbers_in_cells` gives for a column of bytes of PyArrow, which is fast where all are plain numbers."""
    try:
        return cells.cast(pa.float64()).to_numpy(), []
    except pa.ArrowInvalid:
        return numbers_in_cells(cells.to_pylist())


def _ragged(row: Any) -> str:
    """What is wrong with a row of too many or too few cells."""
    cells = format_count(row.actual_columns, "cell")
    return f": {cells}, where the header has {row.expected_columns} ({shown(row.text)})"


def _is_text(cells: Any) -> bool:
    """Whether most cells of a column that are not empty are no numbers."""
    return 2 * len(_as_floats(cells)[1]) > len(cells) - cells.null_count


def _marked_number(cells: Sequence[bytes | None]) -> str | None:
    """A number that is not plain, if most cells that are not empty are such numbers."""
    filled = [cell.decode(errors="replace").strip() for cell in cells if cell is not None]
    marked = [cell for cell in filled if MARKED_NUMBER.fullmatch(cell)]
    return marked[0] if len(marked) > len(filled) / 2 else None


def _format(delimiter: str) -> Format:
    kind = Delimited(delimiter)
    return Format(kind.describe, kind.parts)


DELIMITED: dict[str, Format] = {kind: _format(delimiter) for kind, delimiter in DELIMITERS.items()}
