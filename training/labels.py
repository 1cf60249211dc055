"""Label tables and splits: which slide is malignant, which slides belong together, which train and which validate."""
import csv
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Set, Tuple


@dataclass(frozen=True)
class LabelledSlide:
    """One row: `id` is the image id or the file's path relative to the table; `label` 1 is malignant, 0 benign."""

    id: str
    label: int
    group: Optional[str] = None  # slides of one patient or array: never on both sides of a split
    stratum: str = ""  # splits keep the shares of (label, stratum); PANDA: the data provider
    split: Optional[str] = None


def read_labels(table: Path) -> List[LabelledSlide]:
    """Reads PANDA's table (image_id,data_provider,isup_grade,gleason_score; ISUP 0 benign, 1-5 malignant)
    or a plain one (file,label[,split][,group][,stratum]; label benign/malignant or 0/1)."""
    with open(table, newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    if not rows:
        raise ValueError(f"{table}: no rows")
    columns = set(rows[0])
    if {"image_id", "isup_grade"} <= columns:
        slides = [LabelledSlide(r["image_id"], int(int(r["isup_grade"]) > 0), stratum=r.get("data_provider") or "")
                  for r in rows]
    elif {"file", "label"} <= columns:
        slides = [LabelledSlide(r["file"], _label(r["label"]), r.get("group") or None, r.get("stratum") or "", r.get("split") or None)
                  for r in rows]
    else:
        raise ValueError(f"{table}: need columns image_id,isup_grade (PANDA) or file,label; found {sorted(columns)}")
    if len({s.id for s in slides}) != len(slides):
        raise ValueError(f"{table}: a slide is listed twice")
    return slides


def _label(text: str) -> int:
    known = {"benign": 0, "malignant": 1, "0": 0, "1": 1}
    if text.strip().lower() not in known:
        raise ValueError(f"label {text!r} is neither benign/malignant nor 0/1")
    return known[text.strip().lower()]


# Groups of several labels may not come out even at the first dealing; more of them seldom do better than this many.
DEALINGS = 64


def split_slides(slides: Sequence[LabelledSlide], validation_share: float, seed: int) -> List[LabelledSlide]:
    """The slides with `split` = train or validation: stratified by (label, stratum), a group never divided.

    Groups are dealt in a seeded random order, largest first within it, each to the side that lacks most of its strata. Where that misses a
    share by a slide or more, other orders are tried, and the one that comes nearest is kept."""
    units: Dict[str, List[LabelledSlide]] = defaultdict(list)
    for slide in slides:
        units[f"group:{slide.group}" if slide.group else f"slide:{slide.id}"].append(slide)
    want = {key: n * validation_share for key, n in Counter((s.label, s.stratum) for s in slides).items()}
    names, rng = sorted(units), random.Random(seed)
    nearest: Tuple[float, Set[str]] = (float("inf"), set())
    for _ in range(DEALINGS):
        rng.shuffle(names)
        have, validation = deal_groups(units, sorted(names, key=lambda name: -len(units[name])), want)
        missed = [abs(want[key] - have[key]) for key in want]
        if sum(m**2 for m in missed) < nearest[0]:
            nearest = (sum(m**2 for m in missed), validation)
        if max(missed) < 1:
            break
    side = {s.id: "validation" if name in nearest[1] else "train" for name, members in units.items() for s in members}
    return [replace(s, split=side[s.id]) for s in slides]


def deal_groups(units: Dict[str, List[LabelledSlide]], names: Sequence[str], want: Dict[Tuple[int, str], float],
                ) -> Tuple[Dict[Tuple[int, str], int], Set[str]]:
    """Each group in its turn goes to validation if that brings its strata nearer to what is wanted; how many of each went, and which groups."""
    have: Dict[Tuple[int, str], int] = defaultdict(int)
    validation = set()
    for name in names:
        counts = Counter((s.label, s.stratum) for s in units[name])
        before = sum((want[k] - have[k]) ** 2 for k in counts)
        after = sum((want[k] - have[k] - n) ** 2 for k, n in counts.items())
        if after < before:
            validation.add(name)
            for k, n in counts.items():
                have[k] += n
    return have, validation


def write_split(slides: Sequence[LabelledSlide], path: Path) -> None:
    """Writes file,label,split,group,stratum: a table that read_labels takes back as it was."""
    with open(path, "w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["file", "label", "split", "group", "stratum"])
        for s in slides:
            out.writerow([s.id, "malignant" if s.label else "benign", s.split or "", s.group or "", s.stratum])
