"""What a search came to, in words: what each criterion prefers, and why they disagree."""

from __future__ import annotations

from gaussmix.insight.choice import Choice


def explanation(choice: Choice) -> str:
    """Sentences, one a line."""
    best = choice.best
    return f"{choice.criterion.title} prefers {best.cell.n_components} components {best.cell.name(choice.n_features)}."
