"""The model card, written from the manifest and the run, so that its numbers are those of the files beside it."""
from typing import Dict, List, Optional

import numpy as np

from metrics import Interval

# Two-sided 95 % quantile of Student's t for n - 1 = 1, 2, ... degrees of freedom.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


METHODS = {"newcombe": "Newcombe 2006, method 5"}  # others are named as they are


def interval_words(interval: Interval) -> str:
    """To three digits, or to as many as tell its bounds apart."""
    low, high, digits = interval.low, interval.high, 3
    while low < high and f"{low:.{digits}f}" == f"{high:.{digits}f}":
        digits += 1
    return f"95 % interval {low:.{digits}f}–{high:.{digits}f}, {METHODS.get(interval.method, interval.method)}"


def spread_of(aurocs: List[float], seeds: List[int]) -> str:
    if len(aurocs) == 1:
        return f"{aurocs[0]:.3f} (one seed only)"
    if min(aurocs) == max(aurocs):
        return f"{aurocs[0]:.3f} with each of the seeds {', '.join(map(str, seeds))}"
    mean, deviation = float(np.mean(aurocs)), float(np.std(aurocs, ddof=1))
    half = STUDENT[min(len(aurocs), 10) - 2] * deviation / len(aurocs)**0.5
    each = ", ".join(f"{a:.3f}" for a in aurocs)
    return (f"{mean:.3f} ± {deviation:.3f} (mean ± sd of seeds {', '.join(map(str, seeds))}: {each}; "
            f"95 % interval of the mean {max(0, mean - half):.3f}–{min(1, mean + half):.3f})")


def teacher_part(run: dict) -> str:
    """Of a run of distil.py."""
    teachers = run.get("teachers")
    if teachers is None:
        return ""
    extra = f" and on unlabelled tissue of {run['unlabelledSlides']} slides" if run["unlabelledSlides"] else ""
    return (f"\nDistilled by `training/distil.py` from {len(teachers['runs'])} runs of the recipe `best`: the targets are their mean logit for the same "
            f"bag, on the training images{extra}. Together those runs reach AUROC {teachers['auroc']:.3f}, accuracy {teachers['accuracy']:.3f} "
            f"at probability 0.5 and log loss {teachers['log_loss']:.3f} on the validation images.\n")


def lesion_part(lesions: Optional[dict]) -> str:
    if lesions is None:
        return ""
    rows = "\n".join(f"| {name} | {lesions[name][0]:.3f} ± {lesions[name][1]:.3f} |" for name in lesions if name != "slides")
    return f"""
## Where it looks

AUROC of each map against the lesion mask, among the tiles of a slide (a tile at least half lesion is positive), mean ± standard error over the
{lesions['slides']} malignant validation slides whose tiles lie on both sides:

| map | AUROC |
|---|---|
{rows}
"""


def input_of(bag: dict) -> str:
    if bag["protocol"] == "darkest":
        return f"the {bag['count']} darkest tiles of {bag['tilePx']} × {bag['tilePx']} px RGB at {bag['downsample']}x downsample"
    return f"{bag['tilePx']} × {bag['tilePx']} px RGB tiles at {bag['mpp']} µm/px, every tile of the tissue grid with at least {bag['minTissue']:.0%} tissue"


def scope_lines(manifest: dict) -> List[str]:
    scope, lines = manifest["scope"], []
    if "appearance" in scope:
        lines.append("A slide is outside its scope, and no class is called, where more than half of the tiles differ in color or texture from what "
                     "99 % of the training tiles keep (`training/appearance.py`): another stain, scanner or tissue. Tissue that happens to look alike "
                     "is not noticed by that.")
    if "features" in scope:
        lines.append(f"So it is where more than half of the tiles differ from those of training in what the first {scope['features']['blocks']} blocks of "
                     "the network make of them (`training/features.py`).")
    return lines


def model_card(manifest: dict, words: dict, run: dict, figures: Dict[str, float], interval: Interval, aurocs: List[float],
               seeds: List[int], lesions: Optional[dict]) -> str:
    bag, decision, settings = manifest["bag"], manifest["decision"], run["settings"]
    weights = next(f for f in manifest["files"] if f["path"] == "weights.safetensors")
    malignant = sum(run["validation"]["labels"])
    limits = "\n".join(f"- {line}" for line in [*manifest["limitations"], *scope_lines(manifest)])
    remarks = "\n".join(f"\n{line}" for line in words.get("remarks", []))
    return f"""# {manifest['name']} ({manifest['id']} {manifest['version']})

**{manifest['intendedUse']}**

## Limits

{limits}

## What it is

{words['about']}

| | |
|---|---|
| Parameters | {run['parameters']:,}; `weights.safetensors` {weights['bytes']:,} bytes |
| Input | {input_of(bag)} |
| Output | probability of *malignant* = sigmoid(logit / {decision['temperature']}); called malignant from {decision['threshold']} |
| Trained on | {words['data']} ({run['trainBags']} images) |
| Validated on | {words['validation']} ({figures['n']} images: {malignant} malignant, {figures['n'] - malignant} benign) |
| Licence | {manifest['license']} |

## Result on the validation images

| figure | value |
|---|---|
| AUROC of these weights | {figures['auroc']:.3f} ({interval_words(interval)}) |
| AUROC over seeds | {spread_of(aurocs, seeds)} |
| Accuracy at the threshold | {figures['accuracy']:.3f} |
| Sensitivity / specificity at the threshold | {figures['sensitivity']:.3f} / {figures['specificity']:.3f} |
| Log loss, Brier score (calibrated) | {figures['log_loss']:.3f}, {figures['brier']:.3f} |

Temperature and threshold were fitted on the same validation images, so accuracy, sensitivity, specificity, log loss and Brier score
are optimistic; AUROC is not changed by them. No test-time augmentation: the app sees each tile once, and so do these figures.
{remarks}
{lesion_part(lesions)}
## Training

Recipe `{run['recipe']}` of `training/recipes.py`, seed {run['seed']}, {len(run['history'])} epochs, {settings['bags_per_step']} bag(s) a step,
{'AdamW' if settings['decoupled_decay'] else 'Adam'} {settings['learning_rate']:g}, weight decay {settings['weight_decay']:g}{', cosine schedule' if settings['cosine'] else ''}{', ' + ('colour and ' if settings.get('color_jitter', True) else '') + 'geometric augmentation of each bag' if settings['augmented'] else ''}.
{words['splits']}
{teacher_part(run)}
![Training curves](curves.svg)

## Golden bag

`golden/input.bin` holds synthetic tiles (drawn by `training/synthetic_tissue.py`, no patient's tissue), `golden/expected.json` the result of
PyTorch in double precision with the weights as stored. A backend whose result differs by more than the manifest's tolerance is not used.
"""
