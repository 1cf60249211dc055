"""What the first blocks make of tiles, the limit that follows, and the file."""
import tempfile
import unittest
from pathlib import Path

from context import TRAINING  # noqa: F401  first: it skips the module where torch is absent

import numpy as np
import torch

from features import BLOCKS, KEPT, block_figures, distances, fit_features, write_features
from fit import InputSpec
from networks import CompactMil
from safetensors_file import read_safetensors

SPEC = InputSpec([0.5, 0.5, 0.5], [0.25, 0.25, 0.25])
CHANNELS = (5, 6, 6, 8)
FIGURES = sum(CHANNELS[:BLOCKS])


def network() -> CompactMil:
    torch.manual_seed(3)
    return CompactMil(CHANNELS, 8, 4).double().eval()


def slides(count: int, seed: int, contrast: float = 1.0):
    """Tiles of blurred noise; of each slide its own light."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        noise = rng.normal(size=(9, 4, 4, 3)).repeat(8, 1).repeat(8, 2) * 20 * contrast + rng.normal(size=(9, 32, 32, 3)) * 6 * contrast
        yield (noise + rng.uniform(110, 160)).clip(0, 255).astype(np.uint8)


class Features(unittest.TestCase):
    def test_figures_are_the_means_of_every_channel_after_relu(self):
        net, tiles = network(), next(slides(1, 1))
        found = block_figures(net, tiles, SPEC)
        self.assertEqual(found.shape, (9, FIGURES))
        x = torch.from_numpy((tiles[4:5].transpose(0, 3, 1, 2) / 255 - 0.5) / 0.25)
        for first, block in zip((0, CHANNELS[0]), net.encoder.blocks):
            x = block(x)
            for channel in range(x.shape[1]):
                self.assertAlmostEqual(found[4, first + channel], float(x[0, channel].clamp(min=0).mean()), places=9)

    def test_distance_is_mahalanobis_by_figure(self):
        rng = np.random.default_rng(4)
        mixed = rng.normal(size=(4000, 3)) @ np.array([[2, 1, 0], [0, 1, 0], [0, 0, 0.1]]) + [5, 6, 7]
        reference, _ = fit_features([mixed[i::10] for i in range(10)])
        away = mixed - mixed.mean(0)
        plain = np.einsum("ni,ij,nj->n", away, np.linalg.inv(np.cov(mixed.T)), away) / 3
        np.testing.assert_allclose(distances(mixed, reference), plain, rtol=0.02)
        self.assertAlmostEqual(float(distances(mixed, reference).mean()), 1, delta=0.02)

    def test_slides_of_the_same_kind_are_inside_and_others_outside(self):
        net = network()
        reference, limit = fit_features([block_figures(net, tiles, SPEC) for tiles in slides(40, 5)])
        share = lambda tiles: float((distances(block_figures(net, tiles, SPEC), reference) > limit).mean())  # noqa: E731
        self.assertLess(np.mean([share(tiles) > 0.5 for tiles in slides(60, 6)]), 2 * (1 - KEPT))
        self.assertTrue(all(share(tiles) > 0.5 for tiles in slides(10, 7, contrast=2.5)))

    def test_the_file_holds_what_the_app_reads(self):
        net, golden = network(), next(slides(1, 8))
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "features.safetensors"
            entry = write_features(path, net, slides(12, 9), golden, SPEC)
            self.assertEqual((entry["file"], entry["blocks"]), ("features.safetensors", BLOCKS))
            tensors, _ = read_safetensors(path)
            self.assertEqual({k: (v.dtype.name, v.shape) for k, v in tensors.items()},
                             {"mean": ("float32", (FIGURES,)), "whitening": ("float32", (FIGURES, FIGURES)), "golden": ("float32", (9,))})
            reference, limit = fit_features([block_figures(net, tiles, SPEC) for tiles in slides(12, 9)])
            self.assertAlmostEqual(entry["limit"], limit, delta=1e-3 * limit)
            np.testing.assert_allclose(tensors["golden"], distances(block_figures(net, golden, SPEC), reference), rtol=1e-4)

    def test_a_handful_of_slides_is_refused(self):
        with self.assertRaisesRegex(ValueError, "at least 5"):
            fit_features([np.zeros((3, FIGURES))] * 4)


if __name__ == "__main__":
    unittest.main()
