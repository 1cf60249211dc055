"""The training loop: one process, or one of several ranks. Same seed, same weights on one device; resumes at the last whole epoch."""
import copy
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DistributedSampler

from augment import augment, dihedral, to_planes
from bags import BagSource
from metrics import auroc
from networks import BagOutput, forward_bags, pool
from recipes import Recipe, bag_loss, make_optimizer, rate_at


@dataclass(frozen=True)
class InputSpec:
    """x = (v * scale - mean) / std for v in 0..255, as in the manifest."""

    mean: Sequence[float]
    std: Sequence[float]
    scale: float = 1 / 255

    def apply(self, planes: Tensor) -> Tensor:
        kind = torch.promote_types(planes.dtype, torch.get_default_dtype())
        mean, std = (torch.tensor(list(v), dtype=kind).view(1, 3, 1, 1) for v in (self.mean, self.std))
        return (planes * self.scale - mean) / std


class BagNetwork(nn.Module):
    """A network over several bags; what DistributedDataParallel wraps, so that its gradients are averaged."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, tiles: Tensor, sizes: List[int]) -> Tensor:
        return forward_bags(self.network, tiles, sizes)


@dataclass(frozen=True)
class Ranks:
    rank: int = 0
    count: int = 1

    @staticmethod
    def join(backend: Optional[str] = None) -> "Ranks":
        """Joins the group torchrun (or SageMaker's torch_distributed) describes in the environment; alone without one."""
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return Ranks()
        if not dist.is_initialized():
            dist.init_process_group(backend or ("nccl" if torch.cuda.is_available() else "gloo"))
        return Ranks(dist.get_rank(), dist.get_world_size())

    def gather(self, rows: List[tuple]) -> List[tuple]:
        """The rows of all ranks, each once (the sampler repeats a few to fill up; the first column tells which)."""
        if self.count == 1:
            return rows
        lists: List[Optional[List[tuple]]] = [None] * self.count
        dist.all_gather_object(lists, rows)
        return list({row[0]: row for part in lists for row in (part or [])}.values())


def wrap(network: nn.Module, ranks: Ranks, device: torch.device) -> nn.Module:
    # Channels last: on a CPU 2.6 times faster for the compact network, 1.3 times for the seed.
    model = BagNetwork(network.to(device, memory_format=torch.channels_last))
    if ranks.count == 1:
        return model
    return DistributedDataParallel(model, device_ids=[device.index] if device.type == "cuda" else None)


def unwrap(model: nn.Module) -> nn.Module:
    return (model.module if isinstance(model, DistributedDataParallel) else model).network


def train_step(model: nn.Module, optimizer: torch.optim.Optimizer, tiles: Tensor, sizes: List[int], labels: Tensor,
               recipe: Recipe) -> Tuple[float, Tensor]:
    """One optimizer step over the bags of this rank; the loss and the logits before the step."""
    optimizer.zero_grad()
    logits = model(tiles, sizes)
    loss = bag_loss(logits, labels, recipe)
    loss.backward()
    optimizer.step()
    return float(loss.detach()), logits.detach()


@torch.no_grad()
def predict(network: nn.Module, source: BagSource, spec: InputSpec, device: torch.device) -> List[float]:
    """Logits of all bags as inference sees them: the whole bag, no augmentation."""
    return [float(look_at(network, source.read(i, None), spec, device).logit) for i in range(len(source.labels))]


@torch.no_grad()
def look_at(network: nn.Module, tiles: np.ndarray, spec: InputSpec, device: torch.device = torch.device("cpu"), batch: int = 64) -> BagOutput:
    """What inference gives for one bag of tiles [N,T,T,3]; encoded in batches, so that a bag of any size fits."""
    network.eval()
    features = [network.encode(spec.apply(to_planes(tiles[i:i + batch])).to(device, memory_format=torch.channels_last))
                for i in range(0, len(tiles), batch)]
    return pool(network, torch.cat(features))


class Average:
    """Exponential moving average of weights and buffers; the decay grows from 0 so that the start is forgotten."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network, self.decay, self.steps = copy.deepcopy(network), decay, 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        for mine, other in zip(self.network.state_dict().values(), network.state_dict().values()):
            if mine.dtype.is_floating_point:
                mine.lerp_(other, 1 - decay)
            else:
                mine.copy_(other)


def fit(recipe: Recipe, train: BagSource, validation: Optional[BagSource], spec: InputSpec, seed: int, out: Path,
        ranks: Ranks = Ranks(), device: torch.device = torch.device("cpu"), resume: bool = True,
        initial: Optional[Dict[str, Tensor]] = None,
        teach: Optional[Callable[[Tensor, List[int]], Tensor]] = None) -> Tuple[nn.Module, List[dict]]:
    """Trains and returns the network to be used (averaged where the recipe says so) and one row of figures an epoch.

    `teach` gives the targets (probabilities [B]) of bags [sum(sizes),3,T,T] in 0..255 as the network is about to see them; without
    it they are the labels. A label of -1 says that a bag has none: it counts in no error.
    Writes out/checkpoint.pt after each epoch (rank 0); a run killed after it continues there, with the same result."""
    torch.manual_seed(seed)
    network = recipe.network()
    if initial is not None:
        network.load_state_dict(initial)
    model = wrap(network, ranks, device)
    network = unwrap(model)
    optimizer = make_optimizer(network, recipe, ranks.count)
    base_rate = optimizer.param_groups[0]["lr"]
    average = Average(network, recipe.ema_decay) if recipe.ema_decay else None
    sampler = DistributedSampler(train.labels, ranks.count, ranks.rank, shuffle=True, seed=seed)
    steps_per_epoch = -(-len(sampler) // recipe.bags_per_step)
    history: List[dict] = []
    best: Tuple[float, Optional[dict]] = (float("inf"), None)
    checkpoint = out / "checkpoint.pt"
    settings = {**{k: v for k, v in asdict(recipe).items() if k != "network"}, "seed": seed, "ranks": ranks.count, "bags": train.names}
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        if state["settings"] != settings:
            raise ValueError(f"{checkpoint} is of a run with other settings; choose another --out or remove it")
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        history, best = state["history"], state["best"]
        if average:
            average.network.load_state_dict(state["average"])
            average.steps = state["average_steps"]
    out.mkdir(parents=True, exist_ok=True)
    if ranks.rank == 0:
        print(f"{len(train.labels)} bags, {ranks.count} rank(s), {recipe.bags_per_step} bag(s) a rank and step: "
              f"{steps_per_epoch} steps an epoch, learning rate {base_rate:.2e}", flush=True)
    for epoch in range(len(history) + 1, recipe.epochs + 1):
        if history and stop_now(history, recipe, ranks):
            break
        started = time.time()
        sampler.set_epoch(epoch)
        order = list(sampler)
        torch.manual_seed(hash_seed(seed, epoch, ranks.rank))  # dropout; the same whether resumed or not
        model.train()
        rows: List[tuple] = []
        for step in range(steps_per_epoch):
            chosen = order[step * recipe.bags_per_step:(step + 1) * recipe.bags_per_step]
            bags = [load(train, i, recipe, np.random.default_rng([seed, epoch, i])) for i in chosen]
            sizes, planes = [len(b) for b in bags], torch.cat(bags)
            targets = torch.tensor([float(train.labels[i]) for i in chosen]) if teach is None else teach(planes, sizes)
            factor = rate_at(recipe, (epoch - 1) * steps_per_epoch + step, steps_per_epoch)
            for group in optimizer.param_groups:
                group["lr"] = base_rate * factor
            tiles = spec.apply(planes).to(device, memory_format=torch.channels_last)
            loss, logits = train_step(model, optimizer, tiles, sizes, targets.to(device), recipe)
            rows += [(i, loss, float(z > 0), train.labels[i]) for i, z in zip(chosen, logits)]
            if average:
                average.update(network)
            if ranks.rank == 0 and sys.stderr.isatty():
                print("\r" + progress(epoch, recipe.epochs, step + 1, steps_per_epoch, time.time() - started), end="", file=sys.stderr)
        rows = ranks.gather(rows)
        error = float(np.mean([said != y for _, _, said, y in rows if y >= 0]))
        row = {"epoch": epoch, "loss": float(np.mean([r[1] for r in rows])), "error": error}
        if validation is not None and ranks.rank == 0:
            logits_now = predict(average.network if average else network, validation, spec, device)
            z, y = torch.tensor(logits_now), torch.tensor(validation.labels).float()
            row["val_loss"] = float(nn.functional.binary_cross_entropy_with_logits(z, y))
            row["val_auroc"] = auroc(validation.labels, logits_now)
            row["val_accuracy"] = float(((z > 0) == (y > 0)).float().mean())
            if row["val_loss"] < best[0]:
                best = (row["val_loss"], copy.deepcopy((average.network if average else network).state_dict())
                        if recipe.patience else None)
        history.append(row)
        if ranks.rank == 0:
            print("Train Set, Epoch: {}, Loss: {:.4f}, Error: {:.4f}, Accuracy: {:.2f}%".format(
                epoch, row["loss"], error, 100 * (1 - error)) + "".join(
                    f", {k}: {row[k]:.4f}" for k in row if k.startswith("val")) + f", {time.time() - started:.1f} s", flush=True)
            save_whole({"settings": settings, "network": network.state_dict(), "optimizer": optimizer.state_dict(), "history": history, "best": best,
                        "average": average.network.state_dict() if average else None,
                        "average_steps": average.steps if average else 0}, checkpoint)
    result = average.network if average else network
    if recipe.patience and best[1] is not None:
        result.load_state_dict(best[1])
    return result.eval(), history


def load(source: BagSource, index: int, recipe: Recipe, rng: np.random.Generator) -> Tensor:
    if not recipe.augmented:
        return to_planes(source.read(index, None))
    tiles = source.read(index, rng)
    return augment(tiles, rng) if recipe.color_jitter else dihedral(to_planes(tiles), int(rng.integers(8)))


def progress(epoch: int, epochs: int, step: int, steps: int, seconds: float) -> str:
    """One line of the progress bar; the time left is that of this epoch and of the ones to come at this pace."""
    filled = 24 * step // steps
    left = seconds / step * (steps - step + (epochs - epoch) * steps)
    return f"epoch {epoch}/{epochs} [{'#' * filled}{'.' * (24 - filled)}] {step}/{steps}, {left / 60:.1f} min left "


def hash_seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def stop_now(history: List[dict], recipe: Recipe, ranks: Ranks) -> bool:
    """Early stop; rank 0 decides for all, because it alone validates."""
    losses = [row.get("val_loss", float("inf")) for row in history]
    stop = recipe.patience is not None and len(losses) - 1 - int(np.argmin(losses)) >= recipe.patience
    if ranks.count > 1:
        flag = [stop]
        dist.broadcast_object_list(flag, src=0)
        stop = bool(flag[0])
    return stop


def save_whole(value: object, path: Path) -> None:
    """Whole or not at all: a kill while writing leaves the previous file."""
    part = Path(f"{path}.part")
    torch.save(value, part)
    os.replace(part, path)
