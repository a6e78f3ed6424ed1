"""Fitted parameters that may also be assigned, and the mixture that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.core.types import Array, Floats
from gaussmix.errors import ConfigError, DataError
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import RANKED, Structure, structure_named
from gaussmix.fitting.one_blas_thread import one_blas_thread

SPREADS = ("precisions_cholesky_", "covariances_", "precisions_")
"""Three ways to say the same: whichever was assigned last, the other two follow from it."""

PARAMETERS = ("weights_", "means_", *SPREADS)
"""Every fitted parameter of the components."""


FACTORS = ("loadings_", "noise_variance_")
"""What says the same of covariances of low rank, in fewer numbers: `SPREADS` follow from these, not they from them."""

PREDICTING = ("weights_", "means_", "precisions_cholesky_")
"""Those that a mixture is made of."""
PREDICTING_OF_RANK = ("weights_", "means_", *FACTORS)
"""Those that a mixture of low rank is made of."""


class FittedParameter:
    """A parameter that lies in the estimator's ``__dict__`` like any other, or follows from one that does.

    Assigning one of `SPREADS` forgets the other two. Where covariances are of low rank none of these can be assigned:
    a whole matrix seldom is a sum of loadings and noise.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, estimator: FittedMixture | None, owner: type | None = None) -> Any:
        if estimator is None:
            return self
        return held_or_derived(estimator, vars(estimator), self._name)

    def __set__(self, estimator: FittedMixture, value: Any) -> None:
        array = np.asarray(value)
        if self._name in SPREADS:
            if estimator.covariance_type in RANKED:
                raise ConfigError(
                    f"{self._name} of covariance_type={estimator.covariance_type!r} cannot be assigned; they follow "
                    f"from {' and '.join(FACTORS)}, which can"
                )
            for other in SPREADS:
                estimator.__dict__.pop(other, None)
        estimator.__dict__[self._name] = array if array.dtype.kind == "f" else array.astype(np.float64)

    def __delete__(self, estimator: FittedMixture) -> None:
        # What follows from others may be deleted and goes on to follow from them: nobody need know which lies there.
        if self._name not in estimator.__dict__:
            held_or_derived(estimator, vars(estimator), self._name)
        estimator.__dict__.pop(self._name, None)


class LabelsOfRows:
    """The labels of a fit's rows where it has none: those it has lie in the estimator's ``__dict__`` and come first."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, estimator: FittedMixture | None, owner: type | None = None) -> Any:
        if estimator is None:
            return self
        said = f"{type(estimator).__name__!r} object has no attribute {self._name!r}"
        if estimator.__sklearn_is_fitted__():
            said += f": {self._name} are of rows that came to its own fit as an array; call predict(X)"
        raise AttributeError(said)


@dataclass(frozen=True)
class HeldMixture:
    """A mixture, and the public parameters that it belongs to."""

    mixture: Mixture
    parameters: tuple[Array, ...]
    _shown: dict[str, Array] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, mixture: Mixture, parameters: tuple[Array, ...]) -> HeldMixture:
        """The mixture beside copies of its parameters, which nobody else can change."""
        return cls(mixture, tuple(np.array(values) for values in parameters))

    def belongs_to(self, parameters: tuple[Array, ...]) -> bool:
        """Whether nobody has assigned or changed them since."""
        pairs = zip(self.parameters, parameters, strict=True)
        return all(np.array_equal(mine, theirs) for mine, theirs in pairs)

    @one_blas_thread()  # the same bits as within the fit
    def shown(self, name: str) -> Array:
        """Covariances or precisions, which many a program never looks at: made when they are asked for first."""
        if name not in self._shown:
            family, frame = gaussian(self.mixture), self.mixture.frame
            values = (family.public_covariance if name == "covariances_" else family.public_precision)(frame)
            with np.errstate(over="ignore"):  # beyond float32 a parameter is infinite; the mixture is not
                self._shown[name] = np.array(values, dtype=self.parameters[-1].dtype)
        return self._shown[name]


class FittedMixture(BaseEstimator):
    """An estimator with the parameters of a Gaussian mixture.

    The mixture predicts. Programs assign parameters, on an estimator that was fitted or never was, and change them
    in place: the mixture is then built anew.
    """

    covariance_type: str
    rank: int | None = None
    weights: str
    _held: HeldMixture

    weights_ = FittedParameter()
    means_ = FittedParameter()
    covariances_ = FittedParameter()
    precisions_ = FittedParameter()
    precisions_cholesky_ = FittedParameter()
    loadings_ = FittedParameter()
    noise_variance_ = FittedParameter()
    labels_ = LabelsOfRows()

    @property
    def mixture_(self) -> Mixture:
        """The value that predicts, in float64."""
        state = dict(vars(self))  # at one instant: another thread may be about to set a new fit
        parameters = tuple(held_or_derived(self, state, name) for name in self._predicting)
        held = state.get("_held")
        if held is not None and held.belongs_to(parameters):
            return held.mixture
        weights, means, *spread = parameters
        if self.covariance_type in RANKED:
            structure, factor = factors_of_rank(self.covariance_type, *spread)
        else:
            structure, factor = structure_named(self.covariance_type), spread[0]
        mixture = assigned_mixture(structure, weights, means, factor, free=self.weights == "free")
        self._held = HeldMixture.of(mixture, parameters)
        return mixture

    @property
    def _predicting(self) -> tuple[str, ...]:
        """Names of the attributes that the mixture is made of."""
        return PREDICTING_OF_RANK if self.covariance_type in RANKED else PREDICTING

    def __sklearn_is_fitted__(self) -> bool:
        return all(hasattr(self, name) for name in self._predicting)

    def _set_mixture(self, mixture: Mixture, dtype: np.dtype[Any]) -> None:
        """Take a mixture as the fitted one, and give its parameters in this dtype."""
        for name in (*SPREADS, *FACTORS):  # those of another structure say something else
            self.__dict__.pop(name, None)
        self.__dict__.update(self._parameters(mixture, dtype))

    def _parameters(self, mixture: Mixture, dtype: np.dtype[Any]) -> dict[str, Any]:
        """The attributes of an estimator that was fitted to come to this mixture."""
        family, frame = gaussian(mixture), mixture.frame
        public = {"weights_": mixture.weights, "means_": family.public_means(frame)}
        if self.covariance_type in RANKED:
            public |= {"loadings_": family.public_loadings(frame), "noise_variance_": family.public_noise(frame)}
        else:
            public["precisions_cholesky_"] = family.public_precision_cholesky(frame)
        with np.errstate(over="ignore"):  # beyond float32 a parameter is infinite; the mixture is not
            state: dict[str, Any] = {name: np.array(values, dtype=dtype) for name, values in public.items()}
        return state | {"_held": HeldMixture.of(mixture, tuple(state[name] for name in self._predicting))}


def feature_names(estimator: FittedMixture) -> tuple[str, ...] | None:
    """Names of the columns that an estimator was fitted to, as a data frame or from a source; None if they had none."""
    rows = getattr(estimator, "fitted_rows_", None)
    names = getattr(estimator, "feature_names_in_", None) if rows is None else rows.feature_names
    return None if names is None else tuple(map(str, names))


def gaussian(mixture: Mixture) -> Gaussian:
    """The components of a mixture that must be Gaussian."""
    if not isinstance(mixture.family, Gaussian):
        raise TypeError(f"the components must be Gaussian, not of family {mixture.family.name}")
    return mixture.family


def assigned_mixture(
    structure: Structure, weights: Array, means: Array, precision_cholesky: Array, *, free: bool
) -> Mixture:
    """The mixture of parameters in the user's units and scikit-learn's shapes.

    Raises
    ------
    DataError
        If their shapes do not belong together.
    """
    if means.ndim != 2 or weights.shape != means.shape[:1]:
        raise DataError(f"weights_ {weights.shape} and means_ {means.shape} must have shapes (k,) and (k, d)")
    k, d = means.shape
    shape = structure.form.shape(k, d)
    expected = structure.public(np.empty(shape)).shape
    if precision_cholesky.shape != expected:
        raise DataError(f"precisions_cholesky_ must have shape {expected} beside means_ {means.shape}")
    factor = structure.private(precision_cholesky.astype(np.float64), k, d)
    centres = means.astype(np.float64)
    spread = Gaussian(structure, centres, factor).standard_deviations(Frame.identity(d)).max(axis=0)
    frame = Frame.about(centres.mean(axis=0), np.hypot(spread, np.ptp(centres, axis=0)), structure.scaling)
    internal = structure.form.scale_features(factor, np.ldexp(1.0, frame.exponent))
    family = Gaussian(structure, frame.positions_to_internal(centres), internal)
    return Mixture(family, CommonWeights(weights.astype(np.float64), free), frame)


def held_or_derived(estimator: FittedMixture, state: Mapping[str, Any], name: str) -> Any:
    """A fitted parameter that lies in the estimator's state, or follows from one that does.

    Raises
    ------
    AttributeError
        If there is neither.
    """
    if name in state:
        return state[name]
    if name in SPREADS and estimator.covariance_type in RANKED and all(factor in state for factor in FACTORS):
        loadings, noise_variance = (state[factor] for factor in FACTORS)
        return _whole(estimator.covariance_type, loadings, noise_variance, name)
    if name in SPREADS:
        held, factor = state.get("_held"), state.get("precisions_cholesky_")
        if held is not None and factor is not None and np.array_equal(held.parameters[-1], factor):
            return held.shown(name)
        for source in SPREADS:
            if source in state:
                return _converted(structure_named(estimator.covariance_type), state[source], source, name)
    raise AttributeError(f"{type(estimator).__name__!r} object has no attribute {name!r}")


def factors_of_rank(covariance_type: str, loadings: Array, noise_variance: Array) -> tuple[Structure, Floats]:
    """The structure of low rank, and its factors, of loadings (k, d, q) and noise variances (k, d).

    Raises
    ------
    DataError
        If their shapes do not belong together.
    DegenerateFitError
        If a variance is not positive.
    """
    if loadings.ndim != 3 or noise_variance.shape != loadings.shape[:2]:
        raise DataError(
            f"loadings_ {loadings.shape} and noise_variance_ {noise_variance.shape} must have shapes (k, d, q) and "
            "(k, d)"
        )
    structure = structure_named(covariance_type, loadings.shape[1], loadings.shape[2])
    lines = loadings.astype(np.float64).swapaxes(1, 2)
    covariance = np.concatenate([noise_variance.astype(np.float64)[:, np.newaxis], lines], axis=1)
    return structure, structure.form.factor(covariance)


def _whole(covariance_type: str, loadings: Array, noise_variance: Array, wanted: str) -> Array:
    """One of `SPREADS` of loadings and noise: whole matrices, which nobody may want."""
    structure, factor = factors_of_rank(covariance_type, loadings, noise_variance)
    form = structure.form
    make = {
        "covariances_": form.shown_covariance,
        "precisions_": form.precision,
        "precisions_cholesky_": form.shown_factor,
    }[wanted]
    return make(factor).astype(loadings.dtype)


def _converted(structure: Structure, values: Array, given: str, wanted: str) -> Array:
    """One of `SPREADS` from another, in the shape and dtype of scikit-learn."""
    form = structure.form
    # For balls one feature says all; every other shape has the features last.
    k, d = len(values), values.shape[-1] if values.ndim > 1 else 1
    matrices = structure.private(values.astype(np.float64), k, d)
    factor: Floats | None = matrices
    if given == "covariances_":
        factor = form.factor(matrices)
    elif given == "precisions_":
        factor = form.factor_of_precision(matrices)
    if factor is None:
        raise DataError(f"'{structure.name} precision' should be {form.requirement}")
    result = factor
    if wanted == "covariances_":
        result = form.covariance(factor)
    elif wanted == "precisions_":
        result = form.precision(factor)
    return structure.public(result).astype(values.dtype)
