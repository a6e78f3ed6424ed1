"""The summary as text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gaussmix.em.status import Status
from gaussmix.insight.figures import count, criterion, means_and_deviations, share
from gaussmix.insight.fit_summary import ComponentSummary, Ending, FitSummary, Rows
from gaussmix.insight.text import fit_text

SUMMARY = FitSummary(
    model_name="VVV",
    model_description="ellipsoidal, varying volume, shape, and orientation",
    feature_names=("bill length", "body_mass_g", "身長"),
    rows=Rows(342, 342.0, (151, 68, 123)),
    ending=Ending(Status.CONVERGED, 23),
    log_likelihood=-5150.688104649875,
    n_parameters=44,
    components=(
        ComponentSummary(0, 0.4456, 151, (38.8123, 3691.57, 1.5e-7), (2.645, 456.1, 3.2e-9)),
        ComponentSummary(1, 0.1947, 68, (48.9993, 3754.58, -2e-7), (3.158, 379.5, 2.1e-9)),
        ComponentSummary(2, 0.3597, 123, (47.5049, 5076.02, 0.0), (0.969, 502.1, 1e-9)),
    ),
)

GOLDEN = """\
---------------------------------------------
Gaussian mixture model fitted by EM algorithm
---------------------------------------------

gaussmix VVV (ellipsoidal, varying volume, shape, and orientation) model with 3
components:

 log-likelihood    n  df        BIC        AIC
      -5150.688  342  44  10558.108  10389.376

Converged after 23 iterations.
BIC = -2 log L + df log n, lower is better (mclust shows the negative of it).

Components (mean ± standard deviation):

 component                        0                       1                   2
 weight                      0.4456                  0.1947              0.3597
 rows                           151                      68                 123
 bill length           38.81 ± 2.65            49.00 ± 3.16        47.50 ± 0.97
 body_mass_g             3692 ± 456              3755 ± 380          5076 ± 502
 身長         1.5000e-07 ± 3.20e-09  -2.0000e-07 ± 2.10e-09  0.0e+00 ± 1.00e-09
"""


def test_golden_transcript():
    text = fit_text(SUMMARY)
    assert text == GOLDEN


def test_lines_keep_to_the_width():
    names = tuple(f"a name that goes on and on, number {j} of many" for j in range(60))
    components = tuple(ComponentSummary(j, 1 / 9, 10, (1e9 + j,) * 60, (1e-3,) * 60) for j in range(9))
    wide = replace(SUMMARY, feature_names=names, components=components)
    for width in (80, 132):
        lines = fit_text(wide, width).splitlines()
        assert max(map(len, lines)) <= width
        heads = [line for line in lines if line.startswith(" component")]
        numbers = [word for head in heads for word in head.split()[1:]]
        assert numbers == [str(j) for j in range(9)]
        for number in range(60):  # cut in the middle, so that what differs is still there
            assert sum(f" {number} of many" in line for line in lines) == len(heads)


def test_weights_and_starts_are_told():
    text = fit_text(
        replace(
            SUMMARY,
            rows=Rows(342, 99.5, (151, 68, 123), "how\noften"),
            ending=Ending(Status.MAX_ITER, 1, 10),
        )
    )
    assert "Not converged after 1 iteration (the best of 10 starts). Stopped at max_iter" in text
    assert r"n is the sum of the weights in column 'how\noften' (342 rows)." in text
    assert " 99.5 " in text


@pytest.mark.parametrize(
    ("means", "deviations", "expected"),
    [
        ([38.8123, 47.5], [2.645, 0.969], ["38.81 ± 2.65", "47.50 ± 0.97"]),
        ([4207.6], [501.3], ["4208 ± 501"]),
        ([-0.01], [2.3], ["0.0 ± 2.3"]),
        ([-0.01], [1.23], ["-0.01 ± 1.23"]),
        ([1.7e9], [3600.0], ["1700000000 ± 3600"]),
        ([1e12], [1e9], ["1.00000e+12 ± 1.00e+09"]),
        ([5.0], [0.0], ["5.00000 ± 0.00000"]),
        ([0.0], [0.0], ["0.00000 ± 0.00000"]),
        ([1.0, 1.0], [1e-5, 10.0], ["1.0000000 ± 0.0000100", "1.0 ± 10.0"]),
        ([1e-300], [1e-301], ["1.000e-300 ± 1.00e-301"]),
        ([1e308], [1.0], ["1.0000000000000000e+308 ± 1.00e+00"]),
    ],
)
def test_means_have_the_digits_that_mean_something(means, deviations, expected):
    assert means_and_deviations(means, deviations) == expected


def test_figures():
    assert [criterion(v) for v in (-1234.5678, -1e-9, 1e15)] == ["-1234.568", "0.000", "1e+15"]
    assert [share(v) for v in (0.25, 0.0, 1e-7)] == ["0.2500", "0.0000", "1.0e-07"]
    assert [count(v) for v in (342.0, 99.5, 1e20)] == ["342", "99.5", "1e+20"]
