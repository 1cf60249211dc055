"""Writes iiif.json: pictures of the IIIF Image API 2 and 3 as libvips lays them out in files, and their pixels.

Usage: python3 make-iiif-goldens.py; npx biome format --write iiif.json
(Debian: python3-pil, python3-numpy, libvips-tools)

libvips is the referee of addresses (every tile's file is at its canonical address), Pillow of pixels: the hash of a level is
that of its tiles, put together.
"""

import base64
import hashlib
import io
import json
import os
import subprocess
import tempfile

import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEIGHT, TILE = 531, 302, 256
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
picture = np.dstack([x * 255 // WIDTH, y * 255 // HEIGHT, 128 + 100 * np.sin(x / 40) * np.cos(y / 30)]).astype(np.uint8)

golden = []
for version, layout in ((2, "iiif"), (3, "iiif3")):
    with tempfile.TemporaryDirectory() as folder:
        Image.fromarray(picture).save(os.path.join(folder, "in.png"))
        subprocess.run(["vips", "dzsave", "in.png", "out", "--layout", layout, "--tile-size", str(TILE),
                        "--suffix", ".jpg[Q=70]", "--id", "https://elsewhere.example"], cwd=folder, check=True)
        files = {}
        root = os.path.join(folder, "out")
        for place, _, names in os.walk(root):
            for name in names:
                path = os.path.relpath(os.path.join(place, name), root)
                with open(os.path.join(place, name), "rb") as file:
                    files[path] = file.read()
    info = json.loads(files["info.json"])
    levels = []
    for scale in info["tiles"][0]["scaleFactors"]:
        width, height = -(-WIDTH // scale), -(-HEIGHT // scale)
        level = np.zeros((height, width, 3), np.uint8)
        seen = 0
        for path, data in files.items():
            if not path.endswith(".jpg"):
                continue
            region = path.split("/")[0]
            left, top, w, h = (0, 0, WIDTH, HEIGHT) if region == "full" else map(int, region.split(","))
            tile = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
            # The tiles of this scale, by their size.
            if (-(-w // scale), -(-h // scale)) != (tile.shape[1], tile.shape[0]):
                continue
            level[top // scale:top // scale + tile.shape[0], left // scale:left // scale + tile.shape[1]] = tile
            seen += tile.shape[0] * tile.shape[1]
        assert seen == width * height, (version, scale, seen, width * height)
        levels.append([width, height, hashlib.sha256(level.tobytes()).hexdigest()])
    golden.append({"version": version, "levels": levels,
                   "files": {path: base64.b64encode(data).decode() for path, data in sorted(files.items())}})

with open(os.path.join(HERE, "iiif.json"), "w") as file:
    json.dump(golden, file, indent=1)
