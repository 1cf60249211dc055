"""Figures of a binary classifier and the two numbers of its decision. Labels 0/1, numpy only."""
from typing import Dict, NamedTuple, Sequence, Tuple

import numpy as np


def auroc(labels: Sequence[int], scores: Sequence[float]) -> float:
    """Share of (malignant, benign) pairs in the right order, ties a half; nan where a class is absent."""
    y, s = np.asarray(labels), np.asarray(scores, float)
    positive, negative = s[y == 1], s[y == 0]
    if not len(positive) or not len(negative):
        return float("nan")
    difference = positive[:, None] - negative[None, :]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def bootstrap_auroc(labels: Sequence[int], scores: Sequence[float], draws: int = 4000, seed: int = 1) -> Tuple[float, float]:
    """95 % percentile interval, slides drawn with replacement within each class."""
    y, s, rng = np.asarray(labels), np.asarray(scores, float), np.random.default_rng(seed)
    positive, negative = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    values = []
    for _ in range(draws):
        chosen = np.concatenate([rng.choice(positive, len(positive)), rng.choice(negative, len(negative))])
        values.append(auroc(y[chosen], s[chosen]))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


class Interval(NamedTuple):
    """A 95 % interval and how it was found, here `bootstrap` or `newcombe`."""

    low: float
    high: float
    method: str


Z975 = 1.959963984540054  # standard normal quantile of 97.5 %


def newcombe_auroc(area: float, positives: int, negatives: int) -> Interval:
    """95 % interval of an AUROC by inverting a score test (Newcombe 2006, Statistics in Medicine 25:559-573, method 5), of width above 0 also
    where all pairs are in order: .899 to 1 for 20 against 20. `src/evaluation/metrics.ts` has the same."""
    half = (positives + negatives) / 2 - 1

    def is_inside(theta: float) -> bool:
        variance = theta * (1 - theta) * (1 + half * ((1 - theta) / (2 - theta) + theta / (1 + theta))) / (positives * negatives)
        return (area - theta) ** 2 <= Z975**2 * variance

    def bound(inside: float, outside: float) -> float:
        for _ in range(100):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if is_inside(middle) else (inside, middle)
        return inside

    return Interval(bound(area, 0.0) if area > 0 else 0.0, bound(area, 1.0) if area < 1 else 1.0, "newcombe")


def auroc_interval(labels: Sequence[int], scores: Sequence[float]) -> Interval:
    """The interval to print beside an AUROC: the bootstrap's, or Newcombe's where that has width 0 (all pairs in order, or all tied);
    nan where a class is absent."""
    low, high = bootstrap_auroc(labels, scores)
    if low != high:  # or nan
        return Interval(low, high, "bootstrap")
    y = np.asarray(labels)
    return newcombe_auroc(auroc(y, scores), int((y == 1).sum()), int((y == 0).sum()))


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.asarray(logits, float)))


def log_loss(labels: Sequence[int], p: np.ndarray) -> float:
    y, q = np.asarray(labels), np.clip(p, 1e-12, 1 - 1e-12)
    return float(-(y * np.log(q) + (1 - y) * np.log(1 - q)).mean())


def fit_temperature(labels: Sequence[int], logits: Sequence[float]) -> float:
    """The T of p = sigmoid(logit / T) with the least log loss (Guo et al. 2017), searched on a log grid in 0.2..10.

    1 where the logits divide the classes without an error at 0: every smaller T would then look better still."""
    z = np.asarray(logits, float)
    if np.array_equal(z > 0, np.asarray(labels) == 1):
        return 1.0
    grid = np.exp(np.linspace(np.log(0.2), np.log(10), 2001))
    return float(grid[int(np.argmin([log_loss(labels, sigmoid(z / t)) for t in grid]))])


def fit_threshold(labels: Sequence[int], p: Sequence[float]) -> float:
    """The threshold of greatest balanced accuracy; of several equal ones, the middle of the gap nearest to 0.5."""
    y, q = np.asarray(labels), np.asarray(p, float)
    edges = np.concatenate([[0.0], np.unique(q), [1.0]])
    middles = (edges[1:] + edges[:-1]) / 2
    score = [((q[y == 1] >= t).mean() + (q[y == 0] < t).mean()) / 2 for t in middles]
    best = middles[np.isclose(score, max(score))]
    return float(best[int(np.argmin(np.abs(best - 0.5)))])


def summary(labels: Sequence[int], p: Sequence[float], threshold: float) -> Dict[str, float]:
    """All but the interval of the AUROC, which `auroc_interval` gives with the name of its method."""
    y, q = np.asarray(labels), np.asarray(p, float)
    called = q >= threshold
    return {
        "n": int(len(y)), "auroc": auroc(y, q),
        "accuracy": float((called == y).mean()),
        "sensitivity": float(called[y == 1].mean()), "specificity": float((~called[y == 0]).mean()),
        "log_loss": log_loss(y, q), "brier": float(((q - y) ** 2).mean()),
    }
