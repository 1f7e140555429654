"""A fit in words and tables of text: `Fit.summary`, and the parts of it that the commands print."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mixtura._support import Array, format_count, text_table
from mixtura.errors import visible
from mixtura.mixture import (
    Mixture,
    column_labels,
    component_labels,
    deviation_name,
    has_t_components,
    mean_and_deviation,
    noise_name,
    standard_deviations,
    tail_lines,
)

if TYPE_CHECKING:
    from mixtura.fitting.result import Fit

# Pairs of columns of each component whose correlations are shown.
MOST_PAIRS = 3

# Log-likelihoods of two starts that end at the same optimum differ by less.
SAME_LOGLIK = 0.05


def summarise_fit(fit: Fit) -> str:
    """Text about the fit: model, data, outcome, components, their strongest correlations, and criteria.

    Examples
    --------
    >>> import mixtura
    >>> print(mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2).summary().splitlines()[0])
    2 components, model V, 1 column, 6 rows
    """
    criteria = [
        ("log-likelihood", f"{fit.loglik:.6f}"),
        ("BIC", f"{fit.bic:.4f}"),
        ("ICL", f"{fit.icl:.4f}"),
        ("AIC", f"{fit.aic:.4f}"),
        ("free parameters", f"{fit.n_parameters}"),
    ]
    parts = ["\n".join(fit_sentences(fit)), _component_table(fit), text_table(criteria)]
    return "\n\n".join(part for part in [*parts, "\n".join(correlation_lines(fit.mixture))] if part)


def fit_sentences(fit: Fit) -> list[str]:
    """Lines about a fit: its shape, its outcome, its starts, and its data."""
    noise = " and noise" if fit.mixture.noise else ""
    kind = "t component" if has_t_components(fit.mixture) else "component"
    size = f"{format_count(fit.mixture.n_features, 'column')}, {fit.n_rows:.10g} rows"
    lines = [
        f"{format_count(fit.mixture.n_components, kind)}{noise}, model {fit.model.name}, {size}",
        f"{fit.outcome.value} {format_count(fit.iterations, 'iteration')}{_say_starts(fit)}",
    ]
    if fit.missing:
        lines.append(f"{fit.missing}; they are modelled")
    return [*lines, visible(f"data: {fit.data}")] if fit.data else lines


def _say_starts(fit: Fit) -> str:
    """How many starts there were, and how many of them ended at the same log-likelihood; empty for one."""
    if len(fit.starts) == 1:
        return ""
    best = fit.starts[fit.best_start].loglik
    same = sum(abs(start.loglik - best) < SAME_LOGLIK for start in fit.starts)
    return f", the best of {len(fit.starts)} starts, of which {same} ended there"


def _component_table(fit: Fit) -> str:
    """Table of weights, sizes, means and standard deviations, a column for each component."""
    mixture = fit.mixture
    noise = [noise_name(mixture)] if mixture.noise else []
    others = [fit.n_rows - fit.sizes.sum()] if noise else []
    labels = [visible(label) for label in column_labels(mixture.columns, mixture.n_features)]
    each = zip(labels, mixture.means.T.tolist(), standard_deviations(mixture).T.tolist(), strict=True)
    lines = [
        ("component", *(visible(str(label)) for label in component_labels(mixture)), *noise),
        ("weight", *(f"{weight:.4f}" for weight in mixture.all_weights.tolist())),
        ("size", *(f"{size:.1f}" for size in [*fit.sizes.tolist(), *others])),
        *tail_lines(mixture),
        *(
            (
                label,
                *(mean_and_deviation(mean, width) for mean, width in zip(means, widths, strict=True)),
                *("" for _ in noise),
            )
            for label, means, widths in each
        ),
    ]
    return f"{text_table(lines)}\n(mean ± {deviation_name(mixture)})"


def correlations(mixture: Mixture) -> Array:
    """Correlation matrices of the components, (k, d, d).

    Examples
    --------
    >>> correlations(Mixture([1.0], [[0.0, 0.0]], [[[4.0, 1.0], [1.0, 1.0]]])).tolist()
    [[[1.0, 0.5], [0.5, 1.0]]]
    """
    widths = standard_deviations(mixture)
    return mixture.covariances.dense() / (widths[:, :, None] * widths[:, None, :])


def correlation_lines(mixture: Mixture) -> list[str]:
    """A line for each component with its strongest correlations; none where no covariance matrix has any."""
    found, d = correlations(mixture), mixture.n_features
    first, second = np.triu_indices(d, 1)
    if not np.abs(found[:, first, second]).max(initial=0.0) > 0:
        return []
    labels = column_labels(mixture.columns, d)
    lines = ["strongest correlations"]
    for label, matrix in zip(component_labels(mixture), found, strict=True):
        pairs = np.argsort(-np.abs(matrix[first, second]), kind="stable")[:MOST_PAIRS]
        shown = [f"{labels[first[p]]}, {labels[second[p]]} {matrix[first[p], second[p]]:.2f}" for p in pairs]
        lines.append(visible(f"  {label}: {'; '.join(shown)}"))
    return lines
