"""What tiles look like in seven figures, and how far a tile may lie from those a model was trained on.

Distance: squared Mahalanobis distance from the mean of the training tiles, divided by the number of figures (so it is near 1 inside),
with a covariance shrunk towards its diagonal. The limit is what 99 % of the training tiles keep when mean and covariance come from
other slides than their own. `src/analysis/appearance.ts` does the same for the slide that is open; the model's network has no part in it.
(Lee et al. 2018, arXiv 1807.03888, have the distance on a network's features; colour and texture are enough to tell laboratories apart.)"""
from typing import Dict, List, Sequence

import numpy as np

FIGURES = 7
SHRINKAGE = 0.02
FOLDS = 5
KEPT = 0.99


def tile_figures(tiles: np.ndarray) -> np.ndarray:
    """Tiles [N,T,T,3] uint8 -> [N,7] float64: mean of red, green, blue; their standard deviations; mean absolute step of green between
    neighbouring pixels, along rows and columns together. In grey values 0..255."""
    values = tiles.astype(np.float64)
    green = values[..., 1]
    steps = np.abs(np.diff(green, axis=2)).mean((1, 2)) + np.abs(np.diff(green, axis=1)).mean((1, 2))
    return np.concatenate([values.mean((1, 2)), values.std((1, 2)), steps[:, None] / 2], 1)


def distances(figures: np.ndarray, mean: Sequence[float], precision: np.ndarray) -> np.ndarray:
    """[N,7] -> [N]."""
    away = figures - np.asarray(mean)
    return np.einsum("ni,ij,nj->n", away, precision, away) / FIGURES


def _statistics(figures: np.ndarray):
    covariance = np.cov(figures.T)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.diag(np.diag(covariance) + 1e-6)
    return figures.mean(0), np.linalg.inv(shrunk)


def fit_appearance(slides: List[np.ndarray]) -> Dict[str, object]:
    """`scope.appearance` of a manifest from the figures [N,7] of each training slide. At least FOLDS slides."""
    if len(slides) < FOLDS:
        raise ValueError(f"the appearance of {len(slides)} slides says nothing; at least {FOLDS} are needed")
    mean, precision = _statistics(np.concatenate(slides))
    apart = []
    for fold in range(FOLDS):
        others = _statistics(np.concatenate([s for i, s in enumerate(slides) if i % FOLDS != fold]))
        apart += [distances(s, *others) for i, s in enumerate(slides) if i % FOLDS == fold]
    return {"mean": [float(f"{v:.9g}") for v in mean], "precision": [float(f"{v:.9g}") for v in precision.ravel()],
            "limit": float(f"{np.quantile(np.concatenate(apart), KEPT):.4g}")}
