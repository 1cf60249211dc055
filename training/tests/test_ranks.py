"""Two gloo ranks with one bag each equal one rank that sees both bags: gradients, weights and figures."""
import io
import os
import socket
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

from context import MemoryBags, recipe, small_exact  # first: it skips the module where torch is absent

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from fit import InputSpec, Ranks, fit, train_step, unwrap, wrap
from augment import to_planes
from recipes import make_optimizer

SPEC = InputSpec((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


def settings(bags_per_step: int):
    return recipe(network=small_exact, bags_per_step=bags_per_step, augmented=False, scale_lr_with_ranks=False, epochs=2)


def gradients(bags, ranks: Ranks) -> torch.Tensor:
    torch.manual_seed(2)
    model = wrap(small_exact(), ranks, torch.device("cpu"))
    chosen = settings(len(bags))
    source = MemoryBags(4)
    tiles = [to_planes(source.read(i, None)) for i in bags]
    train_step(model, make_optimizer(unwrap(model), chosen, 1), SPEC.apply(torch.cat(tiles)), [len(t) for t in tiles],
               torch.tensor([float(source.labels[i]) for i in bags]), chosen)
    return torch.cat([p.grad.flatten() for p in unwrap(model).parameters()])


def train(ranks: Ranks, bags_per_step: int, out: Path):
    with redirect_stdout(io.StringIO()):
        network, history = fit(settings(bags_per_step), MemoryBags(6), MemoryBags(4, seed=9), SPEC, 3, out, ranks)
    return torch.cat([t.flatten() for t in network.state_dict().values()]), history


def one_rank(rank: int, port: int, folder: str) -> None:
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), RANK=str(rank), WORLD_SIZE="2")
    torch.set_default_dtype(torch.float64)  # so that only a wrong sum, and no rounding, can differ
    ranks = Ranks.join("gloo")
    result = {"gradients": gradients([rank], ranks)}
    result["weights"], result["history"] = train(ranks, 1, Path(folder) / "two")
    torch.save(result, Path(folder) / f"rank{rank}.pt")
    dist.destroy_process_group()


class TwoRanks(unittest.TestCase):
    def test_two_ranks_equal_one_that_saw_both(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with tempfile.TemporaryDirectory() as folder:
            # Debian's torchrun crashes on Python 3.11; torch.multiprocessing starts the same two ranks.
            mp.spawn(one_rank, args=(port, folder), nprocs=2)
            first, second = (torch.load(Path(folder) / f"rank{r}.pt") for r in (0, 1))
            torch.set_default_dtype(torch.float64)
            try:
                alone = gradients([0, 1], Ranks())
                weights, history = train(Ranks(), 2, Path(folder) / "one")
            finally:
                torch.set_default_dtype(torch.float32)
        for result in (first, second):
            self.assertLess(float((result["gradients"] - alone).abs().max()), 1e-12)
            self.assertLess(float((result["weights"] - weights).abs().max()), 1e-9)
        self.assertGreater(float(alone.abs().max()), 1e-4)
        for row, other in zip(history, first["history"]):
            self.assertEqual(row["error"], other["error"])  # over all bags, not those of one rank
            self.assertAlmostEqual(row["loss"], other["loss"], places=9)
            self.assertAlmostEqual(row["val_loss"], other["val_loss"], places=9)


if __name__ == "__main__":
    unittest.main()
