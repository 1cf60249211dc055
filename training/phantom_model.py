#!/usr/bin/env python3
"""The whole recipe on slides that everyone can make: phantoms -> tiles -> training -> model folder -> evaluation on other phantoms, with one
command, on a CPU.

    phantom_model.py --work DIR [--out models/compact-phantom] [--slides 200] [--test-slides 40] [--epochs 24] [--seeds 1 2 3]

Everything is kept in --work; a run that was killed goes on where it was."""
import argparse
import subprocess
import sys
from pathlib import Path

TRAINING = Path(__file__).resolve().parent
REPOSITORY = TRAINING.parent


def step(title: str, command: list) -> None:
    print(f"== {title}", flush=True)
    subprocess.run([str(part) for part in command], cwd=REPOSITORY, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "models" / "compact-phantom")
    parser.add_argument("--slides", type=int, default=200)
    parser.add_argument("--test-slides", type=int, default=40, help="of another seed, which training never saw")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="the first one is shipped, the others show the spread")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    work, milscope = args.work.resolve(), ["npm", "run", "--silent", "milscope", "--"]
    cohort, shards = work / "cohort", work / "shards"
    step("phantoms", [*milscope, "phantom", "cohort", "--slides", args.slides, "--seed", 1, "--out", cohort])
    step("tiles", [*milscope, "tiles", cohort / "train_images", "--labels", cohort / "train.csv", "--masks", cohort / "train_label_masks",
                   "--bag", "tissue-grid", "--tile-px", 128, "--tile-mpp", 1.92, "--min-tissue", 0.3, "--out", shards])
    runs = []
    for seed in args.seeds:
        run = work / f"run-{seed}"
        step(f"training, seed {seed}", [sys.executable, TRAINING / "train.py", "--recipe", "best", "--data", shards, "--out", run, "--seed", seed,
                                        "--split-seed", 1, "--validation-share", 0.25, "--epochs", args.epochs, "--max-tiles", 24,
                                        "--threads", args.threads])
        runs.append(run)
    step("model folder", [sys.executable, TRAINING / "export.py", runs[0], "--also", *runs[1:], "--shards", shards,
                          "--id", "compact-phantom", "--out", args.out.resolve()])
    test = work / "test-cohort"
    step("other phantoms", [*milscope, "phantom", "cohort", "--slides", args.test_slides, "--seed", 2, "--out", test])
    step("evaluation", [*milscope, "evaluate", "--slides", test / "train_images", "--labels", test / "train.csv", "--model", args.out.resolve(),
                        "--out", work / "evaluation"])
    print(f"== done: {args.out} (the page offers it after the next `npm start`), report in {work / 'evaluation' / 'report.html'}")


if __name__ == "__main__":
    main()
