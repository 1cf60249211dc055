"""Seeded pictures that look roughly like H&E: pink stroma, dark nuclei, white lumens. For goldens and tests; no patient's tissue."""
import numpy as np
from PIL import Image


def synthetic_tiles(count: int, size: int, seed: int) -> np.ndarray:
    """uint8 [count,size,size,3]; each tile has its own density of glands, so that attention differs between them."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size].astype(np.float64)
    blue, pink = rng.uniform(0.6, 1.3), rng.uniform(0.5, 1.3)  # one stain a bag
    tiles = []
    for index in range(count):
        coarse = np.asarray(Image.fromarray((rng.random((9, 9)) * 255).astype(np.uint8)).resize((size, size), Image.BICUBIC)) / 255
        haematoxylin, eosin = 0.12 + 0.1 * coarse, 0.35 + 0.3 * coarse
        for _ in range(2 + 2 * index):
            cx, cy, radius = rng.uniform(0, size), rng.uniform(0, size), rng.uniform(size / 14, size / 6)
            distance = np.hypot(x - cx, (y - cy) * rng.uniform(0.7, 1.4))
            haematoxylin += 0.9 * np.exp(-(((distance - radius) / 3) ** 2))
            lumen = 1 / (1 + np.exp((distance - 0.7 * radius) / 1.5))
            haematoxylin, eosin = haematoxylin * (1 - lumen), eosin * (1 - lumen)
        for _ in range(40 + 25 * index):
            cx, cy, radius = rng.uniform(0, size), rng.uniform(0, size), rng.uniform(1.5, 3.5)
            haematoxylin = np.maximum(haematoxylin, 1.1 * np.exp(-((np.hypot(x - cx, y - cy) / radius) ** 4)))
        density = blue * haematoxylin[..., None] * [0.65, 0.70, 0.29] + pink * eosin[..., None] * [0.07, 0.99, 0.11]
        picture = 245 * np.exp(-density) + rng.normal(0, 3, (size, size, 3))
        tiles.append(picture.clip(0, 255).round().astype(np.uint8))
    return np.stack(tiles)
