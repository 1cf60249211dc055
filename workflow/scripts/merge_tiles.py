"""One index of the shards of all slides, with the labels of the table."""
import csv
import json
from pathlib import Path


def labels_of(table: str) -> dict:
    """{id: (label 0/1, split, group, stratum)} of PANDA's table or a plain one."""
    rows = {}
    with open(table, newline="", encoding="utf-8-sig") as stream:
        for row in csv.DictReader(stream):
            if "isup_grade" in row:
                rows[row["image_id"]] = (int(int(row["isup_grade"]) > 0), None, None, row.get("data_provider") or "")
            else:
                label = int(row["label"].strip().lower() in ("malignant", "1"))
                rows[row["file"]] = (label, row.get("split") or None, row.get("group") or None, row.get("stratum") or "")
    return rows


def main() -> None:
    labels, slides, failed, bag = labels_of(snakemake.params.labels), [], [], None  # noqa: F821 (given by Snakemake)
    for slide, index in zip(snakemake.params.slides, snakemake.input):  # noqa: F821
        part = json.loads(Path(index).read_text(encoding="utf-8"))
        bag = part.get("bag", bag)
        failed += [{**one, "id": slide} for one in part["failed"]]
        for row in part["slides"]:
            label, split, group, stratum = labels[slide]
            slides.append({**row, "id": slide, "file": f"{slide}/{row['file']}", "label": label, "split": split, "group": group,
                           "stratum": stratum})
    out = Path(snakemake.output[0])  # noqa: F821
    out.write_text(json.dumps({"formatVersion": 1, "bag": bag, "slides": slides, "failed": failed}, indent=1) + "\n", encoding="utf-8")


main()
