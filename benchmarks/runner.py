"""Check that the engines compute the same thing, then time them, turn by turn."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.cases import Case, make
from benchmarks.clocks import CLOCKS
from benchmarks.engines import Engine, Fit
from benchmarks.peak import fma_peak

ITERATIONS = 20
# The cost of an iteration is the difference between a long and a short fit. All that a fit does once
# (checking its input, a pass that summarises the data, a last E step) falls out of it; so does the
# first iteration, which warms the caches.
SHORT = 2
# After so many updates the log-likelihoods are compared. An engine without a trace tells the
# log-likelihood before its last update only: 19 is the last that 20 iterations let every one tell.
CHECKPOINTS = (0, 1, 2, 5, ITERATIONS - 1)
# By the rows' dtype. In float32 an engine's log-likelihoods are off by some roundings (6e-8) of its scores, and by what
# that did to the parameters of the updates before.
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}
# An engine that has used up its patience is not asked again, once it has this many timings.
LEAST_REPETITIONS = 2


@dataclass
class Timing:
    """All timings of one engine on one case, in seconds."""

    short: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)

    @property
    def iteration(self) -> float:
        """Return the median time of an iteration."""
        pairs = zip(self.whole, self.short, strict=True)
        return statistics.median((whole - short) / (ITERATIONS - SHORT) for whole, short in pairs)

    @property
    def fit(self) -> float:
        """Return the median time of a whole fit of `ITERATIONS` iterations."""
        return statistics.median(self.whole)

    @property
    def spent(self) -> float:
        """Return all the time that went into this."""
        return sum(self.short) + sum(self.whole)


@dataclass
class Result:
    """What came out for one case."""

    case: Case
    timings: dict[str, Timing] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)  # engine -> why
    log_likelihood: dict[str, dict[int, float]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)  # engine -> why it was not timed
    fma_peak: float | None = None  # operations a second, measured beside the timings

    @property
    def failure(self) -> str | None:
        """Return what failed in words, or None."""
        return "; ".join(self.failed.values()) or None

    def as_json(self) -> dict[str, Any]:
        """Return plain data, every timing in it."""
        return {
            "case": self.case.name,
            "structure": self.case.structure,
            "kind": self.case.kind,
            "n": self.case.n,
            "d": self.case.d,
            "k": self.case.k,
            "dtype": self.case.dtype,
            "flops_per_iteration": self.case.flops,
            "fma_peak_flops": self.fma_peak,
            "failed": self.failed,
            "skipped": self.skipped,
            "log_likelihood": self.log_likelihood,
            "timings": {
                name: {
                    "seconds_per_iteration": timing.iteration,
                    "seconds_per_fit": timing.fit,
                    f"seconds_{ITERATIONS}_iterations": timing.whole,
                    f"seconds_{SHORT}_iterations": timing.short,
                }
                for name, timing in self.timings.items()
            },
        }


@dataclass(frozen=True)
class Settings:
    """How the cases are run."""

    seed: int
    threads: int
    repeat: int
    patience: float  # seconds for one engine on one case
    clock: str = "wall"  # of CLOCKS
    least: int = LEAST_REPETITIONS


class DisagreementError(Exception):
    """An engine did not compute what it was asked, or not what the others did."""


def run(cases: tuple[Case, ...], engines: Mapping[str, Engine], settings: Settings) -> Iterator[Result]:
    """Yield the result of each case as soon as it is there."""
    for case in cases:
        yield run_case(case, engines, settings)


def run_case(case: Case, engines: Mapping[str, Engine], settings: Settings) -> Result:
    """Check, then time, all engines on one case."""
    result = Result(case)
    problem = make(case, settings.seed)
    fits: dict[str, Fit] = {}
    for name, engine in engines.items():
        obstacle = engine.obstacle(case)
        if obstacle is None:
            fits[name] = engine.prepare(problem, settings.threads)
        else:
            result.skipped[name] = obstacle
    result.failed = check(fits, result.log_likelihood, TOLERANCE[case.dtype])
    if next(iter(fits), None) in result.failed:  # then there is nothing to compare the others with
        return result
    result.fma_peak = fma_peak(settings.threads)
    result.timings = measure({name: fit for name, fit in fits.items() if name not in result.failed}, settings)
    return result


def check(fits: Mapping[str, Fit], log_likelihood: dict[str, dict[int, float]], tolerance: float) -> dict[str, str]:
    """Compare each engine's log-likelihoods with the first one's; return which failed, and why."""
    failed: dict[str, str] = {}
    reference: tuple[str, dict[int, float]] | None = None
    for name, fit in fits.items():
        try:
            own = log_likelihood[name] = _trace(name, fit)
            reference = reference or (name, own)
            _agree(name, own, *reference, tolerance)
        except DisagreementError as disagreement:
            failed[name] = str(disagreement)
        except Exception as error:  # noqa: BLE001 - whatever another library raises is told, and the others are timed
            failed[name] = f"{name} raised {type(error).__name__}: {error}"
        if reference is None:
            break
    return failed


def _agree(name: str, own: dict[int, float], first: str, reference: dict[int, float], tolerance: float) -> None:
    for update in CHECKPOINTS:
        difference = abs(own[update] - reference[update])
        # Put this way round, a NaN fails.
        if not difference <= tolerance * abs(reference[update]):
            raise DisagreementError(
                f"after {update} updates, {name} has log-likelihood {own[update]!r} "
                f"and {first} has {reference[update]!r}"
            )


def measure(fits: Mapping[str, Fit], settings: Settings) -> dict[str, Timing]:
    """Time the engines in turn, so that a slow moment of the machine meets them all."""
    timings = {name: Timing() for name in fits}
    names = list(fits)
    for repetition in range(settings.repeat):
        # Another one begins each time: none always runs in the wake of the same neighbour.
        offset = repetition % len(names)
        for name in names[offset:] + names[:offset]:
            timing = timings[name]
            if len(timing.whole) >= settings.least and timing.spent > settings.patience:
                continue
            fits[name](1)  # what the engine before left behind, in caches and in threads that wind down, is not timed
            timing.short.append(_seconds(fits[name], SHORT, settings.clock))
            timing.whole.append(_seconds(fits[name], ITERATIONS, settings.clock))
    return timings


def _trace(name: str, fit: Fit) -> dict[int, float]:
    """Return the log-likelihoods at the checkpoints, from as few fits as the engine needs."""
    trace: dict[int, float] = {}
    for update in reversed(CHECKPOINTS):
        if update not in trace:
            outcome = fit(update + 1)
            if outcome.iterations != update + 1:
                raise DisagreementError(f"{name} made {outcome.iterations} iterations instead of {update + 1}")
            trace |= outcome.log_likelihood
    return {update: trace[update] for update in CHECKPOINTS}


def _seconds(fit: Fit, iterations: int, clock: str) -> float:
    """Return how long a fit takes."""
    begin = CLOCKS[clock]()
    fit(iterations)
    return CLOCKS[clock]() - begin
