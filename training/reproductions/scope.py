#!/usr/bin/env python3
"""Is a slide like those a model was trained on? How many slides of each labelled set the page would warn about, from the `scope.appearance`
of a model that was trained on GlaS.

    python3 scope.py --data ../../../shared/data/labelled --model ../../models/compact-glas

GlaS and UCSB: the tissue grid at 1.24 µm/px (UCSB does not state its pixel size; it is taken for that of GlaS). Atlas: its stored tiles near 1 µm/px."""
import argparse
import csv
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from appearance import FIGURES, distances, tile_figures  # noqa: E402
from atlas import read_tiles  # noqa: E402
from bags import GridSpec, cut_grid, resample  # noqa: E402


def rows_of(table: Path) -> List[Dict[str, str]]:
    with open(table, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def slides(data: Path, spec: GridSpec) -> Iterator[Tuple[str, np.ndarray]]:
    """Name of the set and tiles [N,T,T,3] of each slide."""
    for folder in ("glas", "ucsb-breast"):
        for row in rows_of(data / folder / "labels.csv"):
            picture = Image.open(data / folder / row["file"]).convert("RGB")
            yield f"{folder} {row.get('split') or ''}".strip(), cut_grid(resample(picture, 2.0), spec)
    for row in rows_of(data / "atlas" / "slides.csv"):
        yield "atlas", read_tiles(data / "atlas", row["slide"], int(row["n_tiles"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=HERE.parent.parent / "models" / "compact-glas")
    args = parser.parse_args()
    manifest = json.loads((args.model / "manifest.json").read_text(encoding="utf-8"))
    bag, appearance = manifest["bag"], manifest["scope"]["appearance"]
    precision = np.reshape(appearance["precision"], (FIGURES, FIGURES))
    shares = defaultdict(list)
    for name, tiles in slides(args.data, GridSpec(bag["tilePx"], bag["mpp"], bag["minTissue"])):
        away = distances(tile_figures(tiles), appearance["mean"], precision)
        shares[name].append(float((away > appearance["limit"]).mean()))
    print("| set | slides | share of tiles beyond the limit, mean | slides warned about |\n|---|---|---|---|")
    for name, values in shares.items():
        print(f"| {name} | {len(values)} | {np.mean(values):.2f} | {sum(v > 0.5 for v in values)} |")


if __name__ == "__main__":
    main()
