"""A frozen encoder as a source of figures about a bag, and a linear classifier on them: for sets too small to train a network on."""
import json
from pathlib import Path
from typing import List, Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from augment import dihedral, to_planes
from fit import InputSpec
from networks import CompactMil
from safetensors_file import read_safetensors

def read_encoder(folder: Path) -> Tuple[CompactMil, InputSpec]:
    """The network of a model folder and how its input is scaled."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    network = CompactMil(manifest["encoder"]["channels"], manifest["encoder"]["featureDim"], manifest["head"]["hiddenDim"])
    stored = {name: torch.from_numpy(np.array(value, np.float32)) for name, value in read_safetensors(folder / "weights.safetensors")[0].items()}
    problem = network.load_state_dict(stored, strict=False)
    if problem.unexpected_keys or any("num_batches_tracked" not in key for key in problem.missing_keys):
        raise ValueError(f"{folder}: its weights are not those of a compact network: {problem}")
    given = manifest["input"]
    return network.eval(), InputSpec(given["mean"], given["std"], given["scale"])


@torch.no_grad()
def bag_statistics(network: CompactMil, spec: InputSpec, tiles: np.ndarray, symmetries: Sequence[int]) -> np.ndarray:
    """Tiles [N,T,T,3] uint8 -> [9 * channels]: mean, largest and standard deviation over the tiles of the mean, largest and
    standard deviation of every channel of the encoder's blocks over each tile, averaged over some of the 8
    symmetries of the square, so that a turned image gives nearly the same figures."""
    parts = [_tile_statistics(network, spec.apply(to_planes(tiles[i:i + 64])), symmetries) for i in range(0, len(tiles), 64)]
    figures = torch.cat(parts)
    return torch.cat([figures.mean(0), figures.amax(0), figures.std(0, unbiased=False)]).numpy()


def _tile_statistics(network: CompactMil, planes: Tensor, symmetries: Sequence[int]) -> Tensor:
    total = torch.zeros(1)
    for k in symmetries:
        x, parts = dihedral(planes, k).contiguous(memory_format=torch.channels_last), []
        for block in network.encoder.blocks:
            x = block(x)
            parts += [x.mean((2, 3)), x.amax((2, 3)), x.std((2, 3))]
        total = total + torch.cat(parts, 1) / len(symmetries)
    return total


def ridge_logistic(x: np.ndarray, y: np.ndarray, test: np.ndarray, strength: float) -> List[float]:
    """Logits for `test` of an L2-penalised logistic regression on standardised columns, both classes of equal weight. `strength` is
    scikit-learn's C: the weight of the data against the squared norm."""
    mean, deviation = x.mean(0), x.std(0) + 1e-8
    data, wanted = torch.from_numpy((x - mean) / deviation).double(), torch.from_numpy(y).double()
    weight = torch.where(wanted > 0, len(y) / (2 * wanted.sum()), len(y) / (2 * (1 - wanted).sum()))
    w = torch.zeros(data.shape[1], dtype=torch.float64, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([w, b], max_iter=500, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = strength * (weight * F.binary_cross_entropy_with_logits(data @ w + b, wanted, reduction="none")).sum() + w.dot(w) / 2
        value.backward()
        return value

    optimizer.step(loss)
    return (torch.from_numpy((test - mean) / deviation).double() @ w.detach() + b.detach()).tolist()
