"""Prints written.json for the slides in a folder: one subfolder a slide. See make-written-goldens.sh.

Regions start where a level-0 position falls on a whole pixel of the level: there OpenSlide does not interpolate.
Transparent pixels (nothing scanned there) are laid over white, as our reader fills them.
"""

import hashlib
import json
import os
import random
import sys

import numpy as np
import openslide


def digest(image):
    rgba = np.asarray(image).astype(np.uint16)
    alpha = rgba[..., 3:]
    assert ((alpha == 0) | (alpha == 255)).all()
    rgb = np.where(alpha == 0, 255, rgba[..., :3]).astype(np.uint8)
    return hashlib.sha256(np.ascontiguousarray(rgb).tobytes()).hexdigest()


def regions(slide, rng):
    width, height = slide.dimensions
    for level, (w, h) in enumerate(slide.level_dimensions):
        if (width % w, height % h) != (0, 0) or width // w != height // h:
            continue
        ratio = width // w
        yield level, 0, 0, w, h
        for _ in range(4):
            x, y = rng.randrange(w), rng.randrange(h)
            yield level, x * ratio, y * ratio, min(w - x, 256), min(h - y, 200)


def describe(path):
    slide = openslide.OpenSlide(path)
    of = slide.properties.get
    bounds = [of(f"openslide.bounds-{name}") for name in ("x", "y", "width", "height")]
    rng = random.Random(os.path.basename(path))
    with open(path, "rb") as file:
        file_digest = hashlib.sha256(file.read()).hexdigest()
    return {
        "sha256": file_digest,
        "vendor": of("openslide.vendor"),
        "levels": [list(size) for size in slide.level_dimensions],
        "mpp": of("openslide.mpp-x") and [float(of("openslide.mpp-x")), float(of("openslide.mpp-y"))],
        "objectivePower": of("openslide.objective-power") and float(of("openslide.objective-power")),
        "bounds": [int(value) for value in bounds] if bounds[0] else None,
        "associated": {name: [*image.size, digest(image)] for name, image in sorted(slide.associated_images.items())},
        "regions": [
            [level, x, y, w, h, digest(slide.read_region((x, y), level, (w, h)))]
            for level, x, y, w, h in regions(slide, rng)
        ],
    }


root = sys.argv[1]
slides = {}
for name in sorted(os.listdir(root)):
    folder = os.path.join(root, name)
    main = next(os.path.join(folder, file) for file in sorted(os.listdir(folder)) if os.path.isfile(os.path.join(folder, file)) and openslide.OpenSlide.detect_format(os.path.join(folder, file)))
    slides[name] = describe(main)
print(json.dumps({"openslide": openslide.__library_version__, "slides": slides}, indent=1))
