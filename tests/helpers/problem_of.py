"""Problems for EM as tests need them: rows, a covariance model, and little else."""

from mixtura.covariance.models import as_covariance_model, with_constraint
from mixtura.data import as_source
from mixtura.em import Problem, ReseedThenRemove
from mixtura.em.estep import Plain
from mixtura.em.mstep import MStep, floor_variances, with_data
from mixtura.kernels import summarise


def problem_of(
    X,
    model="VVV",
    weight=None,
    *,
    floor=1e-10,
    constraint=None,
    prior=None,
    estep=None,
    repair=None,
    **parts,
):
    """A problem; ``floor`` is a fraction of the data's variance, ``model`` a name or a covariance model."""
    source = as_source(X, weight)
    summary = summarise(source, full=prior is not None)
    covariances = with_constraint(as_covariance_model(model), constraint) if isinstance(model, str) else model
    floors = floor_variances(summary.scale, floor)
    mstep = MStep(covariances, floors, prior=with_data(prior, summary), **parts)
    return Problem(source, estep or Plain(), mstep, repair or ReseedThenRemove(), summary)
