"""Writes codecs/*.tif with libvips, one file a compression, and codecs.json, the SHA-256 of what OpenSlide reads
of each level; of JPEG 2000 the pixels themselves, jp2k-*.png.

Usage: python3 make-codec-goldens.py; npx biome format --write codecs.json
(Debian: python3-openslide, libvips-tools, python3-numpy)

The picture is made here: smooth colour, hard edges and noise, so that the files are small and belong to nobody.
"""

import hashlib
import json
import os
import subprocess
import tempfile

import numpy as np
import openslide
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "codecs")

TILED = "--tile --tile-width 64 --tile-height 64 --pyramid"
FILES = {
    "webp-lossy": f"--compression webp --Q 80 {TILED}",
    "webp-lossless": f"--compression webp --lossless {TILED}",
    "webp-bigtiff": f"--compression webp --Q 60 --bigtiff {TILED}",
    "zstd": f"--compression zstd --predictor none {TILED}",
    "zstd-predictor": f"--compression zstd --predictor horizontal {TILED}",
    "lzw": f"--compression lzw --predictor none {TILED}",
    "lzw-predictor": f"--compression lzw --predictor horizontal {TILED}",
    "packbits": f"--compression packbits {TILED}",
    "deflate-predictor": f"--compression deflate --predictor horizontal {TILED}",
    "jpeg-420": f"--compression jpeg --Q 75 {TILED}",
    "jpeg-rgb": f"--compression jpeg --Q 95 {TILED}",
    "jpeg-bigtiff": f"--compression jpeg --Q 85 --bigtiff {TILED}",
    "jpeg-subifd": f"--compression jpeg --Q 85 --subifd {TILED}",
    "jp2k-lossless": f"--compression jp2k --lossless {TILED}",
    "jp2k-lossy": f"--compression jp2k --Q 60 {TILED}",
    "grey-deflate": f"--compression deflate {TILED}",
    "grey-jpeg": f"--compression jpeg {TILED}",
}


def picture(grey):
    y, x = np.mgrid[0:90, 0:120]
    noise = np.random.default_rng(1).integers(0, 12, (90, 120))
    red = 255 * x / 119
    green = 255 * y / 89
    blue = np.where((x // 25 + y // 25) % 2, 200, 60) + noise
    return Image.fromarray((red if grey else np.dstack([red, green, blue])).astype(np.uint8))


def digest(image):
    rgba = np.asarray(image)
    assert (rgba[..., 3] == 255).all()
    return hashlib.sha256(np.ascontiguousarray(rgba[..., :3]).tobytes()).hexdigest()


def pages_by_vips(name):
    """OpenSlide reads JPEG 2000 in Aperio slides only; libvips rounds YCbCr otherwise, so its pixels are kept to compare."""
    path = os.path.join(OUT, name)
    for page in range(2):
        subprocess.run(["vips", "copy", f"{path}.tif[page={page}]", f"{path}.{page}.png[strip]"], check=True)


golden = {}
with tempfile.TemporaryDirectory() as folder:
    for name, options in FILES.items():
        source = os.path.join(folder, "picture.png")
        picture(name.startswith("grey")).save(source)
        target = os.path.join(OUT, f"{name}.tif")
        subprocess.run(["vips", "tiffsave", source, target, *options.split()], check=True)
        if name.startswith("jp2k"):
            pages_by_vips(name)
            continue
        slide = openslide.OpenSlide(target)
        golden[name] = [
            [*size, digest(slide.read_region((0, 0), level, size))] for level, size in enumerate(slide.level_dimensions)
        ]

with open(os.path.join(HERE, "codecs.json"), "w") as file:
    json.dump(golden, file)
