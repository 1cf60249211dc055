"""Maps against masks, with a network whose maps are known."""
import tempfile
import unittest
from pathlib import Path

from context import TRAINING  # noqa: F401  first: it skips the module where torch is absent

import json

import numpy as np
import torch
from torch import nn

from bags import ShardBags
from fit import InputSpec
from labels import LabelledSlide
from lesions import lesion_figures
from safetensors_file import write_safetensors


class Brightness(nn.Module):
    """Value: mean brightness; score: its opposite."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def encode(self, tiles):
        return tiles.mean((1, 2, 3))

    def score(self, features):
        return -features

    def value(self, features):
        return features


class Lesions(unittest.TestCase):
    def source(self, folder: Path, lesion) -> ShardBags:
        tiles = np.stack([np.full((8, 8, 3), v, np.uint8) for v in (10, 20, 30, 40)])
        tensors = {"tiles": tiles} if lesion is None else {"tiles": tiles, "lesion_fraction": np.array(lesion, np.float32)}
        write_safetensors(folder / "a.safetensors", tensors)
        (folder / "index.json").write_text(json.dumps({"formatVersion": 1, "bag": {}, "slides": [{"id": "a", "file": "a.safetensors", "label": 1}]}))
        return ShardBags(folder, [LabelledSlide("a", 1)])

    def test_a_map_that_finds_it_scores_one_and_the_opposite_zero(self) -> None:
        spec = InputSpec((0, 0, 0), (1, 1, 1))
        with tempfile.TemporaryDirectory() as name:
            figures = lesion_figures(Brightness(), self.source(Path(name), [0, 0.4, 0.5, 1]), spec)
            self.assertEqual(figures["slides"], 1)
            self.assertEqual(figures["single-tile probability"][0], 1.0)
            self.assertEqual(figures["attention"][0], 0.0)
            # Only part of the order: the two at the ends are right, 0.4 against 0.5 is not.
            part = lesion_figures(Brightness(), self.source(Path(name), [0, 1, 0, 1]), spec)
            self.assertEqual(part["single-tile probability"][0], 0.75)

    def test_without_masks_there_is_no_figure(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            self.assertIsNone(lesion_figures(Brightness(), self.source(Path(name), None), InputSpec((0,) * 3, (1,) * 3)))


if __name__ == "__main__":
    unittest.main()
