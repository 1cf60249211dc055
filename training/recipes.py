"""What is trained and how: the published recipe and ours, as plain data."""
from dataclasses import dataclass
from typing import Callable, Dict, Optional

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks import CompactMil, SeedAttention, SeedTied


@dataclass(frozen=True)
class Recipe:
    network: Callable[[], nn.Module]
    epochs: int
    bags_per_step: int  # on each rank
    learning_rate: float
    weight_decay: float
    decoupled_decay: bool  # AdamW; else Adam with L2, as the article
    warmup_epochs: float  # then a cosine to zero; 0 and cosine=False: constant
    cosine: bool
    augmented: bool
    label_smoothing: float
    ema_decay: Optional[float]  # of the weights that are validated and saved, None: the last step's weights
    clamped_loss: bool  # the article's: p clamped to [1e-5, 1 - 1e-5]
    patience: Optional[int] = None  # epochs without a lower validation loss before stopping; the best epoch is kept
    scale_lr_with_ranks: bool = True  # by sqrt(ranks): Adam's step follows the noise of the gradient
    color_jitter: bool = True  # where augmented: stain, light and focus beside the symmetries


def compact() -> nn.Module:
    return CompactMil(channels=(32, 48, 64, 96), feature_dim=128, hidden=64, dropout=0.25)


RECIPES: Dict[str, Recipe] = {
    # The article: Adam 1e-4, betas .9/.999, weight decay 5e-4, 10 epochs, one bag a step, nothing else.
    "seed": Recipe(SeedAttention, 10, 1, 1e-4, 5e-4, False, 0, False, False, 0.0, None, True, scale_lr_with_ranks=False),
    # The article's network with what it needs on 85 images: weights tied over the tile, augmentation, more epochs, a schedule, averaged weights.
    "seed-long": Recipe(SeedTied, 100, 8, 2e-3, 1e-2, True, 5, True, True, 0.05, 0.99, False),
    # The compact default.
    "best": Recipe(compact, 100, 8, 2e-3, 1e-2, True, 5, True, True, 0.05, 0.99, False),
    # The compact network learning from an ensemble (distil.py): its targets are soft already.
    "distilled": Recipe(compact, 100, 8, 2e-3, 1e-2, True, 5, True, True, 0.0, 0.99, False),
}


def bag_loss(logits: Tensor, labels: Tensor, recipe: Recipe) -> Tensor:
    """Mean negative log-likelihood of the bags; logits, labels [B]."""
    if recipe.clamped_loss:
        p = torch.sigmoid(logits).clamp(1e-5, 1 - 1e-5)
        return -(labels * torch.log(p) + (1 - labels) * torch.log(1 - p)).mean()
    target = labels * (1 - recipe.label_smoothing) + 0.5 * recipe.label_smoothing
    return F.binary_cross_entropy_with_logits(logits, target)


def make_optimizer(network: nn.Module, recipe: Recipe, ranks: int) -> torch.optim.Optimizer:
    rate = recipe.learning_rate * (ranks**0.5 if recipe.scale_lr_with_ranks else 1)
    kind = torch.optim.AdamW if recipe.decoupled_decay else torch.optim.Adam
    return kind(network.parameters(), lr=rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=recipe.weight_decay)


def rate_at(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """Factor on the learning rate at a step, counted from 0."""
    if not recipe.cosine:
        return 1.0
    warm, total = recipe.warmup_epochs * steps_per_epoch, recipe.epochs * steps_per_epoch
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + float(torch.cos(torch.tensor(torch.pi * (step - warm) / max(1, total - warm)))))
