"""Columns of a Spark DataFrame: those that are used, and how a worker makes a matrix of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mixtura._support import LazyModule
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.spark.batches import MatrixOfBatch
from mixtura.errors import DataError, ParameterError

functions = LazyModule("pyspark.sql.functions")
ml_functions = LazyModule("pyspark.ml.functions")
sql = LazyModule("pyspark.sql")
types = LazyModule("pyspark.sql.types")

# Columns beside the DataFrame's, which are renamed: the elements of the vectors, and the number of the partition.
ELEMENTS, PART = "elements", "part"


@dataclass(frozen=True, eq=False)
class SparkColumns:
    """The chosen columns of a DataFrame.

    Attributes
    ----------
    frame : pyspark.sql.DataFrame
        The DataFrame with its columns renamed by their positions, since names may have dots or occur twice.
    fields : tuple
        The fields of the DataFrame's schema, with the names as they were.
    vector : int or None
        Position of a column of vectors or arrays, which stands for its elements.
    numbers : tuple of int
        Positions of the columns of numbers, that of the weights last.
    """

    frame: Any
    fields: tuple[Any, ...]
    vector: int | None
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, X: Any, chosen: ChosenColumns) -> SparkColumns:
        """Find the columns: by default the column of vectors, if there is one, and else all that hold numbers.

        Raises
        ------
        ParameterError
            If X is no DataFrame of Spark's, or has no such column.
        DataError
            If a column holds something else.
        """
        if not isinstance(X, sql.DataFrame):
            given = f"{type(X).__module__}.{type(X).__qualname__}"
            raise ParameterError(f"X is a {given}; expected a pyspark.sql.DataFrame, such as X.toDF() or X.to_spark()")
        fields = tuple(X.schema.fields)
        frame = X.toDF(*(f"c{place}" for place in range(len(fields))))
        places = _find(fields, chosen)
        n_weights = 0 if chosen.weights_column is None else 1
        first = fields[places[0]]
        vector = places[0] if len(places) == 1 + n_weights and (_is_vector(first) or _is_array(first)) else None
        numbers = places if vector is None else places[1:]
        for place in numbers:
            _check_number(fields[place])
        return cls(frame, fields, vector, numbers)

    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the columns, that of the weights last; None for the elements of vectors."""
        return tuple(self.fields[place].name for place in self.numbers) if self.vector is None else None

    @property
    def dtype(self) -> str:
        """float32 if all columns are, else float64."""
        kinds = [self.fields[place].dataType for place in self.numbers]
        if self.vector is not None:
            kinds.append(getattr(self.fields[self.vector].dataType, "elementType", None))
        return "float32" if all(isinstance(kind, types.FloatType) for kind in kinds) else "float64"

    def matrix(self, width: int | None) -> MatrixOfBatch:
        """What makes matrices of these columns, given the number of elements of vectors."""
        numbers = tuple(f"c{place}" for place in self.numbers)
        return MatrixOfBatch(None if self.vector is None else ELEMENTS, numbers, self.dtype, width)

    def alone(self) -> Any:
        """The DataFrame with the number of the partition and the chosen columns, the elements of vectors as arrays."""
        part = functions.spark_partition_id().alias(PART)
        return self.frame.select(part, *self._elements(), *(f"c{place}" for place in self.numbers))

    def beside_all(self) -> Any:
        """The DataFrame with all its columns, and the elements of vectors as arrays after them."""
        return self.frame.select("*", *self._elements())

    def _elements(self) -> list[Any]:
        """The column of vectors, if any, as an expression of arrays, whose name is `ELEMENTS`."""
        if self.vector is None:
            return []
        column = functions.col(f"c{self.vector}")
        if _is_vector(self.fields[self.vector]):  # the function does not take empty cells
            column = functions.when(column.isNotNull(), ml_functions.vector_to_array(column))
        return [column.cast("array<double>").alias(ELEMENTS)]

    def width(self) -> int | None:
        """Number of elements of the vectors, by their metadata or else from the first one; None without vectors.

        Raises
        ------
        DataError
            If there is none.
        """
        if self.vector is None:
            return None
        known = (self.fields[self.vector].metadata or {}).get("ml_attr", {}).get("num_attrs")
        if known:
            return int(known)
        elements = self.frame.select(*self._elements()).where(functions.col(ELEMENTS).isNotNull())
        first = elements.select(functions.size(ELEMENTS)).first()
        if first is None:
            raise DataError("X has no rows without missing values")
        return int(first[0])


def _find(fields: Sequence[Any], chosen: ChosenColumns) -> tuple[int, ...]:
    """Positions of the chosen columns, that of the weights last."""
    available = [field.name for field in fields]
    vectors = [field.name for field in fields if _is_vector(field)]
    by_default = vectors if len(vectors) == 1 else [field.name for field in fields if _is_number(field)]
    return tuple(available.index(name) for name in chosen.among(available, by_default, "X"))


def _is_vector(field: Any) -> bool:
    """Whether a column holds vectors of pyspark.ml, which is not imported for that."""
    return bool(field.dataType.simpleString() == "vector")


def _is_array(field: Any) -> bool:
    """Whether a column holds arrays of numbers."""
    kind = field.dataType
    return isinstance(kind, types.ArrayType) and isinstance(kind.elementType, types.NumericType)


def _is_number(field: Any) -> bool:
    """Whether a column holds numbers, or true and false."""
    return isinstance(field.dataType, types.NumericType | types.BooleanType)


def _check_number(field: Any) -> None:
    """Raise DataError if a column holds no numbers."""
    if _is_number(field):
        return
    if _is_vector(field) or _is_array(field):
        raise DataError(f'X, column "{field.name}" holds vectors; give it alone, or columns of numbers alone')
    kind = field.dataType.simpleString()
    raise DataError(f'X, column "{field.name}": expected numbers, not {kind}; leave it out, or cast it')
