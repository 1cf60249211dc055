#!/usr/bin/env python3
"""Trains a bag classifier: on a CPU, under torchrun, or as a SageMaker entry point. See README.md.

Writes into --out: model.pth (state_dict of the unwrapped module), run.json (everything export.py needs), split.csv, checkpoint.pt."""
import argparse
import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import List, Tuple

import torch

from bags import BagSource, GridSpec, ImageBags, ShardBags, channel_statistics, shard_slides
from fit import InputSpec, Ranks, fit, predict
from labels import LabelledSlide, read_labels, split_slides, write_split
from memory import keep_freed_memory
from metrics import auroc_interval, sigmoid, summary
from networks import SeedTied, parameter_count
from recipes import RECIPES


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="best")
    parser.add_argument("--data", type=Path, default=os.environ.get("SM_CHANNEL_TRAINING"),
                        help="folder of images, or of the shards that `milscope tiles` wrote (it then holds index.json)")
    parser.add_argument("--labels", type=Path, help="PANDA's train.csv, or file,label[,split][,group]; default DATA/labels.csv")
    parser.add_argument("--out", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train-split", default="train")
    parser.add_argument("--validation-split", default="validation")
    parser.add_argument("--validation-share", type=float, default=0.2, help="where the table has no split")
    parser.add_argument("--split-seed", type=int, help="of that split; default: --seed. Give it where several seeds share one split")
    parser.add_argument("--image-mpp", type=float, help="µm per px of the images (not for shards)")
    parser.add_argument("--mpp", type=float, default=1.24, help="µm per px of a tile (not for shards)")
    parser.add_argument("--tile-px", type=int, default=128, help="(not for shards)")
    parser.add_argument("--min-tissue", type=float, default=0.5, help="(not for shards)")
    parser.add_argument("--max-tiles", type=int, default=64, help="tiles of one shard bag in a step")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.data is None or args.out is None:
        parser.error("--data and --out are needed (SageMaker: SM_CHANNEL_TRAINING and SM_MODEL_DIR)")
    return args


def split_table(slides: List[LabelledSlide], args: argparse.Namespace) -> List[LabelledSlide]:
    """The slides with a split: the table's own, or one made here, seeded, where it brings none."""
    if all(s.split is None for s in slides):
        slides = split_slides(slides, args.validation_share, args.seed if args.split_seed is None else args.split_seed)
        args.train_split, args.validation_split = "train", "validation"
    return slides


def open_sources(args: argparse.Namespace) -> Tuple[BagSource, BagSource, dict, List[LabelledSlide]]:
    """Training and validation bags, the BagSpec they were cut with, and the slides of both."""
    shards = (args.data / "index.json").exists()
    slides = shard_slides(args.data) if shards and args.labels is None else read_labels(args.labels or args.data / "labels.csv")
    slides = split_table(slides, args)
    train = [s for s in slides if s.split == args.train_split]
    validation = [s for s in slides if s.split == args.validation_split]
    if not train or not validation:
        raise SystemExit(f"no slides with split {args.train_split!r} or none with {args.validation_split!r}; "
                         f"the table has {sorted({str(s.split) for s in slides})}")
    if shards:
        source = ShardBags(args.data, train, args.max_tiles)
        return source, ShardBags(args.data, validation, args.max_tiles), source.bag, train + validation
    if args.image_mpp is None:
        raise SystemExit("--image-mpp is needed for image files: their pixel size is not guessed")
    spec = GridSpec(args.tile_px, args.mpp, args.min_tissue)
    return (ImageBags(args.data, train, args.image_mpp, spec), ImageBags(args.data, validation, args.image_mpp, spec),
            spec.manifest(), train + validation)


def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    keep_freed_memory()
    ranks = Ranks.join()
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    recipe = RECIPES[args.recipe]
    if args.epochs:
        recipe = replace(recipe, epochs=args.epochs)
    train, validation, bag, slides = open_sources(args)
    if ranks.rank == 0:
        args.out.mkdir(parents=True, exist_ok=True)
        write_split(slides, args.out / "split.csv")
    mean, std = channel_statistics(train)
    spec = InputSpec(mean, std)
    network, history = fit(recipe, train, validation, spec, args.seed, args.out, ranks, device)
    if ranks.rank != 0:
        return
    network = network.plain() if isinstance(network, SeedTied) else network
    logits = predict(network, validation, spec, device)
    result, interval = summary(validation.labels, sigmoid(logits), 0.5), auroc_interval(validation.labels, logits)
    print("Validation: " + ", ".join(f"{k} {v:.4f}" for k, v in result.items())
          + f"; AUROC 95 % {interval.low:.4f} to {interval.high:.4f} ({interval.method})", flush=True)
    state = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    torch.save(state, args.out / "model.pth")
    settings = {k: v for k, v in asdict(recipe).items() if k != "network"}
    (args.out / "run.json").write_text(json.dumps({
        "recipe": args.recipe, "settings": settings, "seed": args.seed, "ranks": ranks.count,
        "parameters": parameter_count(network), "trainBags": len(train.labels),
        "bag": bag,
        "input": {"scale": spec.scale, "mean": list(mean), "std": list(std)},
        "validation": {"names": validation.names, "labels": validation.labels, "logits": logits},
        "history": history}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
