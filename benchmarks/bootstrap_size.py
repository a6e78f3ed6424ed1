"""`python -m benchmarks.bootstrap_size`: how often the bootstrap test rejects a true number of components.

Rows come from two Gaussian clusters, so that 2 is true, and 2 is tested against 3. A test of 5 % rejects in 5 % of the
runs, and over 200 of them between 2 and 9 % with a probability of 0.985.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks import machine
from gaussmix import bootstrap_test

LEVEL = 0.05
ALLOWED = (0.02, 0.09)


def main() -> int:
    """Test each case and print what was rejected; 1 where that is outside of what is allowed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bootstrap_size", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--features", type=int, default=1)
    parser.add_argument("--draws", type=int, default=199)
    parser.add_argument("--apart", type=float, default=3.0, help="distance of the centres in standard deviations")
    parser.add_argument("--covariance", default="full")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="PATH")
    options = parser.parse_args()

    before = perf_counter()
    p_values = []
    for seed, x in rows(options.runs, options.rows, options.features, options.apart):
        test = bootstrap_test(
            x,
            n_components=[2],
            covariance_type=options.covariance,
            level=LEVEL,
            n_draws=options.draws,
            random_state=seed,
            n_jobs=options.jobs,
        )
        p_values.append(test.rungs[0].p_value)
    p = np.array(p_values)
    n_rejected, share = int((p <= LEVEL).sum()), float((p <= LEVEL).mean())
    print(
        f"{options.rows} × {options.features}, {options.covariance}, centres {options.apart:g} apart: 2 of a true 2 "
        f"rejected in {n_rejected} of {len(p)} runs ({100 * share:.1f} %), {perf_counter() - before:.0f} s"
    )
    if options.json is not None:
        record = {"machine": machine.describe(), "commit": machine.commit(), "options": vars(options), "p": p_values}
        options.json.write_text(json.dumps(record, indent=1, default=str) + "\n")
    return 0 if ALLOWED[0] <= share <= ALLOWED[1] else 1


def rows(runs: int, n: int, d: int, apart: float) -> Iterator[tuple[int, np.ndarray]]:
    """Two clusters of variance 1, the smaller with two fifths of the rows."""
    for seed in range(runs):
        rng = np.random.default_rng([seed, n, d])
        second = rng.random(n) < 0.4
        x = rng.normal(size=(n, d))
        x[second, 0] += apart
        yield seed, x


if __name__ == "__main__":
    sys.exit(main())
