#!/usr/bin/env python3
"""Short versions of the reproductions: seconds instead of hours. Those that need the data are skipped, by name, without it.

    python3 training/reproductions/test_reproductions.py"""
import os
import sys
import unittest
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
DATA = Path(os.environ.get("MILSCOPE_DATA", HERE.parents[2] / "shared" / "data"))

try:
    import numpy as np
    import torch

    import atlas
    import mnist_bags
    import ucsb
    from labels import LabelledSlide
    from metrics import auroc
    from transfer import bag_statistics, read_encoder, ridge_logistic
except ImportError as error:
    raise SystemExit(f"skipped: {error.name} is not installed")

torch.set_num_threads(1)


class MnistBags(unittest.TestCase):
    def test_bags(self) -> None:
        """Half are positive, every positive one holds the target, no negative one does; the same seed gives the same bags."""
        targets = np.random.default_rng(1).integers(0, 10, 5000).astype(np.uint8)
        bags = mnist_bags.make_bags(targets, 400, 7)
        self.assertEqual(sum(bags.labels), 200)
        for members, label in zip(bags.members, bags.labels):
            self.assertEqual(bool((targets[members] == mnist_bags.TARGET).any()), bool(label))
        lengths = [len(m) for m in bags.members]
        # The integer part of a normal draw of mean 10: half a digit is lost.
        self.assertAlmostEqual(float(np.mean(lengths)), 9.5, delta=0.3)
        self.assertAlmostEqual(float(np.std(lengths)), 2.0, delta=0.25)
        again = mnist_bags.make_bags(targets, 400, 7)
        self.assertTrue(all((a == b).all() for a, b in zip(bags.members, again.members)))

    def test_network_is_the_papers(self) -> None:
        """LeNet 20-50-500, attention 128: the number of parameters, plain and gated."""
        lenet = 20 * 25 + 20 + 50 * 20 * 25 + 50 + 800 * 500 + 500
        half = 500 * 128 + 128
        for gated, attention in ((False, half + 129), (True, 2 * half + 129)):
            network = mnist_bags.lenet_mil(gated, 0.0)
            self.assertEqual(sum(p.numel() for p in network.parameters()), lenet + attention + 501)

    @unittest.skipUnless((DATA / "mnist").is_dir(), "MNIST is not at hand")
    def test_short_run(self) -> None:
        """100 training bags, a few epochs, 200 test bags: far above chance."""
        mnist = mnist_bags.load_mnist(DATA / "mnist")
        digits, targets = mnist["train"]
        recipe = replace(mnist_bags.recipe_of("ours", True, 100), epochs=16)
        network = mnist_bags.train(digits, mnist_bags.make_bags(targets, 100, 3), recipe, 3)
        held, held_targets = mnist["test"]
        self.assertGreater(mnist_bags.test_auroc(network, held, mnist_bags.make_bags(held_targets, 200, 9)), 0.85)


class Folds(unittest.TestCase):
    def setUp(self) -> None:
        self.slides = [LabelledSlide(f"{group}-{i}", i % 2, group=f"g{group}") for group in range(10) for i in range(6)]

    def test_every_image_is_tested_once(self) -> None:
        for grouped in (False, True):
            folds = ucsb.deal_folds(self.slides, grouped, 3)
            self.assertEqual(sorted(i for fold in folds for i in fold), list(range(60)))
            self.assertNotEqual(folds, ucsb.deal_folds(self.slides, grouped, 4))

    def test_random_folds_are_stratified(self) -> None:
        for fold in ucsb.deal_folds(self.slides, False, 3):
            self.assertIn(sum(self.slides[i].label for i in fold), (7, 8))

    def test_groups_stay_together(self) -> None:
        folds = ucsb.deal_folds(self.slides, True, 3)
        homes = [{self.slides[i].group for i in fold} for fold in folds]
        self.assertEqual(sum(len(home) for home in homes), 10)

    def test_repositories_stay_together(self) -> None:
        rows = [{"repo": f"r{i // 2}", "label": "malignant" if i < 14 else "benign"} for i in range(30)]
        folds = atlas.deal_folds(rows, 1)
        self.assertEqual(sorted(i for fold in folds for i in fold), list(range(30)))
        self.assertEqual(sum(len({rows[i]["repo"] for i in fold}) for fold in folds), 15)


class Transfer(unittest.TestCase):
    def test_ridge_logistic(self) -> None:
        """At the optimum the gradient of the penalised loss is zero; checked in numpy, on its own."""
        rng = np.random.default_rng(2)
        x, y = rng.normal(size=(40, 6)) * [1, 5, 1, 1, 1, 0.1] + 3, (np.arange(40) % 3 == 0).astype(int)
        strength = 0.2
        logits = np.array(ridge_logistic(x, y, x, strength))
        columns = (x - x.mean(0)) / (x.std(0) + 1e-8)
        design = np.column_stack([columns, np.ones(40)])
        weights = np.linalg.lstsq(design, logits, rcond=None)[0]
        sample = np.where(y > 0, 40 / (2 * y.sum()), 40 / (2 * (1 - y).sum()))
        slope = strength * design.T @ (sample * (1 / (1 + np.exp(-logits)) - y)) + np.append(weights[:-1], 0)
        self.assertLess(float(np.abs(slope).max()), 1e-4)

    def test_statistics_of_a_turned_bag(self) -> None:
        """Averaged over the symmetries, a turned bag has the same figures; the order of its tiles never matters."""
        network, spec = read_encoder(HERE.parents[1] / "models" / "compact-glas")
        tiles = np.random.default_rng(3).integers(0, 256, (5, 64, 64, 3)).astype(np.uint8)
        whole = bag_statistics(network, spec, tiles, range(8))
        turned = bag_statistics(network, spec, np.rot90(tiles, 1, (1, 2))[::-1].copy(), range(8))
        self.assertLess(float(np.abs(whole - turned).max()), 1e-3 * float(np.abs(whole).max()))
        self.assertGreater(float(np.abs(whole - bag_statistics(network, spec, 255 - tiles, range(8))).max()), 0.1)

    @unittest.skipUnless((DATA / "labelled/ucsb-breast").is_dir(), "UCSB breast is not at hand")
    def test_short_run(self) -> None:
        """One scale, one deal of four folds: well above chance on every image tested once."""
        data = DATA / "labelled/ucsb-breast"
        slides = ucsb.read_labels(data / "labels.csv")
        network, spec = read_encoder(HERE.parents[1] / "models" / "compact-glas")
        figures = ucsb.transfer_statistics(network, spec, ucsb.read_pictures(data, slides, 4), 64)
        labels, logits = np.array([s.label for s in slides]), np.zeros(len(slides))
        for test in ucsb.deal_folds(slides, True, 1):
            rest = [i for i in range(len(slides)) if i not in set(test)]
            logits[test] = ridge_logistic(figures[rest], labels[rest], figures[test], ucsb.RIDGE)
        self.assertGreater(auroc(labels, logits), 0.8)


if __name__ == "__main__":
    unittest.main()
