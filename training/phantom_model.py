#!/usr/bin/env python3
"""The whole recipe on slides that everyone can make: phantoms -> tiles -> training -> model folder -> evaluation on other phantoms, with one
command, on a CPU. What the evaluation finds is written into the model's card.

    phantom_model.py --work DIR [--out models/compact-phantom] [--slides 200] [--test-slides 40] [--epochs 12] [--seeds 1 2 3] [--jobs CORES]

Everything is kept in --work; a run that was killed goes on where it was."""
import argparse
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict

from card import interval_words
from metrics import Interval

TRAINING = Path(__file__).resolve().parent
REPOSITORY = TRAINING.parent


def step(title: str, command: list) -> None:
    print(f"== {title}", flush=True)
    subprocess.run([str(part) for part in command], cwd=REPOSITORY, check=True)


def train_all(commands: Dict[int, list], jobs: int) -> None:
    """One training a seed, `jobs` at a time; the lines of each begin with its seed. Stops at the first that fails."""
    def run(seed: int) -> None:
        process = subprocess.Popen([str(part) for part in commands[seed]], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in process.stdout:
            print(f"seed {seed}: {line}", end="", flush=True)
        if process.wait() != 0:
            raise SystemExit(f"training with seed {seed} ended with code {process.returncode}")

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, commands))


MAP_WORDS = {"tileProbability": "single-tile probability"}


def card_section(report: dict, slides: int) -> str:
    """The part of the model card about phantoms of another seed, from the report of `milscope evaluate`."""
    called = report["atThreshold"]
    matrix = called["confusion"]
    right, judged = matrix["truePositive"] + matrix["trueNegative"], report["counts"]["evaluated"]
    lines = [
        f"## On {slides} phantoms of another seed", "",
        f"`milscope phantom cohort --slides {slides} --seed 2`, then `milscope evaluate`, none of them seen in training or for a choice: AUROC "
        f"{report['auroc']['value']:.3f} ({interval_words(Interval(**report['auroc']['interval']))}), {right} of {judged} called right, sensitivity "
        f"{called['sensitivity']['value']:.3f}, specificity {called['specificity']['value']:.3f}; {report['scopes']['outside']} of {judged} outside its scope.",
    ]
    if report["counts"]["failed"]:
        lines += ["", f"{report['counts']['failed']} slides failed and are in no figure."]
    maps = report.get("maps")
    if maps:
        lines += ["", f"AUROC of each map against the lesions, among the tiles of a slide, mean ± standard error over {maps['slides']} malignant slides:",
                  "", "| map | AUROC |", "|---|---|"]
        lines += [f"| {MAP_WORDS.get(one['name'], one['name'])} | {one['mean']:.3f} ± {one.get('standardError', float('nan')):.3f} |" for one in maps["maps"]]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "models" / "compact-phantom")
    parser.add_argument("--slides", type=int, default=200)
    parser.add_argument("--test-slides", type=int, default=40, help="of another seed, which training never saw")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="the first one is shipped, the others show the spread")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="trainings at a time, a core each")
    args = parser.parse_args()
    work, milscope = args.work.resolve(), ["npm", "run", "--silent", "milscope", "--"]
    cohort, shards = work / "cohort", work / "shards"
    step("phantoms", [*milscope, "phantom", "cohort", "--slides", args.slides, "--seed", 1, "--out", cohort])
    step("tiles", [*milscope, "tiles", cohort / "train_images", "--labels", cohort / "train.csv", "--masks", cohort / "train_label_masks",
                   "--bag", "tissue-grid", "--tile-px", 128, "--tile-mpp", 1.92, "--min-tissue", 0.3, "--out", shards])
    runs = {seed: work / f"run-{seed}" for seed in args.seeds}
    print(f"== training, {len(runs)} seeds, {args.jobs} at a time", flush=True)
    train_all({seed: [sys.executable, TRAINING / "train.py", "--recipe", "best", "--data", shards, "--out", run, "--seed", seed,
                      "--split-seed", 1, "--validation-share", 0.25, "--epochs", args.epochs, "--max-tiles", 24]
               for seed, run in runs.items()}, args.jobs)
    first, *others = runs.values()
    step("model folder", [sys.executable, TRAINING / "export.py", first, "--also", *others, "--shards", shards, "--features",
                          "--id", "compact-phantom", "--out", args.out.resolve()])
    test = work / "test-cohort"
    step("other phantoms", [*milscope, "phantom", "cohort", "--slides", args.test_slides, "--seed", 2, "--out", test])
    # Of this very model: `evaluate` goes on where it was, but never mixes two.
    evaluation = work / f"evaluation-{hashlib.sha256((args.out / 'manifest.json').read_bytes()).hexdigest()[:8]}"
    step("evaluation", [*milscope, "evaluate", "--slides", test / "train_images", "--labels", test / "train.csv",
                        "--masks", test / "train_label_masks", "--model", args.out.resolve(), "--out", evaluation])
    report = json.loads((evaluation / "report.json").read_text(encoding="utf-8"))
    with open(args.out / "README.md", "a", encoding="utf-8") as card:
        card.write("\n" + card_section(report, args.test_slides))
    print(f"== done: {args.out} (the page offers it after the next `npm start`), report in {evaluation / 'report.html'}")


if __name__ == "__main__":
    main()
