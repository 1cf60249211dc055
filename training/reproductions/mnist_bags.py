#!/usr/bin/env python3
"""MNIST-bags of Ilse, Tomczak and Welling (2018): a bag is positive if it holds a 9. Test AUROC by number of training bags.

    python3 mnist_bags.py --mnist ../../../shared/data/mnist           # the whole table, resumable
    python3 mnist_bags.py --mnist ... --bags 50 --seeds 1 --attention gated

Bags as in the paper: length from a normal distribution of mean 10 and standard deviation 2 (at least 1), half of them positive;
training bags from MNIST's 60,000 training digits, 1,000 test bags from its 10,000 test digits (always the same 1,000).
Network as in the paper: LeNet to 500 features, attention 128, plain or gated, linear classifier.

Recipe `paper`: Adam 5e-4 (.9/.999), weight decay 1e-4, one bag a step, 20 epochs, as the authors' code has it.
Recipe `ours`: the same network and bags, but eight bags a step, AdamW 1e-3 with decay 1e-2, warm-up and cosine, digits shifted,
turned and scaled a little, dropout .5 on the features, averaged weights; epochs: 12,000 / bags, at least 40. It was tried with
--evaluate-on validation (bags from digits 50,000-59,999, training bags from the first 50,000) on 50 and 100 bags, never changed
after a look at the test digits."""
import argparse
import gzip
import json
import math
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from fit import Average, BagNetwork, train_step  # noqa: E402
from memory import keep_freed_memory  # noqa: E402
from metrics import auroc  # noqa: E402
from networks import forward_bags  # noqa: E402
from paper_network import PaperMil  # noqa: E402
from recipes import Recipe, make_optimizer, rate_at  # noqa: E402

TARGET = 9
PUBLISHED = {"attention": {50: .768, 100: .948, 200: .970, 500: .986}, "gated": {50: .753, 100: .916, 200: .955, 500: .987}}


def lenet_mil(gated: bool, dropout: float) -> PaperMil:
    """Digits [N,1,28,28], 500 features of LeNet each."""
    return PaperMil(nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(800, 500), nn.ReLU(), nn.Dropout(dropout)), 500, gated)


@dataclass(frozen=True)
class Bags:
    """Bag i is images[starts[i]:starts[i] + sizes[i]], an index into the digits."""

    members: List[np.ndarray]
    labels: List[int]


def read_idx(path: Path) -> np.ndarray:
    """An MNIST idx file: uint8 [n,...]."""
    raw = gzip.decompress(path.read_bytes())
    dimensions = raw[3]
    shape = np.frombuffer(raw, ">i4", dimensions, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def make_bags(targets: np.ndarray, count: int, seed: int, mean_length: float = 10, sd_length: float = 2) -> Bags:
    """Positive and negative bags in turn. A positive one is a random draw that happens to hold the target; a negative one is
    a random draw of other digits."""
    rng = np.random.default_rng(seed)
    others = np.flatnonzero(targets != TARGET)
    members: List[np.ndarray] = []
    for i in range(count):
        length = max(1, int(rng.normal(mean_length, sd_length)))
        chosen = rng.choice(others, length)
        while i % 2 == 0:
            chosen = rng.integers(0, len(targets), length)
            if (targets[chosen] == TARGET).any():
                break
        members.append(chosen)
    return Bags(members, [(i + 1) % 2 for i in range(count)])


def distort(digits: Tensor, generator: torch.Generator) -> Tensor:
    """Each digit turned by up to 12 degrees, scaled by up to 12 %, shifted by up to 2 px: [N,1,28,28] -> the same."""
    n = len(digits)
    draw = torch.rand((4, n), generator=generator) * 2 - 1
    angle, scale = draw[0] * math.radians(12), 1 + 0.12 * draw[1]
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    shift = draw[2:] * 2 / 14
    theta = torch.stack([torch.stack([cos, -sin, shift[0]], 1), torch.stack([sin, cos, shift[1]], 1)], 1)
    return F.grid_sample(digits, F.affine_grid(theta, [n, 1, 28, 28], align_corners=False), align_corners=False, padding_mode="border")


def recipe_of(name: str, gated: bool, bags: int) -> Recipe:
    if name == "paper":
        return Recipe(lambda: lenet_mil(gated, 0.0), 20, 1, 5e-4, 1e-4, False, 0, False, False, 0.0, None, True)
    epochs = max(40, 12000 // bags)
    return Recipe(lambda: lenet_mil(gated, 0.5), epochs, 8, 1e-3, 1e-2, True, 0.1 * epochs, True, True, 0.0, 0.99, False)


def train(digits: Tensor, bags: Bags, recipe: Recipe, seed: int) -> nn.Module:
    """The trained network (averaged weights where the recipe says so); digits [n,1,28,28] normalised."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = recipe.network().to(memory_format=torch.channels_last)
    model, optimizer = BagNetwork(network), make_optimizer(network, recipe, 1)
    average = Average(network, recipe.ema_decay) if recipe.ema_decay else None
    steps = -(-len(bags.members) // recipe.bags_per_step)
    network.train()
    for epoch in range(recipe.epochs):
        order = rng.permutation(len(bags.members))
        for step in range(steps):
            chosen = order[step * recipe.bags_per_step:(step + 1) * recipe.bags_per_step]
            pixels = digits[torch.from_numpy(np.concatenate([bags.members[i] for i in chosen]))]
            if recipe.augmented:
                pixels = distort(pixels, generator)
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate * rate_at(recipe, epoch * steps + step, steps)
            train_step(model, optimizer, pixels.to(memory_format=torch.channels_last), [len(bags.members[i]) for i in chosen],
                       torch.tensor([float(bags.labels[i]) for i in chosen]), recipe)
            if average:
                average.update(network)
    return (average.network if average else network).eval()


@torch.no_grad()
def test_auroc(network: nn.Module, digits: Tensor, bags: Bags) -> float:
    logits: List[float] = []
    for first in range(0, len(bags.members), 50):
        part = bags.members[first:first + 50]
        pixels = digits[torch.from_numpy(np.concatenate(part))].to(memory_format=torch.channels_last)
        logits += forward_bags(network, pixels, [len(m) for m in part]).tolist()
    return auroc(bags.labels, logits)


def load_mnist(folder: Path) -> Dict[str, Tuple[Tensor, np.ndarray]]:
    """Digits [n,1,28,28] normalised with MNIST's mean and deviation, and their classes, of both splits."""
    loaded = {}
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz").astype(np.float32)
        targets = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
        loaded[split] = (torch.from_numpy((images / 255 - 0.1307) / 0.3081).unsqueeze(1), targets)
    return loaded


def run_one(mnist: Dict[str, Tuple[Tensor, np.ndarray]], gated: bool, count: int, seed: int, recipe: str, evaluate_on: str,
            test_bags: int = 1000) -> float:
    """AUROC of one training run. Training bags and network follow the seed; the test bags never change."""
    digits, targets = mnist["train"]
    if evaluate_on == "validation":
        held, held_targets, digits, targets = digits[50000:], targets[50000:], digits[:50000], targets[:50000]
    else:
        held, held_targets = mnist["test"]
    network = train(digits, make_bags(targets, count, seed), recipe_of(recipe, gated, count), seed)
    return test_auroc(network, held, make_bags(held_targets, test_bags, 20180710))


def table(rows: List[dict]) -> str:
    lines = ["| attention | recipe | training bags | mean ± sd of test AUROC | seeds | published |", "|---|---|---|---|---|---|"]
    for kind, recipe, count in sorted({(r["attention"], r["recipe"], r["bags"]) for r in rows}):
        values = [r["auroc"] for r in rows if (r["attention"], r["recipe"], r["bags"]) == (kind, recipe, count)]
        spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
        lines.append(f"| {kind} | {recipe} | {count} | {np.mean(values):.3f}{spread} | {len(values)} | "
                     f"{PUBLISHED[kind].get(count, float('nan')):.3f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, required=True, help="folder with the four idx files (gz)")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "mnist_bags.json")
    parser.add_argument("--bags", type=int, nargs="+", default=[50, 100, 200, 500])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--attention", choices=["attention", "gated"], nargs="+", default=["attention", "gated"])
    parser.add_argument("--recipe", choices=["ours", "paper"], default="ours")
    parser.add_argument("--evaluate-on", choices=["test", "validation"], default="test")
    args = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    keep_freed_memory()
    mnist = load_mnist(args.mnist)
    rows: List[dict] = json.loads(args.out.read_text()) if args.out.exists() else []
    done = {(r["attention"], r["recipe"], r["bags"], r["seed"]) for r in rows}
    for seed in args.seeds:
        for count in args.bags:
            for kind in args.attention:
                if (kind, args.recipe, count, seed) in done:
                    continue
                started = time.time()
                value = run_one(mnist, kind == "gated", count, seed, args.recipe, args.evaluate_on)
                rows.append({"attention": kind, "recipe": args.recipe, "bags": count, "seed": seed, "auroc": round(value, 5),
                             "seconds": round(time.time() - started, 1)})
                args.out.parent.mkdir(parents=True, exist_ok=True)
                part = Path(f"{args.out}.part")
                part.write_text(json.dumps(rows, indent=0) + "\n")
                os.replace(part, args.out)
                print(rows[-1], flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
