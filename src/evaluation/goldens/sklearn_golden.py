#!/usr/bin/env python3
"""Makes metrics.json beside it: made-up cohorts and their figures from scikit-learn and scipy (Debian: python3-sklearn).

    python3 src/evaluation/goldens/sklearn_golden.py"""
import json
from pathlib import Path

import numpy as np
import sklearn
from scipy.optimize import brentq
from scipy.stats import norm
from sklearn import metrics
from sklearn.calibration import calibration_curve


def delong(y: np.ndarray, p: np.ndarray) -> list:
    """Standard error after DeLong, from the full table of pairs (not from ranks, as our code has it)."""
    positive, negative = p[y == 1], p[y == 0]
    order = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    error = np.sqrt(order.mean(1).var(ddof=1) / len(positive) + order.mean(0).var(ddof=1) / len(negative))
    z = norm.ppf(0.975)
    return [error, max(0, order.mean() - z * error), min(1, order.mean() + z * error)]


def newcombe(area: float, m: int, n: int) -> list:
    """Newcombe 2006, method 5, as the roots of a polynomial (our code halves intervals): Hanley and McNeil's variance with (m + n) / 2 - 1
    for both m - 1 and n - 1, taken at theta."""
    # Plain floats: numpy's own would take a polynomial for an array.
    area, z, half, theta = float(area), float(norm.ppf(0.975)), (m + n) / 2 - 1, np.poly1d([1, 0])
    pairs = m * n * (area - theta)**2 * (2 - theta) * (1 + theta)
    variance = theta * (1 - theta) * ((2 - theta) * (1 + theta) + half * ((1 - theta) * (1 + theta) + theta * (2 - theta)))
    roots = [float(r.real) for r in (pairs - z * z * variance).roots if abs(r.imag) < 1e-9 and -1e-9 < r.real < 1 + 1e-9]
    low, high = min(roots), max(roots)
    return [low if area > 0 else 0.0, high if area < 1 else 1.0]


def wilson(k: int, n: int) -> list:
    z = norm.ppf(0.975)
    # The two solutions of |p - k/n| = z sqrt(p (1 - p) / n).
    roots = np.roots([1 + z * z / n, -2 * k / n - z * z / n, (k / n) ** 2])
    return sorted(float(r.real) for r in roots)


def temperature(y: np.ndarray, z: np.ndarray) -> float:
    slope = lambda s: float((((1 / (1 + np.exp(-s * z))) - y) * z).sum())
    return 1 / brentq(slope, 1 / 20, 20, xtol=1e-15, rtol=1e-14)


def case(name: str, y: np.ndarray, logits: np.ndarray, threshold: float, decimals: int) -> dict:
    p = np.round(1 / (1 + np.exp(-logits)), decimals)
    called = (p >= threshold).astype(int)
    tn, fp, fn, tp = metrics.confusion_matrix(y, called).ravel()
    fpr, tpr, thresholds = metrics.roc_curve(y, p, drop_intermediate=False)
    found, said = calibration_curve(y, p, n_bins=10, strategy="uniform")
    bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], p)
    counts = np.bincount(bins, minlength=10)
    ece = float((counts[counts > 0] / len(y) * np.abs(found - said)).sum())
    at = {}
    for target in (0.95, 0.99):
        i = int(np.argmax(tpr >= target))
        at[str(target)] = [float(thresholds[i]), float(tpr[i]), 1 - float(fpr[i])]
    return {
        "name": name, "labels": y.tolist(), "logits": logits.tolist(), "probabilities": p.tolist(), "threshold": threshold,
        "auroc": metrics.roc_auc_score(y, p), "delong": delong(y, p),
        "newcombe": newcombe(metrics.roc_auc_score(y, p), int(y.sum()), int((1 - y).sum())), "averagePrecision": metrics.average_precision_score(y, p),
        "roc": {"fpr": fpr.tolist(), "tpr": tpr.tolist(), "thresholds": thresholds[1:].tolist()},
        "confusion": [int(tp), int(fp), int(tn), int(fn)], "accuracy": metrics.accuracy_score(y, called),
        "balancedAccuracy": metrics.balanced_accuracy_score(y, called), "f1": metrics.f1_score(y, called),
        "sensitivity": metrics.recall_score(y, called), "specificity": metrics.recall_score(y, called, pos_label=0),
        "wilsonSensitivity": wilson(int(tp), int(tp + fn)), "precision": metrics.precision_score(y, called),
        "brier": metrics.brier_score_loss(y, p), "logLoss": metrics.log_loss(y, p), "ece": ece,
        "reliability": {"counts": counts.tolist(), "said": said.tolist(), "found": found.tolist()},
        "atSensitivity": at, "temperature": temperature(y, logits),
    }


def main() -> None:
    rng = np.random.default_rng(7)
    cases = []
    for name, n, shift, spread, threshold, decimals in (
            ("overlapping, unbalanced", 200, 1.0, 2.5, 0.5, 17), ("ties", 120, 0.8, 1.5, 0.3, 1), ("nearly parted", 60, 1.9, 1.2, 0.62, 17)):
        y = (rng.uniform(size=n) < 0.35).astype(int)
        z = spread * (shift * (2 * y - 1) + rng.normal(size=n))
        cases.append(case(name, y, z, threshold, decimals))
    in_order = [[m, n, *newcombe(1.0, m, n)] for m, n in ((20, 20), (4, 16), (23, 17), (25, 24), (2, 2), (1, 1), (300, 5))]
    text = json.dumps({"madeWith": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", "cases": cases, "inOrder": in_order})
    (Path(__file__).parent / "metrics.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
