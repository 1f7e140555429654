"""What a reader of a report should know or do, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from mixtura.mixture import component_labels
from mixtura.report.language import Language
from mixtura.report.measures import Measures
from mixtura.report.recording import SAME_LOGLIK
from mixtura.report.subject import Subject

# What is said to be few or much, after rules of thumb of the field.
FEW_ROWS_FOR_A_PARAMETER = 5.0
SHARED, UNCERTAIN = 0.15, 0.1
MOST_NAMED = 3


def outcome_sentence(subject: Subject, language: Language) -> str:
    """How the fit ended, as a sentence."""
    return language.text(f"outcome_{subject.outcome.name if subject.outcome else 'UNKNOWN'}")


def advice(subject: Subject, measures: Measures, language: Language) -> list[str]:
    """How the starts were found, and what calls for attention in starts, rows and components, or that nothing does."""
    troubles = [
        *_doubts_of_starts(subject, language),
        *_of_sizes(subject, language),
        *_of_rows(subject, measures, language),
    ]
    return [*_assurances_of_starts(subject, language), *(troubles or [language.text("advice_none")])]


def _equal_starts(subject: Subject) -> int:
    """Number of starts that end at the log-likelihood of the best one."""
    best = subject.starts[subject.best_start].loglik
    return sum(start.loglik > best - SAME_LOGLIK for start in subject.starts)


def _assurances_of_starts(subject: Subject, language: Language) -> Iterator[str]:
    """That the start was the best of many, and that several starts agree."""
    if subject.start_name == "small-em":
        yield language.text("advice_search")
    if len(subject.starts) > 1 and _equal_starts(subject) > 1:
        yield language.text("advice_starts_agree", count=_equal_starts(subject), total=len(subject.starts))


def _doubts_of_starts(subject: Subject, language: Language) -> Iterator[str]:
    """That there was one start, that several disagree, or that a selection chose the most components it tried."""
    if len(subject.starts) == 1 and not subject.selection and subject.start_name != "small-em":
        yield language.text("advice_one_start")
    if len(subject.starts) > 1 and _equal_starts(subject) == 1:
        yield language.text("advice_starts_disagree", total=len(subject.starts))
    if subject.selection and subject.selection.ranked[0].n_components == max(subject.selection.n_components) > 1:
        yield language.text("advice_edge")


def _of_sizes(subject: Subject, language: Language) -> Iterator[str]:
    """Whether there are enough rows for the parameters, of all components and of each."""
    found = subject.assessment
    ratio = found.n_rows / max(found.n_parameters, 1)
    if ratio < FEW_ROWS_FOR_A_PARAMETER:
        yield language.text("advice_few_rows", ratio=f"{ratio:.1f}")
    names, sizes = component_labels(subject.mixture), subject.mixture.weights * found.n_rows
    least = subject.mixture.n_features + 1
    small = [j for j in range(len(sizes)) if sizes[j] < 2 * least]
    for j in small[:MOST_NAMED]:
        yield language.text("advice_small_component", name=names[j], size=f"{sizes[j]:.1f}")


def _of_rows(subject: Subject, measures: Measures, language: Language) -> Iterator[str]:
    """Whether components overlap, and rows are uncertain or far away."""
    names = component_labels(subject.mixture)
    for first, second, shared in measures.overlaps()[:MOST_NAMED]:
        if shared > SHARED:
            percent = f"{100 * shared:.0f} %"
            yield language.text("advice_overlap", first=names[first], second=names[second], percent=percent)
    if measures.uncertain_fraction > UNCERTAIN:
        yield language.text("advice_uncertain", percent=f"{100 * measures.uncertain_fraction:.0f} %")
    if measures.far_rows:
        key = "advice_far_one" if measures.far_rows == 1 else "advice_far_other"
        yield language.text(key, count=language.count("n_rows", measures.far_rows))
