"""A mixture comes apart and together again, or is refused before anything is written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gaussmix.allocations.given import Hard
from gaussmix.core.frame import Frame
from gaussmix.core.parts import Parts, Storable
from gaussmix.errors import ConfigError
from gaussmix.storage.mixture_parts import put_together, taken_apart
from gaussmix.storage.section import Section


@pytest.mark.parametrize(("k", "d"), [(1, 1), (3, 1), (1, 4), (3, 4)])
def test_the_same_bits(make_mixture, structure, k, d):
    mixture = make_mixture(structure, k, d)
    record, tensors = taken_apart(mixture)
    again = put_together(Section(record, "", tensors))
    assert_array_equal(again.family.means, mixture.family.means)
    assert_array_equal(again.family.precision_cholesky, mixture.family.precision_cholesky)
    assert_array_equal(again.family.log_normaliser, mixture.family.log_normaliser)
    assert_array_equal(again.weights, mixture.weights)
    assert again.n_parameters == mixture.n_parameters


def test_the_layout_in_memory_does_not_show(make_mixture):
    """Sums over columns of a turned array round otherwise; the parameters lie in one way whatever was given."""
    mixture = make_mixture("full", 3, 9)
    factor = np.asfortranarray(mixture.family.precision_cholesky)
    turned = replace(mixture.family, precision_cholesky=factor, means=np.asfortranarray(mixture.family.means))
    assert_array_equal(turned.log_normaliser, mixture.family.log_normaliser)
    assert turned.precision_cholesky.flags.c_contiguous


def test_what_no_file_holds(make_mixture):
    mixture = make_mixture("full", 2, 2)
    assert not isinstance(Hard(2), Storable)
    with pytest.raises(ConfigError, match=r"a mixture with hard \(Hard\) cannot be stored in a file yet"):
        taken_apart(replace(mixture, allocation=Hard(2)))
    with pytest.raises(ConfigError, match="the frame's origin holds NaN"):
        taken_apart(replace(mixture, frame=Frame(np.array([np.nan, 0.0]), np.zeros(2, dtype=np.int64))))


def test_parts_say_what_is_wrong_with_them():
    parts = Parts("thing", {"word": "full", "flag": True}, {"numbers": np.ones(2)})
    assert (parts.text("word"), parts.flag("flag")) == ("full", True)
    with pytest.raises(ConfigError, match="thing: the setting 'flag' must be a text, not True"):
        parts.text("flag")
    with pytest.raises(ConfigError, match="thing: the setting 'none' must be true or false, not None"):
        parts.flag("none")
    with pytest.raises(ConfigError, match=r"numbers must be float64 numbers of 2 dimensions; they are float64 of sha"):
        parts.finite("numbers", 2)
