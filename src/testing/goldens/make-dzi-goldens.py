"""Prints the SHA-256 of each level of the shared Deep Zoom image, put together from its tiles by Pillow (libjpeg-turbo).

Usage: python3 make-dzi-goldens.py SHARED_DATA    (Debian: python3-pil, python3-numpy)
"""

import hashlib
import math
import os
import sys

import numpy as np
from PIL import Image

WIDTH, HEIGHT, TILE, OVERLAP = 2220, 2967, 254, 1
root = os.path.join(sys.argv[1], "slides/dzi/cmu1-small_files")
top = math.ceil(math.log2(max(WIDTH, HEIGHT)))
for level in range(top, -1, -1):
    scale = 2 ** (top - level)
    width, height = math.ceil(WIDTH / scale), math.ceil(HEIGHT / scale)
    whole = np.zeros((height, width, 3), np.uint8)
    for row in range(math.ceil(height / TILE)):
        for col in range(math.ceil(width / TILE)):
            tile = np.asarray(Image.open(f"{root}/{level}/{col}_{row}.jpg").convert("RGB"))
            tile = tile[OVERLAP if row else 0 :, OVERLAP if col else 0 :][:TILE, :TILE]
            whole[row * TILE : row * TILE + tile.shape[0], col * TILE : col * TILE + tile.shape[1]] = tile
    print(width, height, hashlib.sha256(whole.tobytes()).hexdigest())
    if width <= TILE and height <= TILE:
        break
