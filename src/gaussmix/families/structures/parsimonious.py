"""What structures between the four simplest ones have in common."""

from __future__ import annotations

from collections.abc import Callable

from gaussmix.core.frame import Scaling
from gaussmix.core.types import Floats
from gaussmix.families.forms.axis_aligned import AxisAlignedForm
from gaussmix.families.null_directions import NullDirections
from gaussmix.families.structures.structure import Structure


class Parsimonious(Structure):
    """A structure named by three letters for volume, shape and orientation (Celeux & Govaert 1995).

    Σₖ = λₖ Dₖ Aₖ Dₖᵀ with volume λₖ, shape Aₖ (diagonal, of determinant 1) and orientation Dₖ (orthogonal): E where
    these are equal in all components, V where they vary, I where they are the identity. Columns, and directions, in
    which the rows have no extent are apart from what is equal: the structure is that of the others.
    """

    coupled = True

    @property
    def mclust_name(self) -> str:
        return self.name

    def n_parameters(self, n_components: int, n_features: int) -> int:
        k, d = n_components, n_features
        volume, shape, orientation = ({"I": 0, "E": 1, "V": k}[letter] for letter in self.mclust_name)
        return volume + shape * (d - 1) + orientation * (d * (d - 1) // 2)

    def null_directions(
        self, n_components: int, standard_deviation: Floats, covariance: Callable[[], Floats], prior: float
    ) -> NullDirections:
        """Constant columns, and where correlations are modelled their null directions.

        One component needs the former, too: without units to take one from, a prior gives them no variance at all.
        """
        if n_components == 1 and self.scaling is Scaling.COMMON:
            return NullDirections.none(len(standard_deviation))
        if n_components == 1 or isinstance(self.form, AxisAlignedForm):
            return NullDirections.constant(standard_deviation)
        if self.scaling is Scaling.PER_FEATURE:
            return NullDirections.of(covariance(), standard_deviation, prior).and_constant(standard_deviation)
        return NullDirections.in_common_units(covariance(), standard_deviation, prior)

    def public(self, matrices: Floats) -> Floats:
        return matrices

    def private(self, matrices: Floats, n_components: int, n_features: int) -> Floats:
        return matrices
