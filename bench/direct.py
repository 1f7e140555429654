"""EM without what `mixtura.fit` does around it."""

from mixtura.covariance.models import as_covariance_model
from mixtura.data import as_source
from mixtura.em import Problem, ReseedThenRemove
from mixtura.em.estep import Plain
from mixtura.em.mstep import MStep, floor_variances
from mixtura.kernels import summarise


def problem_of(X, model, floor=1e-10):
    """A problem; the floor is a fraction of the data's variance."""
    source = as_source(X)
    summary = summarise(source)
    mstep = MStep(as_covariance_model(model), floor_variances(summary.scale, floor))
    return Problem(source, Plain(), mstep, ReseedThenRemove(), summary)
