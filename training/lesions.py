"""Do the maps point at the cancer? Each map of a bag scored against lesion masks, which no training has seen."""
from typing import Dict, List, Optional

import numpy as np
import torch
from torch import nn

from bags import ShardBags
from fit import InputSpec
from metrics import auroc

MAPS = ("attention", "contribution", "single-tile probability")


def tile_maps(network: nn.Module, tiles: np.ndarray, spec: InputSpec) -> Dict[str, np.ndarray]:
    """The three maps of one bag [N]: softmax weight, weight times value, and w.h_k alone (its order is that of the probability)."""
    kind = next(network.parameters()).dtype
    with torch.no_grad():
        planes = torch.from_numpy(tiles.transpose(0, 3, 1, 2).astype(np.float32))
        features = torch.cat([network.encode(spec.apply(planes[i:i + 64]).to(kind)) for i in range(0, len(planes), 64)])
        scores, values = network.score(features), network.value(features)
        attention = torch.softmax(scores, 0)
    return dict(zip(MAPS, (attention.numpy(), (attention * values).numpy(), values.numpy())))


def lesion_figures(network: nn.Module, source: ShardBags, spec: InputSpec) -> Optional[Dict[str, object]]:
    """Mean over malignant slides of the AUROC of each map among the slide's tiles; a tile at least half lesion is positive.

    None where the shards carry no lesion. Slides all of whose tiles are on one side count in neither."""
    network = network.eval()
    found: Dict[str, List[float]] = {name: [] for name in MAPS}
    for i, label in enumerate(source.labels):
        tensors = source.tensors(i)
        if "lesion_fraction" not in tensors:
            return None
        inside = (tensors["lesion_fraction"] >= 0.5).astype(int)
        if label == 0 or inside.min() == inside.max():
            continue
        for name, values in tile_maps(network, tensors["tiles"], spec).items():
            found[name].append(auroc(inside, values))
    slides = len(found[MAPS[0]])
    if slides == 0:
        return None
    return {"slides": slides, **{name: (float(np.mean(a)), float(np.std(a, ddof=1) / slides**0.5) if slides > 1 else 0.0)
                                 for name, a in found.items()}}
