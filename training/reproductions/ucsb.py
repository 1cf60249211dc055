#!/usr/bin/env python3
"""UCSB breast (58 images, 896x768): 4-fold cross-validation, 5 times, as Ilse, Tomczak and Welling (2018) had it.

    python3 ucsb.py --data ../../../shared/data/labelled/ucsb-breast --variant transfer --folds random
    python3 ucsb.py --data ... --variant paper-gated --folds grouped --repeats 1 --fold-numbers 0

Folds: `random` deals images, stratified by label; `grouped` deals whole tissue microarrays, so that no array is on both sides.
Variants:
  paper-attention, paper-gated   the paper's network on 32x32 px tiles of the full image that are not background (672 at most):
                  conv 36 k4, conv 48 k3, two layers of 512, attention 128. In a training step 32 random tiles of the bag instead
                  of all of it, and fewer epochs than the paper's 100: see paper() below. Testing takes every tile.
  compact         networks.CompactMil trained from nothing on 64 px tiles at a quarter of the image's resolution; random cuts in
                  training, overlapping grid and the 8 symmetries averaged in testing.
  transfer        our best: the encoder of a model trained on GlaS (colon; models/compact-glas, no UCSB image seen), frozen. Mean,
                  largest and standard deviation of every channel of its four blocks in each tile, then mean, largest and
                  standard deviation over the tiles of the bag, at a half and a quarter of the resolution; then a ridge logistic
                  regression on the standardised figures. It is no attention model: 44 training images are too few for one.
Nothing is chosen on the test fold: no early stop, the last (averaged) weights are used, the threshold is 0.5. The settings of
`compact` and `transfer` were chosen on other deals of the same 58 images (repeats 101-103), so a little optimism is left."""
import argparse
import contextlib
import hashlib
import io
import json
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import numpy as np
import torch
from PIL import Image
from torch import nn

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from augment import dihedral, to_planes  # noqa: E402
from bags import channel_statistics, tissue_mask  # noqa: E402
from fit import InputSpec, fit  # noqa: E402
from labels import LabelledSlide, read_labels  # noqa: E402
from memory import keep_freed_memory  # noqa: E402
from metrics import auroc  # noqa: E402
from networks import CompactMil  # noqa: E402
from paper_network import PaperMil  # noqa: E402
from recipes import Recipe  # noqa: E402
from transfer import bag_statistics, read_encoder, ridge_logistic  # noqa: E402


def paper_mil(gated: bool) -> PaperMil:
    """The paper's network for histopathology: tiles [N,3,32,32], 512 features each."""
    return PaperMil(nn.Sequential(
        nn.Conv2d(3, 36, 4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(36, 48, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(48 * 6 * 6, 512), nn.ReLU(), nn.Dropout(), nn.Linear(512, 512), nn.ReLU(), nn.Dropout()), 512, gated)


@dataclass(frozen=True)
class Variant:
    recipe: Recipe
    tile_px: int
    reduce: int  # whole factor by which the image is made smaller
    stride_px: int  # of the grid that is tested
    train_tiles: int
    min_tissue: float
    symmetries: int  # averaged in testing


def paper(gated: bool) -> Variant:
    # The paper: Adam 1e-4, decay 5e-4, 100 epochs of whole bags (up to 672 tiles), one bag a step: about an hour a fold on one core.
    # Here 32 random tiles a step, 40 epochs, 5e-4 falling as a cosine: two minutes.
    recipe = Recipe(lambda: paper_mil(gated), 40, 1, 5e-4, 5e-4, False, 2, True, True, 0.0, None, True, color_jitter=False)
    return Variant(recipe, 32, 1, 32, 32, 0.25, 1)


def compact() -> nn.Module:
    return CompactMil(channels=(32, 48, 64, 96), feature_dim=128, hidden=64, dropout=0.25)


VARIANTS: Dict[str, Variant] = {
    "paper-attention": paper(False),
    "paper-gated": paper(True),
    "compact": Variant(Recipe(compact, 80, 8, 2e-3, 1e-2, True, 5, True, True, 0.05, 0.98, False), 64, 4, 32, 10, 0.3, 8),
}
PUBLISHED = {"paper-attention": (.745, .775), "paper-gated": (.755, .799)}


TRANSFER = "transfer"
# Of the encoder in models/compact-glas; its own input constants are used too.
TRANSFER_SCALES = ((2, 128), (4, 64))  # factor by which the image is made smaller, side of a tile in px
TRANSFER_SYMMETRIES = (0, 1, 4, 5)
RIDGE = 0.003


class FieldBags:
    """Bags of small images: random places in training, a grid over the whole image in testing; tissue tiles only."""

    def __init__(self, pictures: Sequence[np.ndarray], labels: Sequence[int], names: Sequence[str], variant: Variant) -> None:
        self.pictures, self.labels, self.names, self.variant = pictures, list(labels), list(names), variant
        self.grids = [self._grid(p) for p in pictures]

    def _grid(self, picture: np.ndarray) -> np.ndarray:
        """Every tile of the grid with enough tissue; the one with most where none has."""
        size, stride = self.variant.tile_px, self.variant.stride_px
        tiles = np.stack([picture[y:y + size, x:x + size] for y in range(0, picture.shape[0] - size + 1, stride)
                          for x in range(0, picture.shape[1] - size + 1, stride)])
        share = tissue_mask(tiles).mean((1, 2))
        chosen = np.flatnonzero(share >= self.variant.min_tissue)
        return tiles[chosen] if len(chosen) else tiles[[int(share.argmax())]]

    def read(self, index: int, rng: Optional[np.random.Generator]) -> np.ndarray:
        if rng is None:
            return self.grids[index]
        picture, size, tiles = self.pictures[index], self.variant.tile_px, []
        for _ in range(6 * self.variant.train_tiles):
            y, x = int(rng.integers(picture.shape[0] - size + 1)), int(rng.integers(picture.shape[1] - size + 1))
            tile = picture[y:y + size, x:x + size]
            if tissue_mask(tile[::2, ::2]).mean() >= self.variant.min_tissue:
                tiles.append(tile)
                if len(tiles) == self.variant.train_tiles:
                    break
        return np.stack(tiles) if tiles else self.grids[index]


def deal_folds(slides: Sequence[LabelledSlide], grouped: bool, seed: int, count: int = 4) -> List[List[int]]:
    """Indices of each fold. Random: the images of each label dealt in turn. Grouped: whole groups, each to the fold that has
    fewest images so far."""
    rng = random.Random(seed)
    folds: List[List[int]] = [[] for _ in range(count)]
    if not grouped:
        place = 0
        for label in (1, 0):
            members = [i for i, s in enumerate(slides) if s.label == label]
            rng.shuffle(members)
            for i in members:
                folds[place % count].append(i)
                place += 1
        return folds
    groups: Dict[str, List[int]] = defaultdict(list)
    for i, slide in enumerate(slides):
        groups[slide.group or slide.id].append(i)
    names = sorted(groups)
    rng.shuffle(names)
    for name in names:
        min(folds, key=len).extend(groups[name])
    return folds


@torch.no_grad()
def test_logits(network: nn.Module, source: FieldBags, spec: InputSpec, symmetries: int) -> List[float]:
    network.eval()
    logits = []
    for i in range(len(source.labels)):
        planes = spec.apply(to_planes(source.read(i, None)))
        logits.append(float(np.mean([float(network(dihedral(planes, k).contiguous(memory_format=torch.channels_last)).logit)
                                     for k in range(symmetries)])))
    return logits


def run_fold(pictures: Sequence[np.ndarray], slides: Sequence[LabelledSlide], test: Sequence[int], variant: Variant,
             seed: int) -> List[float]:
    """Trains on the other folds, gives the logits of the test fold."""
    def bags(indices: Sequence[int]) -> FieldBags:
        return FieldBags([pictures[i] for i in indices], [slides[i].label for i in indices], [slides[i].id for i in indices], variant)

    train = bags([i for i in range(len(slides)) if i not in set(test)])
    mean, std = channel_statistics(train)
    spec = InputSpec(mean, std)
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(io.StringIO()) as log:
        network, history = fit(variant.recipe, train, None, spec, seed, Path(scratch), resume=False)
    if os.environ.get("SHOW_TRAINING"):
        print(log.getvalue()[-600:], file=sys.stderr)
    return test_logits(network, bags(test), spec, variant.symmetries)


def transfer_statistics(network: CompactMil, spec: InputSpec, pictures: Sequence[np.ndarray], tile_px: int) -> np.ndarray:
    """[images, figures] over half-overlapping tiles with at least 30 % tissue."""
    variant = Variant(VARIANTS["compact"].recipe, tile_px, 1, tile_px // 2, 1, 0.3, 1)
    source = FieldBags(pictures, [0] * len(pictures), [""] * len(pictures), variant)
    return np.stack([bag_statistics(network, spec, source.read(i, None), TRANSFER_SYMMETRIES) for i in range(len(pictures))])


def read_pictures(data: Path, slides: Sequence[LabelledSlide], reduce: int) -> List[np.ndarray]:
    pictures = []
    for slide in slides:
        with Image.open(data / slide.id) as opened:
            image = opened.convert("RGB")
        pictures.append(np.asarray(image.reduce(reduce) if reduce > 1 else image))
    return pictures


def figures(rows: Sequence[dict]) -> Dict[str, float]:
    """Over the folds run: mean accuracy and AUROC of the folds, their standard error over repeats where there are several, and
    the AUROC of each repeat's folds pooled. A fold with one class only has no AUROC and is left out of that mean (counted)."""
    folds = [(r["repeat"], auroc(r["labels"], r["logits"]), float(np.mean([(z > 0) == (y == 1) for z, y in zip(r["logits"], r["labels"])])))
             for r in rows]
    areas = [a for _, a, _ in folds if a == a]
    repeats = sorted({r for r, _, _ in folds})
    per_repeat = [np.nanmean([a for r, a, _ in folds if r == repeat]) for repeat in repeats]
    accuracy_per_repeat = [np.mean([c for r, _, c in folds if r == repeat]) for repeat in repeats]
    pooled = [auroc([y for r in rows if r["repeat"] == repeat for y in r["labels"]],
                    [z for r in rows if r["repeat"] == repeat for z in r["logits"]]) for repeat in repeats]
    error = (lambda v: float(np.std(v, ddof=1) / np.sqrt(len(v))) if len(v) > 1 else float("nan"))
    return {"folds": len(rows), "accuracy": float(np.mean([c for _, _, c in folds])), "accuracy_se": error(accuracy_per_repeat),
            "auroc": float(np.mean(areas)), "auroc_se": error(per_repeat), "pooled_auroc": float(np.mean(pooled)),
            "folds_without_auroc": len(folds) - len(areas)}


def table(rows: Sequence[dict]) -> str:
    lines = ["| variant | folds | runs | accuracy ± se | fold-mean AUROC ± se | pooled AUROC | published acc / AUROC |",
             "|---|---|---|---|---|---|---|"]
    for variant, kind in sorted({(r["variant"], r["folds"]) for r in rows}):
        f = figures([r for r in rows if (r["variant"], r["folds"]) == (variant, kind)])
        published = " / ".join(f"{v:.3f}" for v in PUBLISHED.get(variant, ())) or "–"
        spread = {key: "" if f[key] != f[key] else f" ± {f[key]:.3f}" for key in ("accuracy_se", "auroc_se")}
        lines.append(f"| {variant} | {kind} | {f['folds']} | {f['accuracy']:.3f}{spread['accuracy_se']} | "
                     f"{f['auroc']:.3f}{spread['auroc_se']} | {f['pooled_auroc']:.3f} | {published} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "ucsb.json")
    parser.add_argument("--encoder", type=Path, default=HERE.parents[1] / "models" / "compact-glas", help="of --variant transfer")
    parser.add_argument("--variant", choices=[*VARIANTS, TRANSFER], nargs="+", default=[*VARIANTS, TRANSFER])
    parser.add_argument("--folds", choices=["random", "grouped"], nargs="+", default=["random", "grouped"])
    parser.add_argument("--repeats", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--fold-numbers", type=int, nargs="+", default=[0, 1, 2, 3])
    args = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    keep_freed_memory()
    slides = read_labels(args.data / "labels.csv")
    rows: List[dict] = json.loads(args.out.read_text()) if args.out.exists() else []
    pictures: Dict[int, List[np.ndarray]] = {}
    labels = np.array([s.label for s in slides])
    statistics, encoder = None, ""
    if TRANSFER in args.variant:
        network, spec = read_encoder(args.encoder)
        encoder = hashlib.sha256((args.encoder / "weights.safetensors").read_bytes()).hexdigest()
        statistics = np.concatenate([transfer_statistics(network, spec, read_pictures(args.data, slides, reduce), tile_px)
                                     for reduce, tile_px in TRANSFER_SCALES], axis=1)
        # Results with another encoder are of another model.
        rows = [r for r in rows if r.get("encoder", encoder) == encoder]
    done = {(r["variant"], r["folds"], r["repeat"], r["fold"]) for r in rows}
    for repeat in args.repeats:
        for name in args.variant:
            variant = VARIANTS.get(name)
            if variant and variant.reduce not in pictures:
                pictures[variant.reduce] = read_pictures(args.data, slides, variant.reduce)
            for kind in args.folds:
                folds = deal_folds(slides, kind == "grouped", repeat)
                for number in args.fold_numbers:
                    if (name, kind, repeat, number) in done:
                        continue
                    started = time.time()
                    test = folds[number]
                    if variant:
                        logits = run_fold(pictures[variant.reduce], slides, test, variant, 100 * repeat + number)
                    else:
                        rest = [i for i in range(len(slides)) if i not in set(test)]
                        logits = ridge_logistic(statistics[rest], labels[rest], statistics[test], RIDGE)
                    rows.append({"variant": name, **({} if variant else {"encoder": encoder}), "folds": kind, "repeat": repeat, "fold": number,
                                 "files": [slides[i].id for i in folds[number]], "labels": [slides[i].label for i in folds[number]],
                                 "logits": [round(z, 5) for z in logits], "seconds": round(time.time() - started, 1)})
                    args.out.parent.mkdir(parents=True, exist_ok=True)
                    part = Path(f"{args.out}.part")
                    part.write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
                    os.replace(part, args.out)
                    print(name, kind, repeat, number, f"{rows[-1]['seconds']} s", figures([rows[-1]]), flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
