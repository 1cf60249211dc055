#!/usr/bin/env python3
"""Makes a model folder (manifest, weights, card, golden bag, curves) from a run of train.py.

    export.py RUN --id compact-glas --out ../models/compact-glas [--also RUN2 RUN3] [--shards DIR] [--features]

`--also`: runs of the same recipe with other seeds; their spread goes into the card. `--shards`: the validation slides as
`milscope tiles` cut them; every figure and the decision are then those of the very tiles the app sees (without it, of the bags that the
run validated on), and the manifest says what training tiles look like; with `--features` (a compact network) also what its first blocks make of
them, in features.safetensors, for a model that must not judge anything else. Words of the card: cards/<id>.json."""
import argparse
import datetime
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

import numpy as np
import torch
from torch import nn

from appearance import FIGURES, distances, fit_appearance, tile_figures
from bags import ShardBags
from card import model_card
from curves import curves_svg
from features import write_features
from fit import InputSpec, predict
from labels import LabelledSlide, read_labels
from lesions import lesion_figures
from metrics import auroc, auroc_interval, fit_temperature, fit_threshold, sigmoid, summary
from networks import CompactMil, SeedAttention, SeedTied
from recipes import RECIPES
from safetensors_file import read_safetensors, write_safetensors
from synthetic_tissue import synthetic_tiles

GOLDEN_TILES = {"seed-cnn": 3, "compact-cnn": 4}


def stored_weights(network: nn.Module, half: bool) -> Dict[str, np.ndarray]:
    kind = np.float16 if half else np.float32
    return {name: np.ascontiguousarray(tensor.detach().numpy().astype(kind))
            for name, tensor in network.state_dict().items() if not name.endswith("num_batches_tracked")}


def load_stored(network: nn.Module, path: Path) -> nn.Module:
    """The network with the weights as the file has them, in double precision: what the golden result is computed with."""
    tensors, _ = read_safetensors(path)
    missing, unexpected = network.load_state_dict({k: torch.from_numpy(v.astype(np.float32)) for k, v in tensors.items()}, strict=False)
    if unexpected or any(not k.endswith("num_batches_tracked") for k in missing):
        raise ValueError(f"{path}: missing {missing}, unexpected {unexpected}")
    return network.double().eval()


@torch.no_grad()
def golden_result(network: nn.Module, tiles: np.ndarray, spec: InputSpec, temperature: float) -> dict:
    planes = torch.from_numpy(tiles.transpose(0, 3, 1, 2).astype(np.float64))
    out = network(spec.apply(planes))
    return {"probability": float(sigmoid(out.logit.numpy() / temperature)), "logit": float(out.logit),
            "weights": out.attention.tolist(), "scores": out.scores.tolist(), "values": out.values.tolist(),
            "bias": float(network.bias)}


def golden_bag(network: nn.Module, count: int, size: int, spec: InputSpec, temperature: float) -> Tuple[np.ndarray, dict]:
    """Of 40 synthetic bags, the one whose probability is nearest to 0.5: near 0 or 1 a wrong logit would not show."""
    bags = [synthetic_tiles(count, size, seed) for seed in range(40)]
    results = [golden_result(network, tiles, spec, temperature) for tiles in bags]
    best = int(np.argmin([abs(r["logit"]) for r in results]))
    return bags[best], results[best]


def encoder_entry(network: nn.Module) -> Dict[str, object]:
    if isinstance(network, SeedAttention):
        return {"encoder": {"kind": "seed-cnn", "featureDim": network.L},
                "head": {"kind": "attention", "hiddenDim": network.D}}
    if isinstance(network, CompactMil):
        return {"encoder": {"kind": "compact-cnn", "featureDim": network.feature_dim, "channels": list(network.channels)},
                "head": {"kind": "gated-attention", "hiddenDim": network.hidden}}
    raise ValueError(f"no manifest entry for {type(network).__name__}")


def file_entry(folder: Path, path: str) -> Dict[str, object]:
    data = (folder / path).read_bytes()
    return {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def commit_of(folder: Path) -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def trained_network(run_dir: Path, run: dict) -> nn.Module:
    network = RECIPES[run["recipe"]].network()
    network = network.plain() if isinstance(network, SeedTied) else network
    network.load_state_dict(torch.load(run_dir / "model.pth", map_location="cpu"))
    return network.eval()


def input_of(run: dict) -> InputSpec:
    return InputSpec(run["input"]["mean"], run["input"]["std"], run["input"]["scale"])


def validation_source(shards: Path, run: dict) -> ShardBags:
    """The run's validation slides, in its order."""
    pairs = zip(run["validation"]["names"], run["validation"]["labels"])
    source = ShardBags(shards, [LabelledSlide(name, label) for name, label in pairs])
    if source.bag != run["bag"]:
        raise ValueError(f"{shards}: cut as {source.bag}, the run was trained on {run['bag']}")
    return source


def training_slides(shards: Path, run_dir: Path, run: dict) -> Iterator[np.ndarray]:
    """Tiles [N,T,T,3] of each of the run's training slides, one after another."""
    validation = set(run["validation"]["names"])
    slides = [slide for slide in read_labels(run_dir / "split.csv") if slide.id not in validation]
    source = ShardBags(shards, slides)
    return (source.read(i, None) for i in range(len(slides)))


def export(run_dir: Path, others: List[Path], model_id: str, out: Path, shards: Optional[Path] = None,
           features: bool = False) -> dict:
    """Writes the folder anew and returns the manifest."""
    if features and shards is None:
        raise ValueError("what the network makes of training tiles needs their shards")
    here = Path(__file__).resolve().parent
    words = json.loads((here / "cards" / f"{model_id}.json").read_text(encoding="utf-8"))
    runs = {path: json.loads((path / "run.json").read_text(encoding="utf-8")) for path in [run_dir, *others]}
    run = runs[run_dir]
    network = trained_network(run_dir, run)
    entry = encoder_entry(network)
    kind = str(entry["encoder"]["kind"])
    if features and kind != "compact-cnn":
        raise ValueError(f"features are of the blocks of a compact network, and this is {kind}")

    if out.exists():
        if any(out.iterdir()) and not (out / "manifest.json").exists():
            raise ValueError(f"{out} is not empty and no model folder; it is left alone")
        shutil.rmtree(out)
    (out / "golden").mkdir(parents=True)
    half = kind == "seed-cnn"
    write_safetensors(out / "weights.safetensors", stored_weights(network, half), {"format": "pt", "model": model_id})
    stored = load_stored(network, out / "weights.safetensors")

    spec, labels, lesions, scope = input_of(run), run["validation"]["labels"], None, dict(words["scope"])
    if shards is None:
        logits = np.array(run["validation"]["logits"])
        aurocs = [auroc(r["validation"]["labels"], r["validation"]["logits"]) for r in runs.values()]
    else:
        source, cpu = validation_source(shards, run), torch.device("cpu")
        logits = np.array(predict(load_stored(trained_network(run_dir, run), out / "weights.safetensors").float(), source, spec, cpu))
        aurocs = [auroc(labels, logits)] + [
            auroc(r["validation"]["labels"], predict(trained_network(path, r), validation_source(shards, r), input_of(r), cpu))
            for path, r in runs.items() if path != run_dir]
        lesions = lesion_figures(stored, source, spec)
        scope["appearance"] = fit_appearance([tile_figures(tiles) for tiles in training_slides(shards, run_dir, run)])
    temperature = round(fit_temperature(labels, logits), 4)
    p = sigmoid(logits / temperature)
    threshold = round(fit_threshold(labels, p), 4)
    figures, interval = summary(labels, p, threshold), auroc_interval(labels, p)

    tiles, expected = golden_bag(stored, GOLDEN_TILES[kind], run["bag"]["tilePx"], spec, temperature)
    if "appearance" in scope:
        mean, precision = scope["appearance"]["mean"], np.reshape(scope["appearance"]["precision"], (FIGURES, FIGURES))
        expected["appearance"] = distances(tile_figures(tiles), mean, precision).tolist()
    if features:
        scope["features"] = write_features(out / "features.safetensors", stored, training_slides(shards, run_dir, run), tiles, spec)
    (out / "golden" / "input.bin").write_bytes(tiles.tobytes())
    (out / "golden" / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")
    (out / "curves.svg").write_text(curves_svg(run["history"]), encoding="utf-8")

    paths = ["weights.safetensors", "golden/input.bin", "golden/expected.json", "curves.svg", *(["features.safetensors"] if features else [])]
    manifest = {
        "formatVersion": 1, "id": model_id, "name": words["name"], "version": words["version"],
        "classes": ["benign", "malignant"], "positiveClass": "malignant",
        "license": words["license"], "intendedUse": words["intendedUse"], "limitations": words["limitations"],
        "bag": run["bag"],
        "input": {"color": "rgb", "scale": run["input"]["scale"], "mean": run["input"]["mean"], "std": run["input"]["std"]},
        **entry,
        "scope": scope,
        "decision": {"threshold": threshold, "temperature": temperature, "chosenOn": words["validation"]},
        # f32 weights on the GPU twice (upload and use) and the largest activations of a batch of 16 tiles, with head-room.
        "needs": {"gpuBytes": (384 if half else 96) * 2**20, "features": []},
        "files": [file_entry(out, path) for path in paths],
        "golden": {"input": "golden/input.bin", "expected": "golden/expected.json",
                   "tolerance": {"probability": 1e-5, "attention": 1e-5}},
        "training": {"data": words["data"], "splits": words["splits"], "commit": commit_of(here),
                     "date": datetime.date.today().isoformat(), "seed": run["seed"]},
        "metrics": {"auroc": round(figures["auroc"], 4), "ci95": [round(interval.low, 4), round(interval.high, 4)],
                    "ci95Method": interval.method,
                    "accuracy": round(figures["accuracy"], 4), "n": figures["n"],
                    "dataset": f"{words['validation']}, which also chose {words.get('chosenThere', 'temperature and threshold')}: optimistic"},
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "README.md").write_text(model_card(manifest, words, run, figures, interval, aurocs, [r["seed"] for r in runs.values()], lesions), encoding="utf-8")
    return manifest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--also", type=Path, nargs="*", default=[])
    parser.add_argument("--shards", type=Path)
    parser.add_argument("--features", action="store_true", help="say what the first blocks make of training tiles; needs --shards")
    parser.add_argument("--id", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    manifest = export(args.run, args.also, args.id, args.out, args.shards, args.features)
    print(json.dumps({"id": manifest["id"], "metrics": manifest["metrics"], "decision": manifest["decision"]}))


if __name__ == "__main__":
    main()
