"""Label tables as PANDA has them and as we have them; splits."""
import tempfile
import unittest
from collections import Counter
from pathlib import Path

from context import SHARED
from labels import LabelledSlide, read_labels, split_slides, write_split


class Tables(unittest.TestCase):
    def table(self, text: str) -> Path:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "labels.csv"
        path.write_text(text, encoding="utf-8")
        return path

    def test_panda(self) -> None:
        slides = read_labels(self.table("image_id,data_provider,isup_grade,gleason_score\na,karolinska,0,0+0\nb,radboud,4,4+4\n"))
        self.assertEqual(slides, [LabelledSlide("a", 0, stratum="karolinska"), LabelledSlide("b", 1, stratum="radboud")])

    def test_plain(self) -> None:
        slides = read_labels(self.table("file,label,split,group\nx.svs,malignant,train,p1\ny.svs,0,,\n"))
        self.assertEqual(slides, [LabelledSlide("x.svs", 1, "p1", split="train"), LabelledSlide("y.svs", 0)])

    def test_bad_tables_are_named(self) -> None:
        for text, message in (("file,label\nx,maybe\n", "neither"), ("name,grade\nx,1\n", "need columns"),
                              ("file,label\nx,0\nx,1\n", "twice"), ("file,label\n", "no rows")):
            with self.subTest(text), self.assertRaisesRegex(ValueError, message):
                read_labels(self.table(text))

    @unittest.skipUnless((SHARED / "labelled" / "panda" / "train.csv").exists(), "PANDA's table is not here")
    def test_the_real_panda_table(self) -> None:
        slides = read_labels(SHARED / "labelled" / "panda" / "train.csv")
        self.assertEqual(Counter(s.label for s in slides), {1: 7724, 0: 2892})
        split = split_slides(slides, 0.2, seed=1)
        for label in (0, 1):
            for provider in ("karolinska", "radboud"):
                members = [s for s in split if s.label == label and s.stratum == provider]
                share = sum(s.split == "validation" for s in members) / len(members)
                self.assertAlmostEqual(share, 0.2, delta=0.5 / len(members))


class Splits(unittest.TestCase):
    # 40 patients with 1 to 4 slides, two providers, a third malignant.
    slides = [LabelledSlide(f"s{p}-{i}", int(p % 3 == 0), f"p{p}", "ab"[p % 2]) for p in range(40) for i in range(1 + p % 4)]

    def test_a_group_stays_together_and_shares_hold(self) -> None:
        split = split_slides(self.slides, 0.25, seed=4)
        sides = {}
        for slide in split:
            self.assertEqual(sides.setdefault(slide.group, slide.split), slide.split)
        for key in {(s.label, s.stratum) for s in split}:
            members = [s for s in split if (s.label, s.stratum) == key]
            self.assertAlmostEqual(sum(s.split == "validation" for s in members), 0.25 * len(members), delta=2)

    def test_groups_of_both_labels_come_out_even(self) -> None:
        """Twelve arrays as UCSB has them, each with images of both labels: one dealing alone misses by several."""
        sizes = [(2, 1), (1, 2), (9, 4), (3, 6), (1, 1), (4, 2), (2, 4), (3, 1), (1, 2), (2, 1), (3, 1), (1, 1)]
        slides = [LabelledSlide(f"a{a}-{label}-{i}", label, f"a{a}") for a, counts in enumerate(sizes) for label in (0, 1) for i in range(counts[label])]
        for seed in range(1, 9):
            split = split_slides(slides, 0.25, seed)
            for label, total in ((0, 32), (1, 26)):
                self.assertAlmostEqual(sum(s.split == "validation" and s.label == label for s in split), total / 4, delta=1)

    def test_seeded_and_independent_of_the_tables_order(self) -> None:
        first = {s.id: s.split for s in split_slides(self.slides, 0.25, seed=4)}
        self.assertEqual(first, {s.id: s.split for s in split_slides(self.slides[::-1], 0.25, seed=4)})
        self.assertNotEqual(first, {s.id: s.split for s in split_slides(self.slides, 0.25, seed=5)})

    def test_a_written_split_reads_back(self) -> None:
        split = split_slides(self.slides, 0.25, seed=4)
        with tempfile.TemporaryDirectory() as folder:
            write_split(split, Path(folder) / "split.csv")
            self.assertEqual(read_labels(Path(folder) / "split.csv"), split)


if __name__ == "__main__":
    unittest.main()
