"""The references of `npm run bench`: `reference.py openslide SLIDE GRID-JSON` or `reference.py torch MODEL-FOLDER TILES TRAINING-FOLDER`.

Prints one JSON line; {"absent": "..."} where the library is not installed."""
import json
import statistics
import sys
import time

REPETITIONS = 5


def openslide_rate(slide, grid):
    try:
        import openslide
    except ImportError:
        return {"absent": "python3-openslide is not installed"}
    width, height = grid["tileWidth"], grid["tileHeight"]
    rates = []
    for _ in range(REPETITIONS + 1):
        reader = openslide.OpenSlide(slide)  # anew each time: its cache answers nothing
        begin = time.process_time()
        for col, row in grid["tiles"]:
            reader.read_region((col * width, row * height), 0, (width, height))
        rates.append(len(grid["tiles"]) / (time.process_time() - begin))
        reader.close()
    return {"rate": statistics.median(rates[1:]), "version": openslide.__library_version__}


def torch_seconds(folder, tiles, training):
    try:
        import numpy as np
        import torch
    except ImportError:
        return {"absent": "python3-torch is not installed"}
    sys.path.insert(0, training)
    from memory import keep_freed_memory
    from networks import CompactMil, SeedAttention
    from safetensors_file import read_safetensors

    torch.set_num_threads(1)
    keep_freed_memory()  # page faults say nothing of PyTorch
    with open(f"{folder}/manifest.json") as stream:
        manifest = json.load(stream)
    encoder = manifest["encoder"]
    if encoder["kind"] == "seed-cnn":
        network = SeedAttention()
    else:
        network = CompactMil(encoder["channels"], encoder["featureDim"], manifest["head"]["hiddenDim"])
    weights, _ = read_safetensors(f"{folder}/weights.safetensors")
    network.load_state_dict({k: torch.from_numpy(v.astype(np.float32)) for k, v in weights.items()}, strict=False)
    network.eval()
    size = manifest["bag"]["tilePx"]
    golden = np.fromfile(f"{folder}/{manifest['golden']['input']}", np.uint8)
    rgb = np.resize(golden, (tiles, size, size, 3))
    scale = manifest["input"]["scale"]
    mean = torch.tensor(manifest["input"]["mean"]).view(1, 3, 1, 1)
    std = torch.tensor(manifest["input"]["std"]).view(1, 3, 1, 1)
    seconds = []
    with torch.no_grad():
        for _ in range(REPETITIONS + 1):
            begin = time.process_time()
            planes = torch.from_numpy(rgb).permute(0, 3, 1, 2).float()
            network((planes * scale - mean) / std)
            seconds.append(time.process_time() - begin)
    return {"seconds": statistics.median(seconds[1:]), "version": torch.__version__}


what, target, *rest = sys.argv[1:]
if what == "openslide":
    print(json.dumps(openslide_rate(target, json.loads(rest[0]))))
else:
    print(json.dumps(torch_seconds(target, int(rest[0]), rest[1])))
