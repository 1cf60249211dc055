#!/usr/bin/env python3
"""Atlas: 35 whole slides of 18 organs, one weak label each; benign or malignant, judged on repositories never trained on.

    python3 atlas.py --data ../../../shared/data/labelled/atlas

5-fold cross-validation by repository (slides of one are never parted), 5 deals. The model is that of ucsb.py's `transfer`: the
frozen encoder of models/compact-glas (colon; no slide of the atlas seen), statistics over the tiles, ridge logistic regression.
Beside it stands a baseline that sees colour and scale only: mean and deviation of R, G and B over the tiles, and µm/px. Label,
organ, scanner and scale are confounded in this set: what the baseline reaches is no knowledge of cancer, and what the model reaches
beyond it is hardly proof of any. Settings were taken over from UCSB and not changed."""
import argparse
import csv
import hashlib
import json
import os
import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import Dict, List, Sequence

import numpy as np
import torch
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from metrics import auroc  # noqa: E402
from transfer import bag_statistics, read_encoder, ridge_logistic  # noqa: E402

COLUMNS, TILE_PX = 16, 128
RIDGE = {"transfer": 0.003, "colour and scale": 1.0}


def read_tiles(data: Path, slide: str, count: int) -> np.ndarray:
    """Tiles [N,128,128,3] of one grid picture, in order."""
    with Image.open(data / "grids" / f"{slide}.jpg") as opened:
        grid = np.asarray(opened.convert("RGB"))
    places = ((i // COLUMNS * TILE_PX, i % COLUMNS * TILE_PX) for i in range(count))
    return np.stack([grid[y:y + TILE_PX, x:x + TILE_PX] for y, x in places])


def deal_folds(rows: Sequence[dict], seed: int, count: int = 5) -> List[List[int]]:
    """Whole repositories, those of each label dealt in turn (a repository has one label)."""
    groups: Dict[str, List[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        groups[row["repo"]].append(i)
    folds: List[List[int]] = [[] for _ in range(count)]
    rng = random.Random(seed)
    for label in ("malignant", "benign"):
        names = sorted(name for name, members in groups.items() if rows[members[0]]["label"] == label)
        rng.shuffle(names)
        for name in names:
            min(folds, key=lambda fold: sum(rows[i]["label"] == label for i in fold)).extend(groups[name])
    return folds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, default=HERE.parents[1] / "models" / "compact-glas")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "atlas.json")
    parser.add_argument("--repeats", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    args = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    with open(args.data / "slides.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    labels = np.array([int(row["label"] == "malignant") for row in rows])
    network, spec = read_encoder(args.encoder)
    inputs: Dict[str, List[np.ndarray]] = {"transfer": [], "colour and scale": []}
    for row in rows:
        tiles = read_tiles(args.data, row["slide"], int(row["n_tiles"]))
        inputs["transfer"].append(bag_statistics(network, spec, tiles, (0,)))  # 176 tiles a slide: no need of symmetries
        pixels = tiles.reshape(-1, 3).astype(float)
        inputs["colour and scale"].append(np.concatenate([pixels.mean(0), pixels.std(0), [float(row["mpp_tile"])]]))
    results = []
    for name, features in inputs.items():
        table = np.stack(features)
        for repeat in args.repeats:
            logits = np.zeros(len(rows))
            for test in deal_folds(rows, repeat):
                rest = [i for i in range(len(rows)) if i not in set(test)]
                logits[test] = ridge_logistic(table[rest], labels[rest], table[test], RIDGE[name])
            organs = {organ: [int((logits[i] > 0) == labels[i]) for i in range(len(rows)) if rows[i]["organ"] == organ]
                      for organ in sorted({row["organ"] for row in rows})}
            results.append({"model": name, "repeat": repeat, "auroc": round(auroc(labels, logits), 4),
                            "accuracy": round(float(((logits > 0) == (labels > 0)).mean()), 4),
                            "rightByOrgan": {organ: f"{sum(right)}/{len(right)}" for organ, right in organs.items()},
                            "logits": {row["slide"]: round(float(z), 4) for row, z in zip(rows, logits)}})
    encoder = hashlib.sha256((args.encoder / "weights.safetensors").read_bytes()).hexdigest()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps({"encoder": encoder, "slides": len(rows), "results": results}, indent=1) + "\n", encoding="utf-8")
    print("| model | AUROC, mean ± sd of 5 deals | accuracy |\n|---|---|---|")
    for name in inputs:
        mine = [r for r in results if r["model"] == name]
        areas, right = [r["auroc"] for r in mine], [r["accuracy"] for r in mine]
        print(f"| {name} | {np.mean(areas):.3f} ± {np.std(areas, ddof=1):.3f} | {np.mean(right):.3f} |")


if __name__ == "__main__":
    main()
