"""Parametric bootstrap of the likelihood ratio of k against k + 1 components (McLachlan 1987).

Twice the difference of the log-likelihoods has no chi-squared distribution here: k components lie on the border of what
k + 1 may be. So rows are drawn from the fitted k, and both mixtures fitted to them, in the same way as to the data;
where the data's statistic lies among those of the draws is the p-value.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from math import ceil, nan

import numpy as np

from gaussmix.core.contracts import Kernel
from gaussmix.core.mixture import Mixture
from gaussmix.core.source import Source
from gaussmix.core.types import Floats
from gaussmix.data.memory import MemorySource
from gaussmix.errors import ConfigError, DataError, DegenerateFitError
from gaussmix.fitting.fit import Fit, fit_mixture
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.scene import Scene, Start
from gaussmix.selection.spikes import why_spurious

LEVEL = 0.05
"""Fisher's level, and mclust's."""
N_DRAWS = 199
"""Draws for a decision at 5 %: at the borderline another 199 decide otherwise as often as not, whatever their number;
more only make a p-value smaller that is small."""
MOST_FAILURES = 100
"""Draws in a row to which a mixture cannot be fitted, after which none is expected to come."""


@dataclass(frozen=True)
class BootstrapRung:
    """The test of one number of components against one more.

    Parameters
    ----------
    n_components : int
        Number of components that is tested; the alternative has one more.
    statistic : float
        2 (log L₁ − log L₀) of the data.
    p_value : float
        (1 + #{T* ≥ T}) / (B + 1) where all B draws were made; where draws ended early, #{T* ≥ T} / (number made), which
        is exact, too (Besag & Clifford 1991).
    draws : array
        T* of the draws that were made, in their order.
    n_redrawn : int
        Draws made anew, because a mixture could not be fitted to them.
    reason : str
        Why the test came to nothing, and the p-value is NaN: a component of one of the mixtures has no extent, so that
        its likelihood could be as large as one likes; or it was ended early. Empty where there was a test.
    """

    n_components: int
    statistic: float
    p_value: float
    draws: Floats
    n_redrawn: int
    reason: str = ""

    @property
    def n_exceeding(self) -> int:
        """Draws whose statistic is at least the data's."""
        return int((self.draws >= self.statistic).sum())


@dataclass(frozen=True)
class BootstrapTest:
    """Tests of 1 against 2 components, 2 against 3 and so on, until one is not rejected, or cannot be tested.

    Parameters
    ----------
    rungs : tuple of BootstrapRung
        Each test.
    level : float
        A number of components is rejected where its p-value is not above this.
    """

    rungs: tuple[BootstrapRung, ...]
    level: float

    @property
    def decided(self) -> bool:
        """Whether a number of components was not rejected; else even the last was, and more are needed."""
        return self.rungs[-1].p_value > self.level

    @property
    def n_components(self) -> int:
        """The first number that was not rejected, or could not be tested; where all were, the first not tested."""
        last = self.rungs[-1]
        return last.n_components + (0 if self.decided or last.reason else 1)

    def __str__(self) -> str:
        lines = ["  components      2 log ratio    p-value    draws"]
        for rung in self.rungs:
            k = rung.n_components
            if rung.reason:
                lines.append(f"{k:>4} vs {k + 1:<4} {rung.statistic:>16.3f} {'-':>10} {'-':>8}")
                continue
            redrawn = f" ({rung.n_redrawn} redrawn)" if rung.n_redrawn else ""
            lines.append(
                f"{k:>4} vs {k + 1:<4} {rung.statistic:>16.3f} {rung.p_value:>10.4f} {len(rung.draws):>8}{redrawn}"
            )
        k, reason = self.n_components, self.rungs[-1].reason
        if reason:
            rejected = f": {k - 1} were rejected" if len(self.rungs) > 1 else ""
            said = (
                f"at least {k} component{'' if k == 1 else 's'}{rejected} (level {self.level:g}); "
                f"{k + 1} cannot be tested: {reason}"
            )
            return "\n".join([*lines, said])
        said = (
            f"{k} component{'' if k == 1 else 's'}: {k + 1} fit no better than by chance (level {self.level:g})"
            if self.decided
            else f"at least {k} components: {k - 1} were still rejected (level {self.level:g})"
        )
        return "\n".join([*lines, said])


Asked = Callable[[int, int], str]
"""Is asked before the draws of a test and after each, with the number of components that is tested and how many draws
were made; says why to end, in words. The test under way then comes to nothing."""


def check_draws(level: float, n_draws: int) -> None:
    """See that a test by so many draws can reject.

    Raises
    ------
    ConfigError
        If it cannot.
    """
    if not 0.0 < level < 1.0:
        raise ConfigError(f"level must be a number above 0 and below 1, got {level!r}")
    if n_draws < 1 or (n_draws + 1) * level < 1.0:
        raise ConfigError(
            f"n_draws must be a whole number of at least 1 / level − 1, else nothing is rejected; got {n_draws!r}"
        )


def bootstrap_sequence(
    source: Source,
    kernel: Kernel,
    recipe: Recipe,
    start: Start,
    seed: np.random.SeedSequence,
    n_components: Sequence[int],
    level: float = LEVEL,
    n_draws: int = N_DRAWS,
    n_init: int = 1,
    n_jobs: int = 1,
    asked: Asked | None = None,
) -> BootstrapTest:
    """Test numbers of components, each against one more, until one is not rejected.

    Parameters
    ----------
    source : Source
        The rows. Draws are as many as the sum of their weights, rounded, and held in memory: one set a job.
    kernel : Kernel
        Who goes over rows.
    recipe : Recipe
        What is fitted, but for the number of components.
    start : Start
        Where every fit begins, those of the data and those of the draws.
    seed : SeedSequence
        Of draws and starts. The result does not depend on ``n_jobs``.
    n_components : sequence of int
        Numbers to be tested, one after another.
    level : float
        Where to reject.
    n_draws : int
        Most draws of a test; fewer where it is certain before that it will not reject.
    n_init : int
        Starts of each fit that go to their end.
    n_jobs : int
        Draws that are fitted at the same time, each by a thread.
    asked : callable, optional
        Hears of every draw, and may end the tests. What ends fits early, the recipe's listener, must be known to it.

    Raises
    ------
    DataError, DegenerateFitError
        If a mixture cannot be fitted to the data, or not to 100 draws in a row.
    """
    fits: dict[int, Fit] = {}
    rungs: list[BootstrapRung] = []
    for k, own in zip(n_components, seed.spawn(len(n_components)), strict=True):
        of_data, of_draws = own.spawn(2)
        pair = _Pair(kernel, replace(recipe, n_components=k), replace(recipe, n_components=k + 1), start, n_init)
        null = fits.get(k) or pair.fit(source, pair.null, _generator(of_data))
        other = fits[k + 1] = pair.fit(source, pair.alternative, _generator(of_data))
        n_rows = round(null.summary.sum_weight)
        if n_rows <= k:
            raise DataError(
                f"the weights sum to {null.summary.sum_weight:g}, and a draw has as many rows: too few for "
                f"{k + 1} components; give weights that count rows"
            )
        statistic = 2.0 * (other.log_likelihood - null.log_likelihood)
        reason = asked(k, 0) if asked else ""  # before anything is made of fits that may have been ended early
        if not reason and (why := pair.why_spurious(source, other) or pair.why_spurious(source, null)):
            reason = f"{why}; look for values that many rows share with check_data"
        if reason:
            rungs.append(BootstrapRung(k, statistic, nan, np.empty(0), 0, reason))
            break
        drawing = _Drawing(pair, null.mixture, n_rows, source.dtype, of_draws)
        try:
            rungs.append(_test(k, statistic, drawing, level, n_draws, n_jobs, asked))
        except MemoryError as error:
            raise DataError(
                "memory does not suffice: every draw has as many rows as the weights sum to, one set of rows a job; "
                "give weights that count rows, and fewer n_jobs"
            ) from error
        if not rungs[-1].p_value <= level:
            break
    return BootstrapTest(tuple(rungs), level)


def enough_exceeding(level: float, n_draws: int) -> int:
    """Draws at least as extreme as the data after which the p-value of all draws is certain to be above the level.

    Besag and Clifford's h (1991). With h of them among l ≤ B draws both h / l and (1 + h) / (B + 1) are above the
    level; with fewer among all B it is decided by (1 + #) / (B + 1): so the decision is always that of all draws.
    """
    return max(1, ceil(level * (n_draws + 1)))


def _test(
    k: int, statistic: float, drawing: _Drawing, level: float, n_draws: int, n_jobs: int, asked: Asked | None = None
) -> BootstrapRung:
    draws: list[float] = []
    n_redrawn = n_exceeding = 0
    enough = enough_exceeding(level, n_draws)
    with closing(_in_order(drawing, n_draws, n_jobs)) as all_drawn:
        for drawn in all_drawn:
            reason = asked(k, len(draws) + 1) if asked else ""
            if reason:  # its fits may have been ended early
                return BootstrapRung(k, statistic, nan, np.array(draws), n_redrawn, reason)
            draws.append(drawn.statistic)
            n_redrawn += drawn.n_failed
            n_exceeding += drawn.statistic >= statistic
            if n_exceeding == enough:
                break
    early = len(draws) < n_draws
    p_value = n_exceeding / len(draws) if early else (1 + n_exceeding) / (n_draws + 1)
    return BootstrapRung(k, statistic, p_value, np.array(draws), n_redrawn)


@dataclass(frozen=True)
class _Pair:
    """Two recipes, and how both are fitted."""

    kernel: Kernel
    null: Recipe
    alternative: Recipe
    start: Start
    n_init: int

    def fit(self, source: Source, recipe: Recipe, generator: np.random.Generator) -> Fit:
        return fit_mixture(source, self.kernel, recipe, self.start, generator, self.n_init)

    def why_spurious(self, source: Source, fit: Fit) -> str:
        """What makes the likelihood of a fit to the data meaningless."""
        recipe = self.null if fit.mixture.n_components == self.null.n_components else self.alternative
        return why_spurious(Scene.of(source, self.kernel, fit.summary, recipe), fit)

    def statistic(self, source: Source, generator: np.random.Generator) -> float:
        null = self.fit(source, self.null, generator)
        return 2.0 * (self.fit(source, self.alternative, generator).log_likelihood - null.log_likelihood)


@dataclass(frozen=True)
class _Drawn:
    statistic: float
    n_failed: int


@dataclass(frozen=True)
class _Drawing:
    """Draws from the mixture of the null hypothesis, each by its number: whoever makes it, and when, it is the same."""

    pair: _Pair
    mixture: Mixture
    n_rows: int
    dtype: np.dtype[np.floating]
    seed: np.random.SeedSequence

    def __call__(self, number: int) -> _Drawn:
        key = (*self.seed.spawn_key, number)
        generator = _generator(np.random.SeedSequence(self.seed.entropy, spawn_key=key))
        failure = ""
        for n_failed in range(MOST_FAILURES):
            rows, _ = self.mixture.sample(self.n_rows, generator)
            try:
                source = MemorySource(rows.astype(self.dtype, copy=False))
                return _Drawn(self.pair.statistic(source, generator), n_failed)
            except (DataError, DegenerateFitError) as error:
                failure = str(error)
        raise DegenerateFitError(
            f"to none of {MOST_FAILURES} draws from the mixture of {self.pair.null.n_components} components could "
            f"{self.pair.alternative.n_components} be fitted; the last time: {failure}"
        )


def _generator(seed: np.random.SeedSequence) -> np.random.Generator:
    return np.random.default_rng(seed)


def _in_order(work: Callable[[int], _Drawn], n: int, n_jobs: int) -> Generator[_Drawn, None, None]:
    """Results of numbers 0 … n − 1 in this order, as many ahead as there are jobs; who stops asking ends the work."""
    if n_jobs == 1:
        yield from map(work, range(n))
        return
    with ThreadPoolExecutor(n_jobs) as pool:
        waiting: deque[Future[_Drawn]] = deque()
        try:
            for number in range(n):
                waiting.append(pool.submit(work, number))
                if len(waiting) > n_jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
