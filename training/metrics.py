"""Figures of a binary classifier and the two numbers of its decision. Labels 0/1, numpy only."""
from typing import Dict, Sequence, Tuple

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
    y, q = np.asarray(labels), np.asarray(p, float)
    called = q >= threshold
    low, high = bootstrap_auroc(y, q)
    return {
        "n": int(len(y)), "auroc": auroc(y, q), "auroc_low": low, "auroc_high": high,
        "accuracy": float((called == y).mean()),
        "sensitivity": float(called[y == 1].mean()), "specificity": float((~called[y == 0]).mean()),
        "log_loss": log_loss(y, q), "brier": float(((q - y) ** 2).mean()),
    }
