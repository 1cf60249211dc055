"""What tiles look like, by hand, and what limit follows."""
import unittest

from context import TRAINING  # noqa: F401  first: it skips the module where torch is absent

import numpy as np

from appearance import FIGURES, KEPT, distances, fit_appearance, tile_figures


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

    def test_a_handful_of_slides_is_refused(self):
        with self.assertRaisesRegex(ValueError, "at least 5"):
            fit_appearance([np.zeros((3, FIGURES))] * 4)


if __name__ == "__main__":
    unittest.main()
