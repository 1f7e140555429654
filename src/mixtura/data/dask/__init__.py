"""Arrays and dataframes of Dask: as partitions in which sums are computed, and for values of each row.

No other module names dask.
"""

from __future__ import annotations

from mixtura.data.dask.output import map_dask_rows
from mixtura.data.dask.partitions import DaskPartitions, dask_partitions

__all__ = ["DaskPartitions", "dask_partitions", "map_dask_rows"]
