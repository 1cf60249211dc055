"""Writes plain/*: small plain images of every kind, and plain.json, size and SHA-256 of the RGB pixels they hold.

Usage: python3 make-plain-goldens.py SHARED_DATA; npx biome format --write plain.json
(Debian: python3-pil, python3-numpy, libvips-tools, imagemagick)

The judge is Pillow: transparency is laid over white, 16 bits give their upper byte. Of the shared data only hashes are kept.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "plain")
SHARED = [
    "slides/tiff/kidney-48-5.tif",
    "slides/ome-tiff/qupath-cells.ome.tif",
    "slides/codec-tiles/test_tile.png",
    "slides/codec-tiles/JPEG_Baseline_(Process_1)-GRAYSCALE-8.jpg",
    "slides/codec-tiles/JPEG_Baseline_(Process_1)-YBR-8.jpg",
    "labelled/panda/biopsies-512/0005f7aaab2800f6170c399693a96917.jpg",
]


def rgb(path):
    image = Image.open(path)
    if image.mode.startswith("I"):
        grey = (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
        return np.dstack([grey] * 3)
    if "A" in image.mode or "transparency" in image.info:
        pixels = np.asarray(image.convert("RGBA")).astype(np.float64)
        alpha = pixels[..., 3:] / 255
        return np.floor(pixels[..., :3] * alpha + 255 * (1 - alpha) + 0.5).astype(np.uint8)
    return np.asarray(image.convert("RGB"))


def describe(path):
    pixels = rgb(path)
    return [pixels.shape[1], pixels.shape[0], hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()]


y, x = np.mgrid[0:37, 0:53]
color = np.dstack([255 * x / 52, 255 * y / 36, np.where((x // 9 + y // 9) % 2, 220, 30)]).astype(np.uint8)
base = Image.fromarray(color)
alpha = Image.fromarray(np.dstack([color, (255 * x / 52).astype(np.uint8)]), "RGBA")
deep = Image.fromarray((x * 1200 + y * 31).astype(np.uint16), "I;16")


def save(image, name, **options):
    image.save(os.path.join(OUT, name), **options)


save(base, "rgb.png")
save(alpha, "rgba.png")
save(base.convert("L"), "grey.png")
save(alpha.convert("LA"), "grey-alpha.png")
save(base.convert("1"), "bilevel.png")
save(base.quantize(16), "palette-4bit.png")
save(base.quantize(200), "palette-8bit.png")
save(deep, "grey-16bit.png")
save(base, "420.jpg", quality=80)
save(base, "444-progressive.jpg", quality=95, subsampling=0, progressive=True)
save(base, "422-restart.jpg", quality=80, subsampling=1, restart_marker_blocks=2)
save(base.convert("L"), "grey.jpg", quality=90)
save(base, "rgb-none.tif")
save(base, "rgb-lzw.tif", compression="tiff_lzw")
save(base, "rgb-deflate.tif", compression="tiff_adobe_deflate")
save(base, "rgb-packbits.tif", compression="packbits")
save(base, "rgb-jpeg.tif", compression="jpeg", quality=90)
save(base.convert("L"), "grey.tif", compression="tiff_lzw")
save(base.convert("1"), "bilevel.tif", compression="packbits")
save(base.quantize(64), "palette.tif", compression="tiff_lzw")
save(deep, "grey-16bit.tif")
with tempfile.TemporaryDirectory() as folder:
    source = os.path.join(folder, "rgb.png")
    base.save(source)
    run = lambda *arguments: subprocess.run(arguments, check=True)
    run("vips", "pngsave", source, os.path.join(OUT, "interlaced.png"), "--interlace")
    run("convert", source, "-endian", "MSB", "-compress", "LZW", os.path.join(OUT, "rgb-big-endian.tif"))
    run("convert", source, "-interlace", "plane", "-compress", "Zip", os.path.join(OUT, "rgb-planar.tif"))
    run("convert", source, "-colorspace", "gray", "-define", "quantum:polarity=min-is-white", "-compress", "LZW",
        os.path.join(OUT, "grey-min-is-white.tif"))

golden = {"plain": {name: describe(os.path.join(OUT, name)) for name in sorted(os.listdir(OUT))}}
golden["shared"] = {path: describe(os.path.join(sys.argv[1], path)) for path in SHARED}
with open(os.path.join(HERE, "plain.json"), "w") as file:
    json.dump(golden, file)
