"""Bags from pictures and from shards."""
import json
import tempfile
import unittest
from pathlib import Path

from context import SHARED

import numpy as np
from PIL import Image

from bags import GridSpec, ImageBags, ShardBags, channel_statistics, cut_grid, resample, shard_slides
from labels import LabelledSlide
from safetensors_file import read_safetensors, write_safetensors


def write_shards(folder: Path, counts, failed=()) -> None:
    """What `milscope tiles` writes, small: tile k of slide i is filled with 10 i + k."""
    rows = []
    for i, n in enumerate(counts):
        tiles = np.stack([np.full((16, 16, 3), 10 * i + k, np.uint8) for k in range(n)])
        write_safetensors(folder / f"s{i}.safetensors", {
            "tiles": tiles, "xy": np.arange(2 * n, dtype=np.int32).reshape(n, 2), "tissue_fraction": np.ones(n, np.float32)},
            {"slide_id": f"s{i}"})
        rows.append({"id": f"s{i}", "file": f"s{i}.safetensors", "label": i % 2, "split": None, "group": None, "stratum": "", "tiles": n})
    (folder / "index.json").write_text(json.dumps({"formatVersion": 1, "bag": {"protocol": "darkest", "tilePx": 16}, "slides": rows,
                                                   "failed": list(failed)}))


class Shards(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def test_bags_are_the_shards_tiles(self) -> None:
        write_shards(self.folder, [3, 9])
        slides = shard_slides(self.folder)
        self.assertEqual([(s.id, s.label) for s in slides], [("s0", 0), ("s1", 1)])
        source = ShardBags(self.folder, slides, max_tiles=4)
        np.testing.assert_array_equal(source.read(1, None)[:, 0, 0, 0], 10 + np.arange(9))
        drawn = source.read(1, np.random.default_rng(1))[:, 0, 0, 0]
        self.assertEqual(len(set(drawn.tolist())), 4)
        self.assertTrue(set(drawn.tolist()) <= set(range(10, 19)))
        np.testing.assert_array_equal(drawn, source.read(1, np.random.default_rng(1))[:, 0, 0, 0])
        mean, _ = channel_statistics(source)
        self.assertAlmostEqual(mean[0], (0 + 1 + 2 + sum(range(10, 19))) / 12 / 255, places=4)

    def test_a_missing_slide_is_named_with_its_reason(self) -> None:
        write_shards(self.folder, [3], failed=[{"id": "lost", "code": "slide/corrupt", "message": "the directory points at itself"}])
        with self.assertRaisesRegex(ValueError, "lost.*points at itself"):
            ShardBags(self.folder, [LabelledSlide("lost", 1)])

    def test_another_format_version_is_refused(self) -> None:
        (self.folder / "index.json").write_text('{"formatVersion": 2, "slides": []}')
        with self.assertRaisesRegex(ValueError, "version 2"):
            shard_slides(self.folder)


class Safetensors(unittest.TestCase):
    def test_round_trip_and_broken_files(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.safetensors"
            write_safetensors(path, {"a": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.zeros((0, 2), np.int32)}, {"k": "v"})
            tensors, metadata = read_safetensors(path)
            np.testing.assert_array_equal(tensors["a"], np.arange(6).reshape(2, 3))
            self.assertEqual((tensors["b"].shape, metadata), ((0, 2), {"k": "v"}))
            whole = path.read_bytes()
            for broken in (whole[:4], whole[:-3], b"\xff" * 7 + b"\x00" + whole[8:]):
                path.write_bytes(broken)
                with self.assertRaises(ValueError):
                    read_safetensors(path)


class Pictures(unittest.TestCase):
    def test_grid_keeps_tissue_and_pads_with_white(self) -> None:
        picture = np.full((40, 50, 3), 255, np.uint8)
        picture[:32, :16] = (180, 60, 150)
        tiles = cut_grid(picture, GridSpec(16, 1.0, 0.5))
        self.assertEqual(tiles.shape, (2, 16, 16, 3))
        self.assertTrue((tiles == (180, 60, 150)).all())
        self.assertEqual(len(cut_grid(np.full((20, 20, 3), 255, np.uint8), GridSpec(16, 1.0, 0.5))), 1)  # never empty

    def test_a_short_picture_is_padded_and_measured_on_itself(self) -> None:
        strip = np.full((7, 48, 3), 255, np.uint8)  # 16 px tiles; 5 of 7 rows of the first two are tissue, 3 of the last
        strip[:5, :32] = strip[:3, 32:] = (180, 60, 150)
        strip[..., 2] -= np.arange(48, dtype=np.uint8) // 2  # no two tiles alike; glass stays glass
        tiles = cut_grid(strip, GridSpec(16, 1.0, 0.5))
        self.assertEqual(len(tiles), 2)
        self.assertTrue((tiles[:, 7:] == 255).all())
        with tempfile.TemporaryDirectory() as folder:
            Image.fromarray(strip).save(Path(folder) / "strip.png")
            cut = ImageBags(Path(folder), [LabelledSlide("strip.png", 0)], 1.0, GridSpec(16, 1.0, 0.5)).read(0, np.random.default_rng(1))
            self.assertFalse(np.array_equal(cut, tiles))  # not the grid for want of tissue

    def test_resample_by_two_is_the_mean_of_four(self) -> None:
        rng = np.random.default_rng(2)
        picture = rng.integers(0, 256, (9, 11, 3)).astype(np.uint8)
        half = resample(Image.fromarray(picture), 2.0)
        exact = picture[:8, :10].reshape(4, 2, 5, 2, 3).mean((1, 3))
        self.assertEqual(half.shape, (4, 5, 3))
        self.assertLessEqual(np.abs(half - exact).max(), 0.5)

    @unittest.skipUnless((SHARED / "labelled" / "glas" / "labels.csv").exists(), "GlaS is not here")
    def test_a_random_cut_has_as_many_tiles_as_the_grid(self) -> None:
        source = ImageBags(SHARED / "labelled" / "glas", [LabelledSlide("images/testA_2.jpg", 0)], 0.62, GridSpec(128, 1.24, 0.5))
        grid, cut = source.read(0, None), source.read(0, np.random.default_rng(1))
        self.assertEqual(cut.shape, grid.shape)
        self.assertFalse(np.array_equal(cut, grid))
        np.testing.assert_array_equal(cut, source.read(0, np.random.default_rng(1)))


if __name__ == "__main__":
    unittest.main()
