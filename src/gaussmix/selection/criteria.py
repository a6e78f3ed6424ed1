"""Criteria that are a number of one fit, with scikit-learn's sign: lower is better. Each formula stands here alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log

from gaussmix.errors import ConfigError
from gaussmix.selection.figures import Figures


def bic(log_likelihood: float, n_parameters: int, sum_weight: float) -> float:
    """Schwarz's Bayesian information criterion (1978), −2 log L + df log n, with the sum of weights for n."""
    return -2.0 * log_likelihood + n_parameters * log(sum_weight)


def aic(log_likelihood: float, n_parameters: int) -> float:
    """Akaike's information criterion (1974), −2 log L + 2 df."""
    return -2.0 * log_likelihood + 2.0 * n_parameters


def aicc(log_likelihood: float, n_parameters: int, sum_weight: float) -> float:
    """AIC with the second-order term of Hurvich & Tsai (1989), 2 df (df + 1) / (n − df − 1); infinite without it."""
    left = sum_weight - n_parameters - 1.0
    if left <= 0.0:
        return inf
    return aic(log_likelihood, n_parameters) + 2.0 * n_parameters * (n_parameters + 1.0) / left


def icl(log_likelihood: float, n_parameters: int, sum_weight: float, log_certainty: float) -> float:
    """Integrated completed likelihood (Biernacki, Celeux & Govaert 2000, in its form by BIC).

    Parameters
    ----------
    log_likelihood, n_parameters, sum_weight : float, int, float
        As for `bic`.
    log_certainty : float
        Weighted sum over the rows of the logarithm of the largest responsibility; 0 where every row is certain.
    """
    return bic(log_likelihood, n_parameters, sum_weight) - 2.0 * log_certainty


@dataclass(frozen=True)
class Criterion:
    """One way to compare fits by what is known of each.

    Parameters
    ----------
    name : str
        What it is asked for by, and its column in the table.
    title : str
        As it stands in a text.
    prefers : str
        What it rewards, in words that follow its title.
    of : callable
        Its value from what is known of a fit.
    """

    name: str
    title: str
    prefers: str
    of: Callable[[Figures], float]

    def __reduce__(self) -> tuple[Callable[[str], Criterion], tuple[str]]:
        return criterion_named, (self.name,)  # a selection is pickled with its criterion, and functions are not


CRITERIA: dict[str, Criterion] = {
    criterion.name: criterion
    for criterion in (
        Criterion(
            "bic",
            "BIC",
            "weighs fit against the number of parameters so that, with enough rows, the true mixture wins",
            lambda f: bic(f.log_likelihood, f.n_parameters, f.sum_weight),
        ),
        Criterion(
            "aic",
            "AIC",
            "looks for the best prediction of new rows, and so forgives parameters that BIC does not",
            lambda f: aic(f.log_likelihood, f.n_parameters),
        ),
        Criterion(
            "aicc",
            "AICc",
            "is AIC with a correction for few rows a parameter",
            lambda f: aicc(f.log_likelihood, f.n_parameters, f.sum_weight),
        ),
        Criterion(
            "icl",
            "ICL",
            "is BIC that also asks components not to overlap: it counts clusters, not Gaussians",
            lambda f: icl(f.log_likelihood, f.n_parameters, f.sum_weight, f.log_certainty),
        ),
    )
}
"""Every such criterion by its name: a further one is one entry."""


def criterion_named(name: str) -> Criterion:
    """The criterion of this name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name not in CRITERIA:
        raise ConfigError(f"there is no criterion {name!r}; choose one of {', '.join(CRITERIA)}")
    return CRITERIA[name]
