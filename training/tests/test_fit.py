import io
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

from context import MemoryBags, recipe, small  # first: it skips the module where torch is absent

import numpy as np
import torch
import torch.nn.functional as F

from fit import InputSpec, fit, predict
from networks import BagOutput, CompactMil, SeedAttention, SeedTied, parameter_count
from recipes import RECIPES, bag_loss, make_optimizer

SPEC = InputSpec((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


def run(out: Path, **changes: object):
    with redirect_stdout(io.StringIO()) as text:
        network, history = fit(recipe(**changes), MemoryBags(6), MemoryBags(4, seed=9), SPEC, 3, out)
    return network, history, text.getvalue()


def weights(network) -> np.ndarray:
    return torch.cat([t.flatten().double() for t in network.state_dict().values()]).numpy()


class Networks(unittest.TestCase):
    def test_seed_network_is_the_articles(self) -> None:
        network = SeedAttention().eval()
        self.assertEqual(parameter_count(network), 22_465_238)
        x = torch.rand(3, 3, 128, 128)
        out: BagOutput = network(x)
        h = network.feature_extractor_part2(network.feature_extractor_part1(x).view(-1, 48 * 30 * 30))
        a = F.softmax(torch.transpose(network.attention(h), 1, 0), dim=1)
        expected = network.classifier(torch.mm(a, h))
        self.assertAlmostEqual(float(torch.sigmoid(out.logit)), float(expected), places=6)
        np.testing.assert_allclose(out.attention.detach(), a[0].detach(), atol=1e-7)

    def test_tied_weights_are_the_articles_network(self) -> None:
        tied, x = SeedTied(), torch.randn(2, 3, 128, 128)
        with torch.no_grad():
            for bn in (tied.bn1, tied.bn2, tied.bn3, tied.bn4):
                torch.nn.init.uniform_(bn.weight, 0.5, 2)
                torch.nn.init.normal_(bn.bias)
            tied(x)  # running averages other than 0 and 1
        tied.eval()
        plain = tied.plain()
        self.assertIs(type(plain), SeedAttention)
        np.testing.assert_allclose(plain.encode(x).detach(), tied.encode(x).detach(), atol=1e-5)
        self.assertAlmostEqual(float(plain(x).logit), float(tied(x).logit), places=5)

    def test_logit_is_the_sum_of_contributions(self) -> None:
        network = CompactMil().eval()
        out = network(torch.rand(5, 3, 64, 64))
        self.assertAlmostEqual(float(out.attention.sum()), 1, places=6)
        self.assertAlmostEqual(float(out.logit), float((out.attention * out.values).sum() + network.bias), places=6)

    def test_compact_is_under_a_megabyte(self) -> None:
        self.assertLess(4 * parameter_count(RECIPES["best"].network()), 1_000_000)


class SeedRecipe(unittest.TestCase):
    def test_settings_are_the_published_ones(self) -> None:
        seed = RECIPES["seed"]
        optimizer = make_optimizer(torch.nn.Linear(1, 1), seed, ranks=4)
        group = optimizer.param_groups[0]
        self.assertIs(type(optimizer), torch.optim.Adam)
        self.assertEqual((group["lr"], group["betas"], group["weight_decay"]), (1e-4, (0.9, 0.999), 5e-4))
        self.assertEqual((seed.epochs, seed.bags_per_step, seed.augmented), (10, 1, False))

    def test_loss_is_clamped(self) -> None:
        loss = bag_loss(torch.tensor([50.0]), torch.tensor([0.0]), RECIPES["seed"])
        self.assertAlmostEqual(float(loss), -np.log(1e-5), places=2)


class Loop(unittest.TestCase):
    def test_same_seed_same_weights_and_resume_changes_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            whole, history, text = run(Path(folder) / "a")
            again, _, _ = run(Path(folder) / "b")
            np.testing.assert_array_equal(weights(whole), weights(again))
            self.assertIn("Train Set, Epoch: 1, Loss:", text)
            # A kill after the second epoch: the checkpoint of epoch 2 is what is left.
            run_until(Path(folder) / "c", epochs_done=2)
            resumed, resumed_history, text = run(Path(folder) / "c")
            self.assertNotIn("Epoch: 2,", text)
            np.testing.assert_array_equal(weights(whole), weights(resumed))
            self.assertEqual(history, resumed_history)

    def test_a_checkpoint_of_other_settings_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            run(Path(folder))
            with self.assertRaisesRegex(ValueError, "other settings"):
                run(Path(folder), learning_rate=5e-4)

    def test_it_learns(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            _, history, _ = run(Path(folder), epochs=25, augmented=False, learning_rate=1e-2)
            self.assertEqual(history[-1]["val_auroc"], 1.0)

    def test_patience_stops_early_and_keeps_the_best(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            network, history, _ = run(Path(folder), epochs=40, learning_rate=0.5, patience=2, ema_decay=None)
            self.assertLess(len(history), 40)
            source = MemoryBags(4, seed=9)
            z = torch.tensor(predict(network, source, SPEC, torch.device("cpu")))
            loss = float(F.binary_cross_entropy_with_logits(z, torch.tensor(source.labels).float()))
            self.assertAlmostEqual(loss, min(row["val_loss"] for row in history), places=5)


def run_until(out: Path, epochs_done: int) -> None:
    """Trains with the full schedule and is interrupted in the epoch after `epochs_done`."""

    class Killed(MemoryBags):
        reads = 0

        def read(self, index, rng):
            self.reads += 1
            if self.reads > 6 * epochs_done:
                raise KeyboardInterrupt
            return super().read(index, rng)

    with redirect_stdout(io.StringIO()):
        try:
            fit(recipe(network=small), Killed(6), MemoryBags(4, seed=9), SPEC, 3, out)
        except KeyboardInterrupt:
            return
    raise AssertionError("was not interrupted")


if __name__ == "__main__":
    unittest.main()
