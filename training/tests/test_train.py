"""train.py and export.py as a user runs them: killed and resumed, then a model folder whose golden result holds."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from context import TRAINING

import numpy as np
import torch
from PIL import Image

from bags import GridSpec, ImageBags
from export import export, load_stored
from features import block_figures, distances
from fit import InputSpec
from labels import read_labels
from networks import CompactMil
from recipes import RECIPES
from safetensors_file import read_safetensors, write_safetensors


def write_pictures(folder: Path) -> None:
    """16 small pictures of coloured noise; the malignant ones are bluer."""
    rng = np.random.default_rng(3)
    rows = ["file,label"]
    for i in range(16):
        picture = rng.integers(60, 180, (64, 96, 3)).astype(np.uint8)
        picture[..., 0] -= 40 * (i % 2)
        Image.fromarray(picture).save(folder / f"{i}.png")
        rows.append(f"{i}.png,{'malignant' if i % 2 else 'benign'}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_shards(folder: Path, run: Path, out: Path) -> None:
    """The tiles of the pictures as `milscope tiles` lays them out."""
    slides, bag = read_labels(folder / "labels.csv"), json.loads(run.read_text(encoding="utf-8"))["bag"]
    source = ImageBags(folder, slides, 1, GridSpec(bag["tilePx"], bag["mpp"], bag["minTissue"]))
    out.mkdir()
    for i, slide in enumerate(slides):
        write_safetensors(out / f"{slide.id}.safetensors", {"tiles": source.read(i, None)})
    rows = [{"id": slide.id, "file": f"{slide.id}.safetensors", "label": slide.label} for slide in slides]
    (out / "index.json").write_text(json.dumps({"formatVersion": 1, "bag": bag, "slides": rows}), encoding="utf-8")


def command(data: Path, out: Path):
    return [sys.executable, str(TRAINING / "train.py"), "--recipe", "best", "--epochs", "4", "--data", str(data), "--out", str(out),
            "--image-mpp", "1", "--mpp", "1", "--tile-px", "32", "--validation-share", "0.25", "--seed", "2"]


class Program(unittest.TestCase):
    def test_kill_resume_export(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_pictures(folder)
            whole = subprocess.run(command(folder, folder / "whole"), capture_output=True, text=True, check=True, env=environment)
            self.assertIn("Train Set, Epoch: 4, Loss: ", whole.stdout)

            killed = subprocess.Popen(command(folder, folder / "killed"), stdout=subprocess.PIPE, text=True, env=environment)
            for line in killed.stdout:
                if "Epoch: 3," in line:  # epoch 2 is surely on disk, epoch 3 perhaps
                    killed.send_signal(signal.SIGKILL)
                    break
            self.assertEqual(killed.wait(), -signal.SIGKILL)
            killed.stdout.close()
            self.assertFalse((folder / "killed" / "model.pth").exists())
            resumed = subprocess.run(command(folder, folder / "killed"), capture_output=True, text=True, check=True, env=environment)
            self.assertNotIn("Epoch: 2,", resumed.stdout)
            first, second = (torch.load(folder / run / "model.pth") for run in ("whole", "killed"))
            for key in first:
                self.assertTrue(torch.equal(first[key], second[key]), key)
            self.assertEqual((folder / "whole" / "split.csv").read_text(), (folder / "killed" / "split.csv").read_text())

            manifest = export(folder / "whole", [folder / "killed"], "compact-glas", folder / "model")
            self.check_folder(folder / "model", manifest)
            with self.assertRaisesRegex(ValueError, "left alone"):
                export(folder / "whole", [], "compact-glas", folder)
            with self.assertRaisesRegex(ValueError, "needs their shards"):
                export(folder / "whole", [], "compact-glas", folder / "model", features=True)
            write_shards(folder, folder / "whole" / "run.json", folder / "shards")
            manifest = export(folder / "whole", [], "compact-phantom", folder / "judging", folder / "shards", features=True)
            self.check_folder(folder / "judging", manifest)
            self.check_features(folder / "judging", manifest)
            self.assertTrue((folder / "labels.csv").exists())

    def check_folder(self, model: Path, manifest: dict) -> None:
        self.assertEqual(json.loads((model / "manifest.json").read_text(encoding="utf-8")), manifest)
        listed = {entry["path"] for entry in manifest["files"]} | {"manifest.json", "README.md"}
        self.assertEqual({str(p.relative_to(model)) for p in model.rglob("*") if p.is_file()}, listed)
        card = (model / "README.md").read_text(encoding="utf-8")
        for limit in manifest["limitations"]:
            self.assertLess(card.index(limit), card.index("AUROC"))
        network = load_stored(RECIPES["best"].network(), model / "weights.safetensors")
        self.assertIsInstance(network, CompactMil)
        size = manifest["bag"]["tilePx"]
        tiles = np.frombuffer((model / "golden" / "input.bin").read_bytes(), np.uint8).reshape(-1, size, size, 3)
        mean, std = (torch.tensor(manifest["input"][k], dtype=torch.float64).view(1, 3, 1, 1) for k in ("mean", "std"))
        with torch.no_grad():
            out = network((torch.from_numpy(tiles.transpose(0, 3, 1, 2).astype(np.float64)) * manifest["input"]["scale"] - mean) / std)
        expected = json.loads((model / "golden" / "expected.json").read_text())
        self.assertAlmostEqual(float(torch.sigmoid(out.logit / manifest["decision"]["temperature"])), expected["probability"], places=9)
        np.testing.assert_allclose(out.attention, expected["weights"], atol=1e-9)

    def check_features(self, model: Path, manifest: dict) -> None:
        tensors, _ = read_safetensors(model / manifest["scope"]["features"]["file"])
        size = manifest["bag"]["tilePx"]
        tiles = np.frombuffer((model / "golden" / "input.bin").read_bytes(), np.uint8).reshape(-1, size, size, 3)
        spec = InputSpec(manifest["input"]["mean"], manifest["input"]["std"], manifest["input"]["scale"])
        figures = block_figures(load_stored(RECIPES["best"].network(), model / "weights.safetensors"), tiles, spec)
        np.testing.assert_allclose(distances(figures, (tensors["mean"], tensors["whitening"])), tensors["golden"], rtol=1e-6)
        self.assertGreater(manifest["scope"]["features"]["limit"], 0)
        self.assertIn("training/features.py", (model / "README.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
