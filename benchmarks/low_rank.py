"""`python -m benchmarks.low_rank`: covariances of few directions beside a diagonal, against full and diagonal ones.

Held-out log-likelihoods of images (scikit-learn's 8 × 8 digits; 28 × 28 patches of its two photographs, which need
Pillow), where each kind of covariance has the number of components, the number added to variances, and the rank that do
best on other rows; and times of an iteration at d = 784.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits, load_sample_images

from benchmarks import machine, peak
from benchmarks.cases import Array
from gaussmix import GaussianMixture
from gaussmix.allocations.weights import CommonWeightsUpdate
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian_update import GaussianUpdate
from gaussmix.families.prior import Prior
from gaussmix.fitting.step import EMStep
from gaussmix.kernels.automatic import AutomaticKernel

SIDE = 28
RANKS = {"digits": (2, 5, 10, 20), "patches": (10, 20)}
COMPONENTS = {"digits": (1, 5, 10, 20), "patches": (1, 5)}
ADDED = {"digits": (0.01, 0.1, 0.3, 1.0), "patches": (1e-4, 1e-3)}
"""In squared units of the pixels, which are 0 … 16 and 0 … 1."""
STRUCTURES = ("diag", "full", "low_rank")


def digits(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Training, validation and test rows: half, and a quarter each."""
    x = rng.permutation(load_digits().data)
    x += rng.uniform(size=x.shape)  # whole numbers have no density: a pixel that never varies would decide on all
    quarter = len(x) // 4
    return x[: 2 * quarter], x[2 * quarter : 3 * quarter], x[3 * quarter :]


def patches(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Grey patches from apart: the left three fifths of the photographs, then a fifth, then the last."""
    parts: tuple[list[Array], ...] = ([], [], [])
    for image in load_sample_images().images:
        grey = (image.mean(axis=2) + rng.uniform(size=image.shape[:2])) / 256.0
        width = grey.shape[1] // 5
        for part, (left, right) in zip(parts, ((0, 3), (3, 4), (4, 5)), strict=True):
            windows = np.lib.stride_tricks.sliding_window_view(grey[:, left * width : right * width], (SIDE, SIDE))
            part.append(windows[::5, ::5].reshape(-1, SIDE * SIDE))
    train, validation, test = (np.concatenate(part) for part in parts)
    return rng.permutation(train)[:5000], rng.permutation(validation)[:2000], rng.permutation(test)[:2000]


def best(name: str, structure: str, rows: tuple[Array, Array, Array], threads: int) -> dict[str, Any]:
    """The choice that does best on validation rows, and what it says of test rows."""
    train, validation, test = rows
    found: dict[str, Any] = {"validation": -np.inf}
    ranks = RANKS[name] if structure == "low_rank" else (None,)
    for k, added, rank in product(COMPONENTS[name], ADDED[name], ranks):
        model = GaussianMixture(
            k,
            covariance_type=structure,
            rank=rank,
            reg_covar=added,
            init_params="kmeans",
            tol=1e-3,
            max_iter=50,
            random_state=0,
            n_threads=threads,
        )
        begin = perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(train)
        score = float(model.score(validation))
        if score > found["validation"]:
            found = {
                "structure": structure,
                "k": k,
                "rank": rank,
                "reg_covar": added,
                "validation": score,
                "test": float(model.score(test)),
                "parameters": model.mixture_.n_parameters,
                "iterations": model.n_iter_,
                "seconds": perf_counter() - begin,
            }
    return found


def speed(structure: str, rank: int | None, n: int, k: int, dtype: str, threads: int, repeat: int) -> dict[str, Any]:
    """Seconds of one EM iteration on rows about k centres, and the operations that it needs."""
    d = SIDE * SIDE
    rng = np.random.default_rng(0)
    labels = np.arange(n) % k
    x = (rng.normal(size=(n, d)) + 0.3 * rng.normal(size=(k, d))[labels]).astype(dtype)
    start = GaussianMixture(
        k,
        covariance_type=structure,
        rank=rank,
        init_params=labels,
        max_iter=1,
        tol=0.0,
        reg_covar=1e-2,
        n_threads=threads,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mixture = start.fit(x).mixture_
    update = GaussianUpdate(Prior.absolute(1e-2, mixture.frame))
    step = EMStep(MemorySource(x), AutomaticKernel(threads), update, CommonWeightsUpdate(), float(n))
    times = []
    for _ in range(repeat):
        begin = perf_counter()
        step.maximise(step.expect(mixture), mixture)
        times.append(perf_counter() - begin)
    # Every row is scored under all components, and gathered by its own: with so many columns shares are all or nothing.
    # Full: half a matrix times the row. Low rank: the row times q loadings, and these times its coordinates.
    flops = n * (k + 1) * d * (float(d) if rank is None else 4.0 * rank)
    return {"structure": structure, "rank": rank, "n": n, "k": k, "dtype": dtype, "seconds": min(times), "flops": flops}


def main() -> int:
    """Measure, print the tables, write the JSON file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.low_rank", description=__doc__)
    parser.add_argument("--only", choices=("digits", "patches", "speed"), help="one of the three parts")
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--rows", type=int, default=5000, help="of the timed fits")
    parser.add_argument("--repeat", type=int, default=5, help="of timed iterations; the fastest counts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="PATH")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 130)
    measured: dict[str, Any] = {}
    for name, make in (("digits", digits), ("patches", patches)):
        if options.only not in (None, name):
            continue
        rows = make(np.random.default_rng(options.seed))
        table = Table(title=f"{name}: {len(rows[0])} rows of {rows[0].shape[1]}; nats a row", title_justify="left")
        for heading in ("covariance", "k", "rank", "added", "validation", "test", "parameters", "s"):
            table.add_column(heading, justify="right")
        measured[name] = []
        for structure in STRUCTURES:
            one = best(name, structure, rows, options.threads)
            measured[name].append(one)
            figures = (one["validation"], one["test"])
            table.add_row(
                structure,
                str(one["k"]),
                str(one["rank"] or ""),
                f"{one['reg_covar']:g}",
                *(f"{figure:.2f}" for figure in figures),
                f"{one['parameters']:,}",
                f"{one['seconds']:.1f}",
            )
        console.print(table)
    if options.only in (None, "speed"):
        flops = peak.fma_peak(options.threads)
        table = Table(title=f"one iteration, d = {SIDE * SIDE}, k = 10, n = {options.rows}", title_justify="left")
        for heading in ("covariance", "dtype", "ms", "GFLOP", "GFLOP/s"):
            table.add_column(heading, justify="right")
        measured["speed"] = []
        for structure, rank, dtype in (
            ("low_rank", 10, "float64"),
            ("low_rank", 10, "float32"),
            ("full", None, "float64"),
        ):
            one = speed(structure, rank, options.rows, 10, dtype, options.threads, options.repeat)
            measured["speed"].append(one)
            rate = one["flops"] / one["seconds"] / 1e9
            name = structure if rank is None else f"{structure} {rank}"
            table.add_row(name, dtype, f"{1e3 * one['seconds']:.1f}", f"{one['flops'] / 1e9:.2f}", f"{rate:.1f}")
        console.print(table)
        if flops:
            console.print(f"fused-multiply-add peak: {flops / 1e9:.0f} GFLOP/s")
    if options.json is not None:
        options.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
