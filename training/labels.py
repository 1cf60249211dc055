"""Label tables and splits: which slide is malignant, which slides belong together, which train and which validate."""
import csv
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple


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


def split_slides(slides: Sequence[LabelledSlide], validation_share: float, seed: int) -> List[LabelledSlide]:
    """The slides with `split` = train or validation: stratified by (label, stratum), a group never divided.

    Groups are dealt in a seeded random order, largest first within it, each to the side that lacks most of its strata."""
    units: Dict[str, List[LabelledSlide]] = defaultdict(list)
    for slide in slides:
        units[f"group:{slide.group}" if slide.group else f"slide:{slide.id}"].append(slide)
    totals: Dict[Tuple[int, str], int] = defaultdict(int)
    for slide in slides:
        totals[(slide.label, slide.stratum)] += 1
    want = {key: n * validation_share for key, n in totals.items()}
    have: Dict[Tuple[int, str], int] = defaultdict(int)
    names = sorted(units)
    random.Random(seed).shuffle(names)
    names.sort(key=lambda name: -len(units[name]))
    validation = set()
    for name in names:
        counts: Dict[Tuple[int, str], int] = defaultdict(int)
        for slide in units[name]:
            counts[(slide.label, slide.stratum)] += 1
        before = sum((want[k] - have[k]) ** 2 for k in counts)
        after = sum((want[k] - have[k] - n) ** 2 for k, n in counts.items())
        if after < before:
            validation.add(name)
            for k, n in counts.items():
                have[k] += n
    side = {s.id: "validation" if name in validation else "train" for name, members in units.items() for s in members}
    return [replace(s, split=side[s.id]) for s in slides]


def write_split(slides: Sequence[LabelledSlide], path: Path) -> None:
    """Writes file,label,split,group,stratum: a table that read_labels takes back as it was."""
    with open(path, "w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["file", "label", "split", "group", "stratum"])
        for s in slides:
            out.writerow([s.id, "malignant" if s.label else "benign", s.split or "", s.group or "", s.stratum])
