"""Writes codecs/lerc*.tif with libtiff, and prints lerc.json: SHA-256 of the RGB that OpenSlide reads of each.

Usage, in this folder: python3 make-lerc-goldens.py > lerc.json (Debian: libtiff6, which can write LERC, and
python3-openslide)
"""

import ctypes
import hashlib
import json
import os

import numpy as np
import openslide

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "codecs")
WIDTH, HEIGHT, TILE = 120, 90, 32
LERC, ADD_COMPRESSION, MAX_Z_ERROR = 34887, 65566, 65567
# name: compression around LERC, largest error, samples a pixel
FILES = {"lerc": (0, 0.0, 3), "lerc-deflate": (1, 0.0, 3), "lerc-zstd": (2, 0.0, 3), "lerc-lossy": (0, 4.0, 3)}

tiff = ctypes.CDLL("libtiff.so.6")
tiff.TIFFOpen.restype = ctypes.c_void_p


def write(path, add, error, samples):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    blue = np.where((x // 25 + y // 25) % 2, 200, 60) + np.random.default_rng(1).integers(0, 12, (HEIGHT, WIDTH))
    image = np.dstack([255 * x / (WIDTH - 1), 255 * y / (HEIGHT - 1), blue]).astype(np.uint8)
    file = ctypes.c_void_p(tiff.TIFFOpen(path.encode(), b"w"))
    for tag, value in [
        (256, WIDTH), (257, HEIGHT), (258, 8), (277, samples), (262, 2), (284, 1), (259, LERC), (322, TILE), (323, TILE),
        (ADD_COMPRESSION, add), (MAX_Z_ERROR, error),
    ]:  # fmt: skip
        given = ctypes.c_double(value) if isinstance(value, float) else ctypes.c_uint32(value)
        assert tiff.TIFFSetField(file, ctypes.c_uint32(tag), given) == 1, tag
    for top in range(0, HEIGHT, TILE):
        for left in range(0, WIDTH, TILE):
            tile = np.zeros((TILE, TILE, samples), np.uint8)
            part = image[top : top + TILE, left : left + TILE]
            tile[: part.shape[0], : part.shape[1]] = part
            data = tile.tobytes()
            assert tiff.TIFFWriteTile(file, data, ctypes.c_uint32(left), ctypes.c_uint32(top), 0, 0) > 0
    tiff.TIFFClose(file)


golden = {}
for name, options in FILES.items():
    target = os.path.join(OUT, f"{name}.tif")
    write(target, *options)
    rgba = np.asarray(openslide.OpenSlide(target).read_region((0, 0), 0, (WIDTH, HEIGHT)))
    assert (rgba[..., 3] == 255).all()
    golden[name] = [WIDTH, HEIGHT, hashlib.sha256(np.ascontiguousarray(rgba[..., :3]).tobytes()).hexdigest()]
print(json.dumps(golden))
