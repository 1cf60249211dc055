"""How far a tile lies from training tiles by what the first blocks of the network make of it: finds tissue of another kind, or no tissue at
all, where color and texture (`appearance.py`) do not.

Figures of a tile: the mean over the plane of every channel of the first BLOCKS blocks, after ReLU. Distance: squared Mahalanobis distance
from the mean of the training tiles, divided by the number of figures (so it is near 1 inside), with a covariance shrunk towards its diagonal
(Lee et al. 2018, arXiv 1807.03888, who have it by class). `src/model/feature-scope.ts` does the same in the app.

The limit follows the rule that it serves: a slide is outside where more than half of its tiles are beyond it, that is where its median is.
Of training slides, each held against the others only, 99 % have a median below limit / MARGIN. Nothing but training slides has a part in it."""
from pathlib import Path
from typing import Dict, Iterable, List, Tuple

import numpy as np
import torch

from fit import InputSpec
from networks import CompactMil
from safetensors_file import write_safetensors

BLOCKS = 2
SHRINKAGE = 0.001
FOLDS = 5
KEPT = 0.99
MARGIN = 1.5
AT_ONCE = 64  # tiles

Reference = Tuple[np.ndarray, np.ndarray]


@torch.no_grad()
def block_figures(network: CompactMil, tiles: np.ndarray, spec: InputSpec) -> np.ndarray:
    """Tiles [N,T,T,3] uint8 -> [N,D] float64, in the precision of the network."""
    kind, rows = next(network.parameters()).dtype, []
    for first in range(0, len(tiles), AT_ONCE):
        x = spec.apply(torch.from_numpy(tiles[first:first + AT_ONCE].transpose(0, 3, 1, 2).astype(np.float64)).to(kind))
        means = []
        for block in network.encoder.blocks[:BLOCKS]:
            x = block(x)
            means.append(x.mean((2, 3)))
        rows.append(torch.cat(means, 1).double().numpy())
    return np.concatenate(rows)


def distances(figures: np.ndarray, reference: Reference) -> np.ndarray:
    """[N,D] -> [N]."""
    mean, whitening = reference
    return (((figures - mean) @ whitening)**2).sum(1)


def _reference(figures: np.ndarray) -> Reference:
    covariance = np.cov(figures.T)
    variances = np.diag(covariance)
    # A channel that is silent in training has no variance, and may speak elsewhere.
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.diag(variances + 1e-3 * variances.mean())
    return figures.mean(0), np.linalg.cholesky(np.linalg.inv(shrunk)) / np.sqrt(len(variances))


def fit_features(slides: List[np.ndarray]) -> Tuple[Reference, float]:
    """Mean [D], whitening [D,D] and limit from the figures [N,D] of each training slide. At least FOLDS slides."""
    if len(slides) < FOLDS:
        raise ValueError(f"the features of {len(slides)} slides say nothing; at least {FOLDS} are needed")
    medians = []
    for fold in range(FOLDS):
        others = _reference(np.concatenate([s for i, s in enumerate(slides) if i % FOLDS != fold]))
        medians += [float(np.median(distances(s, others))) for i, s in enumerate(slides) if i % FOLDS == fold]
    return _reference(np.concatenate(slides)), MARGIN * float(np.quantile(medians, KEPT))


def write_features(path: Path, network: CompactMil, slides: Iterable[np.ndarray], golden: np.ndarray, spec: InputSpec) -> Dict[str, object]:
    """Fits on the tiles [N,T,T,3] of each training slide and writes the file, with the distances of the golden bag's tiles, by which a
    backend is judged; returns `scope.features` of the manifest."""
    (mean, whitening), limit = fit_features([block_figures(network, tiles, spec) for tiles in slides])
    stored = mean.astype(np.float32), whitening.astype(np.float32)
    write_safetensors(path, {"mean": stored[0], "whitening": stored[1],
                             "golden": distances(block_figures(network, golden, spec), stored).astype(np.float32)})
    return {"file": path.name, "blocks": BLOCKS, "limit": float(f"{limit:.4g}")}
