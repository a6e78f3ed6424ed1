"""The numbers of a fit that people ask for first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Floats
from gaussmix.em.status import Status
from gaussmix.errors import ConfigError
from gaussmix.families.gaussian import Gaussian
from gaussmix.selection.criteria import aic, bic

UNIVARIATE = {"E": "univariate, equal variance", "V": "univariate, unequal variance"}
"""With one feature a structure is nothing but its volume, the first of mclust's three letters."""


@dataclass(frozen=True)
class Rows:
    """How many rows a fit was made from.

    Parameters
    ----------
    n_rows : int
        Rows.
    sum_weight : float
        Sum of their weights, which is what n in BIC stands for; the number of rows where they have none.
    n_assigned : tuple of int, length k, or None
        Rows whose most probable component this is, whatever their weight; None where nobody has counted.
    weight_name : str, optional
        The column of weights.
    """

    n_rows: int
    sum_weight: float
    n_assigned: tuple[int, ...] | None
    weight_name: str | None = None


@dataclass(frozen=True)
class Ending:
    """How a fit came to its end.

    Parameters
    ----------
    status : Status
        Of the best start.
    n_iter : int
        Its iterations.
    n_starts : int
        Starts that were tried.
    gain_left : float
        What more iterations would still gain in mean log-likelihood, by estimate; not finite where nothing can be said.
    """

    status: Status
    n_iter: int
    n_starts: int = 1
    gain_left: float = inf


@dataclass(frozen=True)
class ComponentSummary:
    """One component, in the user's units.

    Parameters
    ----------
    number : int
        From 0, as in labels.
    weight : float
        Share of all rows.
    n_assigned : int or None
        Rows whose most probable component it is, where that was counted.
    mean, standard_deviation : tuple of float, length d
        Of each feature.
    """

    number: int
    weight: float
    n_assigned: int | None
    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]


@dataclass(frozen=True)
class FitSummary:
    """A fit in numbers; `gaussmix.insight.text` and `gaussmix.insight.record` say them.

    Parameters
    ----------
    model_name : str
        mclust's name of the covariance structure, such as "VVV"; "E" or "V" with one feature.
    model_description : str
        The same in words.
    feature_names : tuple of str
        Names of the columns.
    rows : Rows
        What it was fitted to.
    ending : Ending
        How the iterations ended.
    log_likelihood : float
        Of the fitted parameters, over all rows, in the user's units.
    n_parameters : int
        Free parameters.
    components : tuple of ComponentSummary
        Every component, by number.
    """

    model_name: str
    model_description: str
    feature_names: tuple[str, ...]
    rows: Rows
    ending: Ending
    log_likelihood: float
    n_parameters: int
    components: tuple[ComponentSummary, ...]

    @classmethod
    def of(
        cls,
        mixture: Mixture,
        log_likelihood: float,
        rows: Rows,
        ending: Ending,
        feature_names: Sequence[str] | None = None,
    ) -> FitSummary:
        """The summary of a fitted mixture.

        Parameters
        ----------
        mixture : Mixture
            Of Gaussian components.
        log_likelihood : float
            Of this mixture over the rows, in the user's units.
        rows : Rows
            What it was fitted to.
        ending : Ending
            How the iterations ended.
        feature_names : sequence of str, optional
            Names of the columns; ``x0``, ``x1`` … where not given, as in scikit-learn.
        """
        family = gaussian_of(mixture)
        means = family.public_means(mixture.frame)
        deviations = family.standard_deviations(mixture.frame)
        assigned = rows.n_assigned or (None,) * mixture.n_components
        return cls(
            *_model(family),
            tuple(feature_names or (f"x{j}" for j in range(mixture.n_features))),
            rows,
            ending,
            float(log_likelihood),
            mixture.n_parameters,
            tuple(
                ComponentSummary(number, float(weight), assigned[number], _plain(mean), _plain(deviation))
                for number, (weight, mean, deviation) in enumerate(zip(mixture.weights, means, deviations, strict=True))
            ),
        )

    @property
    def bic(self) -> float:
        """Bayesian information criterion: lower is better."""
        return bic(self.log_likelihood, self.n_parameters, self.rows.sum_weight)

    @property
    def aic(self) -> float:
        """Akaike's information criterion: lower is better."""
        return aic(self.log_likelihood, self.n_parameters)

    @property
    def converged(self) -> bool:
        """Whether the fit went on until nothing was left to gain."""
        return self.ending.status is Status.CONVERGED


def gaussian_of(mixture: Mixture) -> Gaussian:
    """The components, which must be Gaussian."""
    if not isinstance(mixture.family, Gaussian):
        raise ConfigError(f"there is no summary of components of family {mixture.family.name} yet")
    return mixture.family


def _model(family: Gaussian) -> tuple[str, str]:
    name = family.structure.mclust_name
    if family.n_features == 1:
        return name[0], UNIVARIATE[name[0]]
    return name, family.structure.description


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(values.tolist())
