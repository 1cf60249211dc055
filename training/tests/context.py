"""What the tests share: the path to the modules, and bags small enough to train on in a second."""
import os
import sys
import unittest
from pathlib import Path
from typing import List, Optional

try:
    import numpy as np
    import torch
    from torch import nn
except ImportError as missing:
    # A SkipTest while a test module is imported skips that module; unittest alone shows the reason only with -v.
    print(f"skipped: {missing} (Debian: python3-torch)", file=sys.stderr)
    raise unittest.SkipTest(str(missing)) from missing

TRAINING = Path(__file__).resolve().parent.parent
REPOSITORY = TRAINING.parent
SHARED = Path(os.environ.get("MILSCOPE_DATA", REPOSITORY.parent / "shared" / "data"))
sys.path.insert(0, str(TRAINING))
torch.set_num_threads(1)

from networks import CompactMil  # noqa: E402
from recipes import Recipe  # noqa: E402


class MemoryBags:
    """Bags of random 32 px tiles; malignant ones are darker."""

    def __init__(self, count: int, seed: int = 5) -> None:
        rng = np.random.default_rng(seed)
        self.labels: List[int] = [i % 2 for i in range(count)]
        self.names = [f"bag{i}" for i in range(count)]
        self.tiles = [rng.integers(0, 256 - 120 * label, (2 + i % 3, 32, 32, 3)).astype(np.uint8)
                      for i, label in enumerate(self.labels)]

    def read(self, index: int, rng: Optional[np.random.Generator]) -> np.ndarray:
        return self.tiles[index]


def small() -> nn.Module:
    return CompactMil(channels=(4, 6, 6, 8), feature_dim=8, hidden=4, dropout=0.2)


def small_exact() -> nn.Module:
    """Without BatchNorm and dropout, whose results depend on which bags share a pass and on the rank's random numbers."""
    network = CompactMil(channels=(4, 6, 6, 8), feature_dim=8, hidden=4)
    for block in network.encoder.blocks:
        block.bn = nn.Identity()
    return network


def recipe(**changes: object) -> Recipe:
    settings = dict(network=small, epochs=4, bags_per_step=2, learning_rate=1e-3, weight_decay=1e-2, decoupled_decay=True,
                    warmup_epochs=1, cosine=True, augmented=True, label_smoothing=0.05, ema_decay=0.9, clamped_loss=False)
    return Recipe(**{**settings, **changes})
