"""Golden bags of the seed's tiling, in numpy. Run in this folder: python3 darkest.py > darkest.json

`tiles_of` is the notebook's code that the article cites ("PANDA 16x128x128 tiles"), but for a stable sort and for keeping
the indices; the picture is arithmetic, so that the test can paint the same one.
"""
import hashlib
import json

import numpy as np

SIZE, COUNT = 128, 16


def picture(width: int, height: int, kind: str) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    h = ((x // 32) * 7919 ^ (y // 32) * 104729) & 255
    rgb = np.stack([h, (h * 3 + x) & 255, (h * 7 + y) & 255], -1).astype(np.uint8)
    if kind == "ties":  # only the left upper corner is not white, so most tiles are as bright as each other
        rgb[200:, :] = 255
        rgb[:, 300:] = 255
    return rgb


def tiles_of(img: np.ndarray):
    shape = img.shape
    pad0, pad1 = (SIZE - shape[0] % SIZE) % SIZE, (SIZE - shape[1] % SIZE) % SIZE
    img = np.pad(img, [[pad0 // 2, pad0 - pad0 // 2], [pad1 // 2, pad1 - pad1 // 2], [0, 0]], constant_values=255)
    columns = img.shape[1] // SIZE
    img = img.reshape(img.shape[0] // SIZE, SIZE, img.shape[1] // SIZE, SIZE, 3)
    img = img.transpose(0, 2, 1, 3, 4).reshape(-1, SIZE, SIZE, 3)
    real = len(img)
    if len(img) < COUNT:
        img = np.pad(img, [[0, COUNT - len(img)], [0, 0], [0, 0], [0, 0]], constant_values=255)
    idxs = np.argsort(img.reshape(img.shape[0], -1).astype(np.int64).sum(-1), kind="stable")[:COUNT]
    positions = [[int(i % columns) * SIZE - pad1 // 2, int(i // columns) * SIZE - pad0 // 2] if i < real else None
                 for i in idxs]
    return img[idxs], positions, real


CASES = [(1000, 700, "plain"), (384, 256, "plain"), (1, 1, "plain"), (2049, 1537, "plain"), (640, 1150, "ties"),
         (131, 1029, "plain")]

if __name__ == "__main__":
    golden = []
    for width, height, kind in CASES:
        tiles, positions, real = tiles_of(picture(width, height, kind))
        golden.append({"width": width, "height": height, "kind": kind, "real": real, "positions": positions,
                       "sha256": hashlib.sha256(tiles.tobytes()).hexdigest()})
    print(json.dumps(golden, indent=1))
