"""Tiles that training/bags.py cuts from every fifth GlaS image. Run in this folder: python3 glas.py DATA > glas.json"""
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[3] / "training"))
from bags import GridSpec, cut_grid, resample, tissue_mask  # noqa: E402

SPEC = GridSpec(tile_px=128, mpp=1.24, min_tissue=0.5)
IMAGE_MPP = 0.62

if __name__ == "__main__":
    golden = []
    for path in sorted((Path(sys.argv[1]) / "labelled/glas/images").glob("*.jpg"))[::5]:
        picture = resample(Image.open(path).convert("RGB"), SPEC.mpp / IMAGE_MPP)
        everything = cut_grid(picture, GridSpec(128, 1.24, 0.0))
        share = tissue_mask(everything).mean((1, 2))
        tiles = cut_grid(picture, SPEC)
        golden.append({
            "file": path.name,
            "columns": -(-picture.shape[1] // 128),
            "cells": np.flatnonzero(share >= SPEC.min_tissue).tolist(),
            "sha256": hashlib.sha256(tiles.tobytes()).hexdigest(),
        })
    print(json.dumps(golden, indent=1))
