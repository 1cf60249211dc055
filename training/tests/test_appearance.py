"""What tiles look like, by hand, and what limit follows."""
import json
import tempfile
import unittest
from pathlib import Path

from context import TRAINING  # noqa: F401  first: it skips the module where torch is absent

import numpy as np

from appearance import FIGURES, KEPT, distances, fit_appearance, tile_figures
from export import training_slides
from labels import LabelledSlide, write_split
from safetensors_file import write_safetensors


class Appearance(unittest.TestCase):
    def test_figures_of_a_tile_drawn_by_hand(self):
        tile = np.zeros((1, 2, 2, 3), np.uint8)
        tile[0, :, :, 0] = 10
        tile[0, :, :, 1] = [[0, 20], [0, 20]]
        tile[0, :, :, 2] = [[0, 0], [8, 8]]
        np.testing.assert_allclose(tile_figures(tile), [[10, 10, 4, 0, 10, 4, 10]])

    def test_tiles_of_another_stain_are_beyond_the_limit_and_new_ones_of_the_same_are_not(self):
        rng = np.random.default_rng(1)
        draw = lambda centre: centre + rng.normal(size=(20, FIGURES)) * [9, 8, 7, 3, 3, 3, 1]  # noqa: E731
        found = fit_appearance([draw(np.full(FIGURES, 100)) for _ in range(25)])
        precision = np.reshape(found["precision"], (FIGURES, FIGURES))
        share = lambda tiles: float((distances(tiles, found["mean"], precision) > found["limit"]).mean())  # noqa: E731
        same = np.concatenate([draw(np.full(FIGURES, 100)) for _ in range(50)])
        self.assertLess(abs(share(same) - (1 - KEPT)), 0.015)
        self.assertAlmostEqual(float(distances(same, found["mean"], precision).mean()), 1, delta=0.15)
        self.assertGreater(share(draw(np.array([100, 50, 100, 100, 100, 100, 100]))), 0.9)

    def test_a_model_carries_what_its_training_slides_look_like_and_not_those_it_was_validated_on(self):
        with tempfile.TemporaryDirectory() as name:
            folder, rng = Path(name), np.random.default_rng(2)
            ids = [f"s{i}" for i in range(8)]
            tiles = {id: rng.integers(0, 120 if id == "s7" else 256, (4, 8, 8, 3)).astype(np.uint8) for id in ids}
            for id in ids:
                write_safetensors(folder / f"{id}.safetensors", {"tiles": tiles[id]})
            rows = [{"id": id, "file": f"{id}.safetensors", "label": i % 2} for i, id in enumerate(ids)]
            (folder / "index.json").write_text(json.dumps({"formatVersion": 1, "bag": {}, "slides": rows}), encoding="utf-8")
            write_split([LabelledSlide(id, i % 2, split="validation" if id == "s7" else "train") for i, id in enumerate(ids)], folder / "split.csv")
            found = list(training_slides(folder, folder, {"validation": {"names": ["s7"]}}))
            self.assertEqual(len(found), 7)
            for id, read in zip(ids, found):
                np.testing.assert_array_equal(read, tiles[id])

    def test_a_handful_of_slides_is_refused(self):
        with self.assertRaisesRegex(ValueError, "at least 5"):
            fit_appearance([np.zeros((3, FIGURES))] * 4)


if __name__ == "__main__":
    unittest.main()
