#!/usr/bin/env python3
"""Makes src/testing/goldens/torch: what real PyTorch says, and files that real PyTorch wrote.

    python3 src/testing/goldens/make_torch_goldens.py && npx biome format --write src/testing/goldens/torch

expected.json     results of the networks of training/networks.py, float32, for weights and tiles given by a formula that
                  src/testing/formula-weights.ts repeats bit for bit, so that 90 MB of weights need not be committed
*.pth             small checkpoints in the shapes that people's checkpoints have, for the reader of src/model
heads.json        other people's heads on features of the formula; made where the shared data is at hand
tensors.json      the tensors that those hold, by file and name
"""
import collections
import copy
import json
import os
import sys
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "training"))
from networks import CompactMil, SeedAttention  # noqa: E402

OUT = HERE / "torch"
MEAN, STD, SCALE = [0.7, 0.5, 0.6], [0.2, 0.25, 0.15], 1 / 255


def mixed(seed: int, count: int) -> np.ndarray:
    """[count] uint32: the finaliser of MurmurHash3 over a Weyl sequence."""
    h = (np.arange(count, dtype=np.uint64) * 0x9E3779B1 + seed).astype(np.uint32)
    h ^= h >> np.uint32(16)
    h = (h.astype(np.uint64) * 0x85EBCA6B).astype(np.uint32)
    h ^= h >> np.uint32(13)
    h = (h.astype(np.uint64) * 0xC2B2AE35).astype(np.uint32)
    return h ^ (h >> np.uint32(16))


def formula_parameter(index: int, name: str, shape) -> np.ndarray:
    """float32 parameter number `index` of a state_dict: uniform, as wide as He et al. 2015 ask, biases a tenth."""
    u = (mixed(1000 * (index + 1), int(np.prod(shape, dtype=np.int64))) >> np.uint32(8)).astype(np.float64) / 2**24
    if name.endswith("running_var"):
        values = 0.5 + u
    elif ".bn." in name and name.endswith("weight"):
        values = 0.75 + 0.5 * u
    elif len(shape) == 1:
        values = (u - 0.5) * 0.2
    else:
        values = (u - 0.5) * (2 * np.sqrt(6 / np.prod(shape[1:], dtype=np.int64)))
    return values.astype(np.float32).reshape(shape)


def formula_tiles(count: int, side: int) -> np.ndarray:
    """[count,side,side,3] uint8: noise over a ramp that differs from tile to tile."""
    k, y, x, c = np.meshgrid(np.arange(count), np.arange(side), np.arange(side), np.arange(3), indexing="ij")
    noise = mixed(7, count * side * side * 3).reshape(k.shape) % 96
    return ((noise + 80 * k + 40 * c + x * (k + 1) + y * (c + 1)) & 255).astype(np.uint8)


def with_formula(network: torch.nn.Module) -> torch.nn.Module:
    state = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    network.load_state_dict({name: torch.from_numpy(formula_parameter(i, name, tuple(tensor.shape)))
                             for i, (name, tensor) in enumerate(state.items())}, strict=False)
    return network.eval()


@torch.no_grad()
def block_means(network: CompactMil, x: torch.Tensor) -> list:
    """[N][sum of channels]: mean over the plane of every channel of each block, after ReLU, block after block; float64."""
    means, x = [], x.double()
    for block in copy.deepcopy(network).double().encoder.blocks:
        x = block(x)
        means.append(x.mean((2, 3)))
    return torch.cat(means, 1).tolist()


@torch.no_grad()
def expected(network: torch.nn.Module, count: int, side: int, temperature: float, means: bool = False) -> dict:
    x = (torch.from_numpy(formula_tiles(count, side)).permute(0, 3, 1, 2).float() * SCALE - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    out = network(x)
    return {"count": count, "side": side, "temperature": temperature, "parameters": [[n, list(t.shape)] for n, t in network.state_dict().items() if not n.endswith("num_batches_tracked")],
            "probability": float(torch.sigmoid(out.logit / temperature)), "logit": float(out.logit), "bias": float(network.bias),
            "weights": out.attention.tolist(), "scores": out.scores.tolist(), "values": out.values.tolist(), **({"blockMeans": block_means(network, x)} if means else {})}


class Asks:
    """Pickles to a call of any function: what a hostile checkpoint does."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def checkpoints() -> dict:
    """Writes the .pth files; returns their tensors as float64 lists."""
    small = with_formula(CompactMil(channels=(8, 12, 16), feature_dim=16, hidden=8))
    state = small.state_dict()
    base = torch.from_numpy(formula_parameter(3, "x", (3, 4)))
    grids = {"transposed": base.t(), "column": base[:, 1], "row": base[2], "every_second": base.flatten()[::2],
             "expanded": base[:1].expand(2, 4), "scalar": torch.tensor(2.5), "empty": torch.empty(0, 3), "same": base}
    kinds = {"f64": base.double(), "f32": base, "f16": base.half(), "bf16": base.bfloat16(), "i64": torch.tensor([1, -2, 3]),
             "i32": torch.tensor([4, -5], dtype=torch.int32), "i16": torch.tensor([300, -300], dtype=torch.int16),
             "i8": torch.tensor([-128, 127], dtype=torch.int8), "u8": torch.tensor([0, 255], dtype=torch.uint8), "bool": torch.tensor([True, False])}
    wrapped = collections.OrderedDict((f"module.{name}", tensor) for name, tensor in state.items())
    files = {
        "compact": state,
        "nested": {"epoch": 7, "lr": 1e-4, "best": None, "history": [0.5, 0.25], "big": 2**70, "done": True, "pair": (1, 2), "best_auc": np.float64(0.5), "model_state_dict": wrapped,
                   "optimizer_state_dict": {"state": {0: {"step": 3, "exp_avg": base}}, "param_groups": [{"params": [0]}]}},
        "strides": grids, "dtypes": kinds, "parameter": {"w": torch.nn.Parameter(base)},
    }
    for name, content in files.items():
        torch.save(content, OUT / f"{name}.pth")
    torch.save(files["nested"], OUT / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(grids, OUT / "legacy-strides.pth", _use_new_zipfile_serialization=False)

    # Refused, each by the name of what it asks for.
    torch.save({"a": Asks(os.system, "true")}, OUT / "asks-system.pth")
    torch.save({"a": np.zeros(2)}, OUT / "asks-numpy.pth")
    torch.save(torch.nn.Linear(2, 1), OUT / "asks-module.pth")

    numbers = lambda tensors: {n: {"shape": list(t.shape), "values": t.detach().double().flatten().tolist()} for n, t in tensors.items()}
    tensors = {name: numbers(content) for name, content in files.items() if name not in ("nested", "compact")}
    tensors["legacy-strides"] = tensors["strides"]
    return tensors


@torch.no_grad()
def heads(folder: Path) -> dict:
    """Other people's heads (shared data, not part of the repository) on features of the formula, layer by layer as their
    own code has them: xMIL's ABMIL and CLAM's single-branch gated attention."""
    def load(name):
        state = torch.load(folder / name, map_location="cpu")
        return {key.replace("module.", ""): tensor.float() for key, tensor in state.get("model_state_dict", state).items()}

    def features(dim):
        return torch.from_numpy(((mixed(11, 6 * dim) >> np.uint32(8)).astype(np.float64) / 2**23 - 1).astype(np.float32).reshape(6, dim))

    def result(weights, logits):
        return {"weights": weights.flatten().tolist(), "probability": float(torch.softmax(logits.flatten(), 0)[1])}

    linear = torch.nn.functional.linear
    s = load("xmil-camelyon-abmil.pt")
    h = torch.relu(linear(features(768), s["linear_layers.0.0.weight"], s["linear_layers.0.0.bias"]))
    a = torch.softmax(linear(torch.tanh(linear(h, s["attention.0.weight"], s["attention.0.bias"])), s["attention.2.weight"], s["attention.2.bias"]), 0)
    xmil = result(a, linear(a.t() @ h, s["classifier.weight"], s["classifier.bias"]))
    s = load("clam-legacy-format.pt")
    h = torch.relu(linear(features(1024), s["attention_net.0.weight"], s["attention_net.0.bias"]))
    gate = [linear(h, s[f"attention_net.3.attention_{b}.0.weight"], s[f"attention_net.3.attention_{b}.0.bias"]) for b in "ab"]
    a = torch.softmax(linear(torch.tanh(gate[0]) * torch.sigmoid(gate[1]), s["attention_net.3.attention_c.weight"], s["attention_net.3.attention_c.bias"]), 0)
    return {"xmil-camelyon-abmil.pt": xmil, "clam-legacy-format.pt": result(a, linear(a.t() @ h, s["classifiers.weight"], s["classifiers.bias"]))}


def main() -> None:
    OUT.mkdir(exist_ok=True)
    results = {
        "torch": torch.__version__, "input": {"mean": MEAN, "std": STD, "scale": SCALE},
        "seed": expected(with_formula(SeedAttention()), 3, 128, 1.0),
        "compact": expected(with_formula(CompactMil()), 4, 128, 4.0),
        "small": expected(with_formula(CompactMil(channels=(8, 12, 16), feature_dim=16, hidden=8)), 5, 64, 1.5, means=True),
    }
    (OUT / "expected.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (OUT / "tensors.json").write_text(json.dumps(checkpoints(), indent=1) + "\n", encoding="utf-8")
    shared = Path(os.environ.get("MILSCOPE_DATA", HERE.parents[3] / "shared" / "data")) / "checkpoints"
    if shared.exists():
        (OUT / "heads.json").write_text(json.dumps(heads(shared), indent=1) + "\n", encoding="utf-8")
    for name in ("seed", "compact", "small"):
        print(name, results[name]["probability"], [round(w, 4) for w in results[name]["weights"]])


if __name__ == "__main__":
    main()
