"""One adapter for each rival: the same iterations from the same start.

An adapter is a module with ``run(rows, start, problem) -> (seconds, weights, means, covariances)``; it raises
`Absent` with a reason where the rival is not installed or cannot solve the problem.
"""


class Absent(Exception):  # noqa: N818 - it is no error that a rival is not there
    """The rival is not installed, or cannot solve this problem."""
