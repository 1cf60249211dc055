"""distil.py: what the ensemble says, what the student is given, and that it learns it."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from context import TRAINING, MemoryBags, recipe, small_exact

import numpy as np
import torch
from PIL import Image

from bags import GridSpec, ImageBags
from distil import NO_LABEL, StudentBags, Teachers, UnlabelledGrids
from export import export
from fit import InputSpec, fit
from labels import LabelledSlide
from recipes import RECIPES
from safetensors_file import read_safetensors

SPEC = GridSpec(32, 1.0, 0.5)


def write_run(folder: Path, seed: int, mpp: float, tile_px: int) -> Path:
    """A run of untrained weights, as train.py writes it."""
    folder.mkdir()
    torch.manual_seed(seed)
    torch.save(RECIPES["best"].network().state_dict(), folder / "model.pth")
    (folder / "run.json").write_text(json.dumps({"recipe": "best", "bag": GridSpec(tile_px, mpp, 0.5).manifest(),
                                                 "input": {"scale": 1 / 255, "mean": [0.6, 0.5, 0.6], "std": [0.2, 0.2, 0.2]}}))
    return folder


class Ensemble(unittest.TestCase):
    def setUp(self) -> None:
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.folder = Path(held.name)

    def test_mean_logit(self) -> None:
        """Each bag for itself, each member at its own scale: a tile of constant blocks of 2 x 2 is the same at half the size."""
        same, half = write_run(self.folder / "same", 1, 1.0, 32), write_run(self.folder / "half", 2, 2.0, 16)
        tiles = torch.rand(5, 3, 16, 16) * 255
        planes, sizes = tiles.repeat_interleave(2, 2).repeat_interleave(2, 3), [2, 3]
        together = torch.logit(Teachers([same, half], 1.0, 32)(planes, sizes).double())
        wanted = torch.zeros(2, dtype=torch.float64)
        for seed, seen in ((1, planes), (2, tiles)):
            torch.manual_seed(seed)
            network = RECIPES["best"].network().eval()
            with torch.no_grad():
                wanted += torch.stack([network((part / 255 - torch.tensor([0.6, 0.5, 0.6]).view(1, 3, 1, 1)) / 0.2).logit.double()
                                       for part in seen.split(sizes)])
        self.assertLess(float((together - wanted / 2).abs().max()), 1e-4)

    def test_other_field_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "another field"):
            Teachers([write_run(self.folder / "run", 1, 1.0, 64)], 1.0, 128)


class Students(unittest.TestCase):
    def test_bags(self) -> None:
        """Parts of labelled bags and of those unlabelled slides that lie near the pixel size, whose tiles stand in their order."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "grids").mkdir()
            picture = np.zeros((64, 512, 3), np.uint8)
            for tile in range(32):
                picture[tile // 16 * 32:, tile % 16 * 32:, 0] = 8 * tile
            for slide in ("near", "far"):
                Image.fromarray(picture).save(folder / "grids" / f"{slide}.jpg", quality=100)
            (folder / "slides.csv").write_text("slide,mpp_tile,n_tiles\nnear,1.1,20\nfar,0.25,20\n")
            grids = UnlabelledGrids(folder, SPEC)
            self.assertEqual(grids.names, ["near"])
            self.assertEqual(grids.grids[0].shape, (20, 32, 32, 3))
            np.testing.assert_allclose(grids.grids[0][:, 16, 16, 0], 8 * np.arange(20), atol=3)
            Image.fromarray(np.full((96, 96, 3), 120, np.uint8)).save(folder / "a.png")
            source = StudentBags(ImageBags(folder, [LabelledSlide("a.png", 1)], 1.0, SPEC), grids, 0.5)
        self.assertEqual(source.labels, [1, NO_LABEL])
        rng = np.random.default_rng(1)
        self.assertEqual({len(source.read(0, rng)) for _ in range(200)}, set(range(5, 10)))
        self.assertEqual({len(source.read(1, rng)) for _ in range(200)}, set(range(1, 9)))

    def test_targets_are_learnt_and_not_labels(self) -> None:
        """With a teacher that says the opposite of the labels, the student says the opposite too; bags without a label count in no error."""
        bags = MemoryBags(12)
        flipped = recipe(network=small_exact, epochs=6, augmented=False, label_smoothing=0.0, learning_rate=1e-2, ema_decay=None)
        bags.labels = [NO_LABEL if i < 2 else label for i, label in enumerate(bags.labels)]
        with tempfile.TemporaryDirectory() as name:
            _, history = fit(flipped, bags, None, InputSpec([0.4] * 3, [0.25] * 3), 1, Path(name),
                             teach=lambda planes, sizes: torch.stack([(part.mean() > 100).float() for part in planes.split(sizes)]))
        self.assertEqual(history[-1]["error"], 1.0)


class Program(unittest.TestCase):
    def test_run_and_export(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder, rng = Path(name), np.random.default_rng(3)
            rows = ["file,label,split"]
            for i in range(8):
                Image.fromarray(rng.integers(60, 180, (64, 96, 3)).astype(np.uint8)).save(folder / f"{i}.png")
                rows.append(f"{i}.png,{'malignant' if i % 2 else 'benign'},{'train' if i < 4 else 'validation'}")
            (folder / "labels.csv").write_text("\n".join(rows) + "\n")
            teacher = write_run(folder / "teacher", 1, 1.0, 32)
            done = subprocess.run([sys.executable, str(TRAINING / "distil.py"), "--teachers", str(teacher), "--data", str(folder), "--image-mpp", "1",
                                   "--mpp", "1", "--tile-px", "32", "--epochs", "2", "--start", str(teacher), "--out", str(folder / "run")],
                                  capture_output=True, text=True, check=True)
            self.assertIn("Teachers together: ", done.stdout)
            manifest = export(folder / "run", [], "compact-glas", folder / "model")
            self.assertEqual(manifest["encoder"]["kind"], "compact-cnn")
            stored = read_safetensors(folder / "model" / "weights.safetensors")[0]
            trained = torch.load(folder / "run" / "model.pth")
            self.assertTrue(np.array_equal(stored["classifier.weight"], trained["classifier.weight"].numpy()))


if __name__ == "__main__":
    unittest.main()
