"""Messages in the words of the command line: parameters of functions become options of commands."""

from __future__ import annotations

import re
from dataclasses import fields

from mixtura.cli.model_options import FitOptions

# Parameters whose option is called otherwise; all others have dashes for underscores.
OPTIONS = {
    "em=EM(floor=)": "--floor",
    "n_init": "--starts",
    "n_components": "--components",
    "sample_weight": "--weights-column",
    "max_iter": "--max-iter",
    "max_unpacked": "--max-unpacked",
    "weights_are": "--weights-are",
    "file_format": "--format",
    "resume=": "--resume",
    "noise=": "--noise",
    "tol": "--tol",
    "n_clusters": "--clusters",
    "n": "-n",
}

# Parameters that only some commands have as options.
OWN = (
    *("bad_rows", "balance", "checkpoint", "criterion", "folds", "fps", "kind", "lang", "level", "method", "missing"),
    *("n", "probabilities"),
)

# What a message begins with where it is about the value of a parameter.
SUBJECTS = (*(field.name for field in fields(FitOptions) if len(field.name) > 1), *OWN)

# Text between double quotes is a name of the user's.
PATTERN = re.compile(
    r'"[^"]*"|'
    + "|".join(rf"(?<![\w-]){re.escape(name)}(?!\w)" for name in OPTIONS if name not in OWN)
    + rf"|^(?:{'|'.join(SUBJECTS)})(?= is | are |: )"
)


def in_option_words(message: str) -> str:
    """A message with the options of commands in place of the parameters of functions.

    Examples
    --------
    >>> in_option_words("Out of steps before it converged: raise max_iter, or tol.")
    'Out of steps before it converged: raise --max-iter, or --tol.'
    >>> in_option_words("seed is -1; expected None"), in_option_words('column "tol" has no numbers')
    ('--seed is -1; expected None', 'column "tol" has no numbers')
    >>> in_option_words("n is 0; expected an integer"), in_option_words("noise_region is 'x'; expected box or hull")
    ('-n is 0; expected an integer', "--noise-region is 'x'; expected box or hull")
    """

    def replaced(found: re.Match[str]) -> str:
        word = found.group()
        return word if word.startswith('"') else OPTIONS.get(word, f"--{word.replace('_', '-')}")

    return PATTERN.sub(replaced, message)
