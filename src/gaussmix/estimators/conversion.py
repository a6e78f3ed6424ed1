"""To scikit-learn's own estimator and back."""

from __future__ import annotations

from typing import Any, TypeVar

from gaussmix.errors import ConfigError
from gaussmix.estimators.fitted import PARAMETERS
from gaussmix.estimators.predicting import PredictingMixture
from gaussmix.families.structures import SCIKIT_LEARN, STRUCTURES, structure_named

FITTED = ("converged_", "n_iter_", "lower_bound_", "lower_bounds_", "n_features_in_", "feature_names_in_")
"""What both have beside the parameters of the components."""

FORMS = {STRUCTURES[name].form.name: name for name in SCIKIT_LEARN}
"""Under which of scikit-learn's names matrices lie as they do in a form."""

AnyMixture = TypeVar("AnyMixture", bound=PredictingMixture)


def to_scikit_learn(mixture: PredictingMixture) -> Any:
    """scikit-learn's estimator with the same parameters, fitted if this one is.

    What scikit-learn has no word for (``"auto"``, labels as a start) becomes its own default; a structure that it does
    not have, the most restricted of its own that holds the same matrices.
    """
    # Not from sklearn.mixture: that name may be ours.
    from sklearn.mixture._gaussian_mixture import GaussianMixture

    theirs = GaussianMixture()
    known = theirs.get_params(deep=False)
    allowed = GaussianMixture._parameter_constraints
    for name, value in mixture.get_params(deep=False).items():
        if name in known and _is_allowed(value, allowed[name]):
            setattr(theirs, name, value)
    theirs.covariance_type = FORMS[structure_named(mixture.covariance_type).form.shown_as.name]
    for name in (*PARAMETERS, *FITTED):
        if hasattr(mixture, name):
            setattr(theirs, name, getattr(mixture, name))
    return theirs


def from_scikit_learn(kind: type[AnyMixture], theirs: Any) -> AnyMixture:
    """Ours with scikit-learn's parameters, fitted if that one is.

    Raises
    ------
    ConfigError
        If it is not a Gaussian mixture fitted by EM.
    """
    from sklearn.mixture._gaussian_mixture import GaussianMixture

    if not isinstance(theirs, GaussianMixture):
        raise ConfigError(f"only scikit-learn's GaussianMixture can be taken over, not {type(theirs).__name__}")
    mixture = kind(**theirs.get_params(deep=False))
    for name in (*PARAMETERS[:2], "precisions_cholesky_", *FITTED):
        if hasattr(theirs, name):
            setattr(mixture, name, getattr(theirs, name))
    return mixture


def _is_allowed(value: Any, constraints: list[Any]) -> bool:
    from sklearn.utils._param_validation import make_constraint

    return any(make_constraint(constraint).is_satisfied_by(value) for constraint in constraints)
