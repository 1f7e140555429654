"""A pytest plugin: autogmm 0.1.0 overrides `_m_step` without the argument ``xp`` that scikit-learn 1.9 passes."""

from autogmm.autogmm import MclustStyleGM

own = vars(MclustStyleGM)["_m_step"]
setattr(MclustStyleGM, "_m_step", lambda self, X, log_resp, **_: own(self, X, log_resp))  # noqa: B010 - a private name
