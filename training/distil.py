#!/usr/bin/env python3
"""One network that says what several say together: distillation of an ensemble of runs of train.py (Hinton, Vinyals and Dean 2015).

    distil.py --teachers RUN-1 RUN-2 ... --data GLAS --image-mpp 0.62 --unlabelled ATLAS --validation-split testA --out RUN --seed 1

The targets are no labels but the mean of the teachers' logits for the very bag that the student sees, colour and focus changed as it
is. The student may start as one of the teachers (`--start`), and be given parts of bags down to a share of their tiles (`--least-part`):
what the teachers say of few tiles tells which tiles matter. Tissue without a label teaches as well: `--unlabelled` is a folder like
`labelled/atlas` of the shared data.

Teachers may look at another scale (`train.py --mpp 2.48 --tile-px 64` beside `--mpp 1.24 --tile-px 128`): a tile is then averaged
down to theirs. The output is a run as train.py writes it, with recipe `distilled`; export.py takes it."""
import argparse
import csv
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from bags import BagSource, GridSpec, ImageBags, channel_statistics
from export import input_of, trained_network
from fit import InputSpec, fit, predict
from labels import read_labels, write_split
from memory import keep_freed_memory
from metrics import auroc_interval, sigmoid, summary
from networks import forward_bags, parameter_count
from recipes import RECIPES

NO_LABEL = -1
# Tiles of an unlabelled slide in a bag; the fields of GlaS have about as many.
UNLABELLED_TILES = 8


class Teachers:
    """The ensemble: bags [sum(sizes),3,T,T] in 0..255 -> sigmoid of the mean logit of each bag, [len(sizes)]."""

    def __init__(self, runs: Sequence[Path], mpp: float, tile_px: int) -> None:
        self.members: List[Tuple[nn.Module, InputSpec, int]] = []
        for folder in runs:
            run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
            shrink = round(tile_px / run["bag"]["tilePx"])
            if run["bag"]["tilePx"] * shrink != tile_px or abs(run["bag"]["mpp"] - mpp * shrink) > 1e-6:
                raise ValueError(f"{folder}: tiles of {run['bag']['tilePx']} px at {run['bag']['mpp']} µm/px show another field than "
                                 f"{tile_px} px at {mpp}")
            network = trained_network(folder, run).to(memory_format=torch.channels_last)
            self.members.append((network, input_of(run), shrink))

    @torch.no_grad()
    def __call__(self, planes: Tensor, sizes: List[int]) -> Tensor:
        total = torch.zeros(len(sizes))
        for network, spec, shrink in self.members:
            seen = F.avg_pool2d(planes, shrink) if shrink > 1 else planes
            total += forward_bags(network, spec.apply(seen).contiguous(memory_format=torch.channels_last), sizes)
        return torch.sigmoid(total / len(self.members))


class UnlabelledGrids:
    """Slides of a folder like `labelled/atlas`: one picture of tiles a slide, in memory; only those near the wanted pixel size."""

    COLUMNS = 16

    def __init__(self, folder: Path, spec: GridSpec) -> None:
        self.grids: List[np.ndarray] = []
        self.names: List[str] = []
        with open(folder / "slides.csv", newline="", encoding="utf-8") as stream:
            rows = [row for row in csv.DictReader(stream) if 0.7 <= float(row["mpp_tile"]) / spec.mpp <= 1.4]
        for row in rows:
            with Image.open(folder / "grids" / f"{row['slide']}.jpg") as opened:
                picture = np.asarray(opened.convert("RGB"))
            size, count = spec.tile_px, int(row["n_tiles"])
            tiles = picture.reshape(picture.shape[0] // size, size, self.COLUMNS, size, 3).swapaxes(1, 2).reshape(-1, size, size, 3)
            self.grids.append(tiles[:count])
            self.names.append(row["slide"])


class StudentBags:
    """Parts of the labelled bags, at least the given share of their tiles, and of the unlabelled slides, one of each an epoch."""

    def __init__(self, labelled: ImageBags, unlabelled: Optional[UnlabelledGrids], least_part: float) -> None:
        self.labelled, self.grids, self.least_part = labelled, unlabelled.grids if unlabelled else [], least_part
        self.labels = labelled.labels + [NO_LABEL] * len(self.grids)
        self.names = labelled.names + (unlabelled.names if unlabelled else [])

    def read(self, index: int, rng: Optional[np.random.Generator]) -> np.ndarray:
        if rng is None:
            raise ValueError("bags of a student are drawn")
        if index < len(self.labelled.labels):
            tiles = self.labelled.read(index, rng)
            least = max(1, int(np.ceil(self.least_part * len(tiles))))
            return tiles[:int(rng.integers(least, len(tiles) + 1))]
        grid = self.grids[index - len(self.labelled.labels)]
        return grid[rng.choice(len(grid), int(rng.integers(1, UNLABELLED_TILES + 1)), replace=False)]


def ensemble_logits(teachers: Teachers, source: BagSource) -> List[float]:
    """What the teachers together say of whole bags: what the student is measured against."""
    bags = [torch.from_numpy(source.read(i, None).transpose(0, 3, 1, 2).copy()).float() for i in range(len(source.labels))]
    return [float(torch.logit(teachers(bag, [len(bag)]).double())) for bag in bags]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teachers", type=Path, nargs="+", required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of images with labels.csv")
    parser.add_argument("--unlabelled", type=Path)
    parser.add_argument("--image-mpp", type=float, required=True)
    parser.add_argument("--mpp", type=float, default=1.24)
    parser.add_argument("--tile-px", type=int, default=128)
    parser.add_argument("--min-tissue", type=float, default=0.5)
    parser.add_argument("--train-split", default="train")
    parser.add_argument("--validation-split", default="validation")
    parser.add_argument("--start", type=Path, help="run whose weights the student starts with; without it, from nothing")
    parser.add_argument("--least-part", type=float, default=1.0, help="smallest share of a labelled bag's tiles, 0..1")
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    keep_freed_memory()
    recipe = RECIPES["distilled"]
    if args.epochs:
        recipe = replace(recipe, epochs=args.epochs)
    if args.learning_rate:
        recipe = replace(recipe, learning_rate=args.learning_rate)
    slides, spec = read_labels(args.data / "labels.csv"), GridSpec(args.tile_px, args.mpp, args.min_tissue)
    train, validation = (ImageBags(args.data, [s for s in slides if s.split == split], args.image_mpp, spec)
                         for split in (args.train_split, args.validation_split))
    teachers = Teachers(args.teachers, args.mpp, args.tile_px)
    together = summary(validation.labels, sigmoid(ensemble_logits(teachers, validation)), 0.5)
    print("Teachers together: " + ", ".join(f"{k} {v:.4f}" for k, v in together.items()), flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    write_split([s for s in slides if s.split in (args.train_split, args.validation_split)], args.out / "split.csv")
    mean, std = channel_statistics(train)
    source = StudentBags(train, UnlabelledGrids(args.unlabelled, spec) if args.unlabelled else None, args.least_part)
    initial = torch.load(args.start / "model.pth", map_location="cpu") if args.start else None
    inputs = InputSpec(mean, std)
    network, history = fit(recipe, source, validation, inputs, args.seed, args.out, initial=initial, teach=teachers)
    logits = predict(network, validation, inputs, torch.device("cpu"))
    result, interval = summary(validation.labels, sigmoid(logits), 0.5), auroc_interval(validation.labels, logits)
    print("Validation: " + ", ".join(f"{k} {v:.4f}" for k, v in result.items())
          + f"; AUROC 95 % {interval.low:.4f} to {interval.high:.4f} ({interval.method})", flush=True)
    torch.save({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, args.out / "model.pth")
    (args.out / "run.json").write_text(json.dumps({
        "recipe": "distilled", "settings": {k: v for k, v in asdict(recipe).items() if k != "network"}, "seed": args.seed, "ranks": 1,
        "parameters": parameter_count(network), "trainBags": len(train.labels), "unlabelledSlides": len(source.grids),
        "teachers": {"runs": [folder.name for folder in args.teachers], **together},
        "bag": spec.manifest(), "input": {"scale": inputs.scale, "mean": list(mean), "std": list(std)},
        "validation": {"names": validation.names, "labels": validation.labels, "logits": logits},
        "history": history}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
