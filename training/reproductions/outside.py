#!/usr/bin/env python3
"""Of each set of slides, how many are outside the scope of a model, and why: what `milscope analyze` says of each. No threshold is chosen here.

    python3 outside.py --data ../../../shared/data --model compact-phantom [--phantoms COHORT ...]

Slides of the atlas: the grid of their stored tiles as one image of the pixel size that the table states. UCSB does not state its pixel size;
it is taken for that of GlaS. Pixel sizes of the prostate sets are those of the data's README. COHORT is a folder of `milscope phantom cohort`."""
import argparse
import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = REPOSITORY / "dist-cli" / "bin.js"  # what `npm run milscope` builds and runs
Slide = Tuple[Path, Optional[float]]  # µm per px where the file does not say it


def pictures(folder: Path, mpp: float) -> List[Slide]:
    return [(file, mpp) for file in sorted(folder.rglob("*")) if file.suffix.lower() in (".jpg", ".jpeg", ".png", ".tif", ".tiff")]


def atlas(folder: Path) -> Iterator[Slide]:
    with open(folder / "slides.csv", newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            yield folder / "grids" / f"{row['slide']}.jpg", float(row["mpp_tile"])


def sets(data: Path, cohorts: List[Path]) -> Dict[str, List[Slide]]:
    slides, labelled = data / "slides", data / "labelled"
    return {
        "atlas": list(atlas(labelled / "atlas")),
        "CMU-1-Small-Region.svs": [(slides / "aperio" / "CMU-1-Small-Region.svs", None)],
        "pdac-core-22k.tif": [(slides / "tiff" / "pdac-core-22k.tif", None)],
        "GlaS": pictures(labelled / "glas" / "images", 0.62),
        "UCSB": pictures(labelled / "ucsb-breast" / "images", 0.62),
        "prostate, Arvaniti": pictures(labelled / "prostate" / "arvaniti", 0.23),
        "prostate, RINGS": pictures(labelled / "prostate" / "rings" / "images", 1.4),
        "prostate, Sejong": pictures(labelled / "prostate" / "sejong-train" / "images", 0.5),
        **{f"phantoms, {cohort.name}": [(file, None) for file in sorted((cohort / "train_images").glob("*.tiff"))] for cohort in cohorts},
    }


def scope_of(slide: Slide, model: str) -> Tuple[str, List[str]]:
    """State and reasons; `failed` and the error's code where there is no result."""
    file, mpp = slide
    command = ["node", PROGRAM, "analyze", file, "--model", model, *([] if mpp is None else ["--mpp", mpp])]
    done = subprocess.run([str(part) for part in command], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    result = json.loads(done.stdout)
    return ("failed", [result["error"]["code"]]) if "error" in result else (result["scope"]["state"], result["scope"]["reasons"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="compact-phantom")
    parser.add_argument("--phantoms", type=Path, nargs="*", default=[])
    parser.add_argument("--only", nargs="*", help="names of sets; all by default")
    args = parser.parse_args()
    subprocess.run(["npm", "run", "--silent", "milscope", "--", "models"], cwd=REPOSITORY, capture_output=True, check=True)
    print("| set | slides | outside | by reason | no result |\n|---|---|---|---|---|", flush=True)
    for name, slides in sets(args.data.resolve(), [cohort.resolve() for cohort in args.phantoms]).items():
        if args.only and name not in args.only:
            continue
        found = []
        for slide in slides:
            found.append(scope_of(slide, args.model))
            print(name, slide[0].name, *found[-1], file=sys.stderr, flush=True)
        reasons = Counter(reason for state, given in found if state == "outside" for reason in given)
        words = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()) or "–"
        failed = Counter(given[0] for state, given in found if state == "failed")
        print(f"| {name} | {len(found)} | {sum(state == 'outside' for state, _ in found)} | {words} | "
              f"{', '.join(f'{code} {count}' for code, count in failed.items()) or '–'} |", flush=True)


if __name__ == "__main__":
    main()
