"""Golden pixels of the resampler, from Pillow. Run in this folder: python3 resample.py > resample.json"""
import json

import numpy as np
from PIL import Image


def picture(width: int, height: int) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    h = (x * 37 ^ y * 91) & 255
    return Image.fromarray(np.stack([h, (x * 5 + y * 3) & 255, (h * 7 + y) & 255], -1).astype(np.uint8))


if __name__ == "__main__":
    image = picture(48, 48)
    golden = {
        # By 3 Pillow rounds 5/9 down (it multiplies by a truncated 1/9), so powers of two only; Image.BOX counts whole
        # pixels and is no area average.
        "reduce": {str(n): np.asarray(image.reduce(n)).reshape(-1).tolist() for n in (2, 4)},
        # Enlarging; Pillow repeats the edge where we look at the next pixel, so the test compares the inside.
        "bilinear": {"72": np.asarray(image.resize((72, 72), Image.BILINEAR)).reshape(-1).tolist()},
    }
    print(json.dumps(golden, separators=(",", ":")))
