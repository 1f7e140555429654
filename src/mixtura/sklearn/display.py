"""`MixtureDisplay`, a picture of a fitted estimator in scikit-learn's convention for displays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from mixtura.mixture import Mixture
from mixtura.plotting import drawn_mixture, plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


class MixtureDisplay:
    """Picture of a fitted estimator, as scikit-learn's displays are: computed once, drawn by `plot`.

    Use `from_estimator` to make and draw one.

    Parameters
    ----------
    mixture : Mixture
        The estimator's distribution.
    X : array-like of shape (n_samples, n_features), optional
        Rows to draw.
    estimator_name : str, optional
        First line of the title.

    Attributes
    ----------
    ax_ : matplotlib Axes, or list of them
        Axes of the picture; a list if more than two columns are drawn.
    figure_ : matplotlib Figure
        Figure that contains them.

    See Also
    --------
    mixtura.plot : Draws the same pictures of fits and mixtures.

    Examples
    --------
    >>> import mixtura
    >>> X = [[0.0], [0.2], [0.4], [5.0], [5.2], [5.4]]
    >>> model = mixtura.GaussianMixture(2, random_state=0).fit(X)
    >>> display = mixtura.MixtureDisplay.from_estimator(model, X, kind="density")
    >>> display.ax_.get_ylabel()
    'density'
    """

    ax_: Axes | list[Axes]
    figure_: Figure

    def __init__(self, *, mixture: Mixture, X: Any = None, estimator_name: str | None = None) -> None:
        self.mixture = mixture
        self.X = X
        self.estimator_name = estimator_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any = None,
        *,
        name: str | None = None,
        ax: Axes | SubFigure | None = None,
        **kwargs: Any,
    ) -> MixtureDisplay:
        """Draw a fitted estimator, and rows if given.

        Parameters
        ----------
        estimator : fitted estimator
            A `mixtura.GaussianMixture`, a `mixtura.MixtureClassifier`, scikit-learn's GaussianMixture, or a pipeline
            that ends in one, whose other steps transform X.
        X : array-like of shape (n_samples, n_features), optional
        name : str, optional
            First line of the title; default: the name of the estimator's class.
        ax : matplotlib Axes or SubFigure, optional
        **kwargs : dict
            Options of `mixtura.plot`, such as ``kind="boundaries"``.

        Returns
        -------
        MixtureDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ParameterError
            If it has no mixture.
        """
        check_is_fitted(estimator)
        steps = getattr(estimator, "steps", None)
        model = steps[-1][1] if steps else estimator
        rows = estimator[:-1].transform(X) if steps and len(steps) > 1 and X is not None else X
        display = cls(mixture=drawn_mixture(model), X=rows, estimator_name=name or type(model).__name__)
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax: Axes | SubFigure | None = None, *, name: str | None = None, **kwargs: Any) -> MixtureDisplay:
        """Draw the picture, in given axes or in a new figure.

        Parameters
        ----------
        ax : matplotlib Axes or SubFigure, optional
        name : str, optional
            First line of the title; default: ``estimator_name``.
        **kwargs : dict
            Options of `mixtura.plot`.

        Returns
        -------
        MixtureDisplay
            Itself, with ``ax_`` and ``figure_``.
        """
        options = {"title": self.estimator_name if name is None else name, **kwargs}
        self.figure_ = plot(self.mixture, self.X, ax=ax, **options)
        owner: Any = self.figure_ if ax is None else ax
        drawn = list(owner.axes) if hasattr(owner, "add_subplot") else [owner]  # axes have no subplots
        self.ax_ = drawn[0] if len(drawn) == 1 else drawn
        return self
