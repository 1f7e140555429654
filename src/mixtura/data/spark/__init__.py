"""DataFrames of Spark, classic or through Spark Connect, whose rows stay on the executors.

A first job turns the chosen columns into blocks of bytes, which Spark keeps; each pass over the rows is one job over
them. Predictions are added to a DataFrame as a column that Spark computes when it is asked for.
"""

from __future__ import annotations

from mixtura.data.spark.partitions import SparkPartitions, spark_partitions
from mixtura.data.spark.predictions import map_spark_rows

__all__ = ["SparkPartitions", "map_spark_rows", "spark_partitions"]
