"""The help of a command: its own options first, then those that several commands have in common, by subject."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import typer.core

from mixtura.cli.known_options import KnownOptions
from mixtura.cli.measured_options import MeasuredOptions
from mixtura.cli.model_options import FitOptions
from mixtura.cli.reading_options import ReadingOptions

OWN, FITTING, READING = "Options", "Model and EM", "Reading data"

# A command with fewer options about fitting, such as a seed alone, does not fit.
FEWEST = 3

# Heading of each option that is a field of a class.
GROUPS = {
    **{field.name: FITTING for field in fields(FitOptions)},
    **{field.name: FITTING for field in fields(KnownOptions)},
    **{field.name: READING for kind in (ReadingOptions, MeasuredOptions) for field in fields(kind)},
}


class GroupedCommand(typer.core.TyperCommand):
    """Command whose help lists its options in groups."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and the groups of options."""
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], OWN: [], FITTING: [], READING: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                is_argument = parameter.param_type_name == "argument"
                groups["Arguments" if is_argument else GROUPS.get(str(parameter.name), OWN)].append(record)
        if len(groups[FITTING]) < FEWEST:
            groups[OWN] = sorted(groups[OWN] + groups.pop(FITTING), key=lambda record: "--help" in record[0])
        for heading, records in groups.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
