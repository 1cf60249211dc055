"""Writes openslide.json: what OpenSlide says of the shared slides, and the SHA-256 of pixels it reads.

Usage: python3 make-openslide-goldens.py SHARED_DATA > openslide.json; npx biome format --write openslide.json
(Debian: python3-openslide)

Regions lie inside the slide, and on levels above 0 start where a level-0 position falls on a whole pixel of the level: there
OpenSlide does not interpolate. Pixels are hashed as RGB, row by row; each must be opaque.
"""

import hashlib
import json
import os
import random
import struct
import sys
import tempfile

import numpy as np
import openslide

FILES = [
    "slides/aperio/CMU-1-Small-Region.svs",
    "slides/aperio/tcga-cr-7395-01a-01-ts1.svs",
    "slides/ndpi/test3-DAPI.ndpi",
    "slides/tiff/pdac-core-22k.tif",
    "slides/tiff/cmu1-small.vips-pyramid.jpeg-ycbcr420.tif",
    "slides/tiff/boxes.tiff",
    "slides/tiff/large_image-yb10kx5k.zstd.tiff",
    "slides/ome-tiff/cmu1-small.subifd-pyramid.jpeg.ome.tif",
]


def digest(image):
    rgba = np.asarray(image)
    assert (rgba[..., 3] == 255).all()
    return hashlib.sha256(np.ascontiguousarray(rgba[..., :3]).tobytes()).hexdigest()


def regions(slide, rng):
    width, height = slide.dimensions
    found = []
    for level, (w, h) in enumerate(slide.level_dimensions):
        if w * h <= 2**21:
            found.append((level, 0, 0, w, h))
        if (width % w, height % h) != (0, 0) or width // w != height // h:
            found.append((level, 0, 0, min(w, 600), min(h, 500)))
            continue
        ratio = width // w
        corners = [(0, 0), (w - min(w, 257), h - min(h, 300))]
        corners += [(rng.randrange(w), rng.randrange(h)) for _ in range(12)]
        for x, y in corners:
            rw, rh = min(w - x, rng.choice([1, 256, 300, 512])), min(h - y, rng.choice([1, 256, 300]))
            found.append((level, x * ratio, y * ratio, rw, rh))
    return found


def relabelled(path, compression):
    """A copy of a classic little-endian TIFF whose tiled directories claim another compression."""
    data = bytearray(open(path, "rb").read())
    at = struct.unpack_from("<I", data, 4)[0]
    while at:
        count = struct.unpack_from("<H", data, at)[0]
        entries = {struct.unpack_from("<H", data, at + 2 + i * 12)[0]: at + 2 + i * 12 for i in range(count)}
        if 322 in entries:
            struct.pack_into("<H", data, entries[259] + 8, compression)
        at = struct.unpack_from("<I", data, at + 2 + count * 12)[0]
    copy = tempfile.NamedTemporaryFile(suffix=".svs")
    copy.write(data)
    copy.flush()
    return copy


def describe(root, path, compression=None):
    copy = relabelled(os.path.join(root, path), compression) if compression else None
    slide = openslide.OpenSlide(copy.name if copy else os.path.join(root, path))
    rng = random.Random(path)
    mpp = slide.properties.get(openslide.PROPERTY_NAME_MPP_X)
    power = slide.properties.get(openslide.PROPERTY_NAME_OBJECTIVE_POWER)
    return {
        "path": path,
        "relabelled": compression,
        "vendor": slide.properties[openslide.PROPERTY_NAME_VENDOR],
        "levels": [list(size) for size in slide.level_dimensions],
        "mpp": mpp and float(mpp),
        "objectivePower": power and float(power),
        "associated": {
            name: [*image.size, digest(image)] for name, image in sorted(slide.associated_images.items())
        },
        "regions": [
            [level, x, y, w, h, digest(slide.read_region((x, y), level, (w, h)))]
            for level, x, y, w, h in regions(slide, rng)
        ],
    }


print(
    json.dumps(
        {
            "openslide": openslide.__library_version__,
            "files": [describe(sys.argv[1], path) for path in FILES]
            # The one JPEG 2000 slide at hand is RGB; called YCbCr, it shows the colour conversion of 33003.
            + [describe(sys.argv[1], "slides/aperio/tcga-cr-7395-01a-01-ts1.svs", 33003)],
        },
        indent=1,
    )
)
