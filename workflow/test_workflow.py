#!/usr/bin/env python3
"""The workflow on two local jobs: phantoms and a file that is no slide. Needs node and snakemake (Debian: snakemake).

    python3 workflow/test_workflow.py"""
import csv
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def milscope(*words: str) -> dict:
    done = subprocess.run(["node", str(ROOT / "scripts" / "milscope.mjs"), *words], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


@unittest.skipUnless(shutil.which("snakemake") and shutil.which("node"), "snakemake or node is not installed")
class Workflow(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.base = Path(cls.folder.name)
        milscope("phantom", "cohort", "--slides", "2", "--seed", "2", "--out", str(cls.base / "cohort"))
        cls.slides, cls.labels, cls.out = cls.base / "cohort/train_images", cls.base / "cohort/train.csv", cls.base / "a folder"
        (cls.slides / "broken.tiff").write_text("no slide")
        with open(cls.labels, "a", encoding="utf-8") as table:
            table.write("broken,phantom-a,0,0+0\nabsent,phantom-a,3,4+3\n")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def snakemake(self, *words: str) -> str:
        command = ["snakemake", "-s", str(HERE / "Snakefile"), "--profile", str(HERE / "profiles/local"), "--cores", "2",
                   "--directory", str(self.base), *words, "--config", f"slides={self.slides}", f"labels={self.labels}",
                   f"out={self.out}", "tiles=true"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])
        return done.stdout

    def test_whole(self) -> None:
        """All of it; then nothing to do; then, as after a kill, only the slide that is missing; and `evaluate` alone says the same."""
        self.snakemake()
        report = json.loads((self.out / "report.json").read_text())
        self.assertEqual(report["counts"], {"labelled": 4, "evaluated": 2, "positives": 1, "negatives": 1, "failed": 2, "pending": 0})
        self.assertEqual([(f["id"], f["code"]) for f in report["failures"]],
                         [("broken", "slide/unrecognized"), ("absent", "slide/read-failed")])
        self.assertEqual((self.out / "figures.csv").read_text().splitlines()[0], "figure,value,low,high,note")
        with open(self.out / "slides.csv", newline="", encoding="utf-8") as table:
            self.assertEqual([row["status"] for row in csv.DictReader(table)], ["done", "done", "failed", "failed"])
        self.assertIn("<svg", (self.out / "report.html").read_text())

        tiles = json.loads((self.out / "tiles/index.json").read_text())
        self.assertEqual([(row["id"], row["label"]) for row in tiles["slides"]], [("phantom-0001", 1), ("phantom-0002", 0)])
        self.assertEqual([row["id"] for row in tiles["failed"]], ["broken"])
        for row in tiles["slides"]:
            self.assertTrue((self.out / "tiles" / row["file"]).is_file(), row["file"])

        self.assertIn("Nothing to be done", self.snakemake())
        lost = self.out / "predictions/phantom-0002.json"
        before = json.loads(lost.read_text())
        lost.unlink()
        (self.out / "report.json").unlink()
        said = self.snakemake()
        self.assertEqual(said.count("rule analyze:"), 1)
        self.assertEqual(said.count("rule tiles:"), 0)
        after = json.loads(lost.read_text())
        self.assertEqual(after["attention"]["bag"], before["attention"]["bag"])
        self.assertEqual(after["attention"]["scores"], before["attention"]["scores"])

        milscope("evaluate", "--slides", str(self.slides), "--labels", str(self.labels), "--model", "compact-glas", "--workers", "2",
                 "--out", str(self.base / "alone"))
        alone = json.loads((self.base / "alone/report.json").read_text())
        self.assertEqual([(r["id"], r["tiles"]) for r in alone["rows"]], [(r["id"], r["tiles"]) for r in report["rows"]])
        for one, other in zip(alone["rows"], report["rows"]):
            self.assertAlmostEqual(one["probability"], other["probability"], delta=1e-6)
        self.assertEqual(alone["auroc"]["value"], report["auroc"]["value"])


if __name__ == "__main__":
    sys.exit(unittest.main())
