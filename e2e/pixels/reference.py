"""OpenSlide's side of `npm run pixels`: reads regions of the files listed in FOLDER/files.json, writes FOLDER/read.json.

Prints OpenSlide's version. (Debian: python3-openslide)

Of each level: a whole tile, a place over the joint of four tiles, the bottom right corner, one place of the slide that is
the same on every level, and the whole level where it is small. Regions above level 0 start where a level-0 position falls
on a whole pixel of the level: elsewhere OpenSlide interpolates. A level whose sides do not divide those of level 0 has one
such place, its origin.
"""

import json
import os
import sys

import openslide

SIDE = 300
WHOLE = 2**19
# From the origin of a level that has no other exact place.
WHOLE_ODD = 2**22


def regions(slide):
    width, height = slide.dimensions
    coarse = [width // w for w, h in slide.level_dimensions if width % w == 0 and width // w * h == height]
    step = max(coarse)
    for level, (w, h) in enumerate(slide.level_dimensions):
        def region(kind, x, y, ratio, rw=SIDE, rh=SIDE):
            x, y = max(0, x), max(0, y)
            return [kind, level, x * ratio, y * ratio, min(rw, w - x), min(rh, h - y)]

        if width % w or width // w * h != height:
            if w * h <= WHOLE_ODD:
                yield ["whole level", level, 0, 0, w, h]
            else:
                yield region("origin", 0, 0, 1, 1000, 1000)
            continue
        ratio = width // w
        of = slide.properties.get
        tw = int(of(f"openslide.level[{level}].tile-width", 256))
        th = int(of(f"openslide.level[{level}].tile-height", 256))
        cols, rows = -(-w // tw), -(-h // th)
        if tw * th <= 2**20:
            col, row = min(cols // 2, max(0, w // tw - 1)), min(rows // 2, max(0, h // th - 1))
            yield region("tile", col * tw, row * th, ratio, tw, th)
        if cols > 1 and rows > 1:
            x, y = (cols + 1) // 2 * tw, (rows + 1) // 2 * th
            yield region("joint", x - SIDE // 2, y - SIDE // 2, ratio)
        yield region("corner", w - SIDE, h - SIDE, ratio)
        yield region("same place", width // 3 // step * step // ratio, height // 3 // step * step // ratio, ratio)
        if w * h <= WHOLE:
            yield region("whole level", 0, 0, ratio, w, h)


def read(name, path, target):
    try:
        slide = openslide.OpenSlide(path)
    except openslide.OpenSlideError as error:
        return {"name": name, "path": path, "problem": str(error).replace(os.path.dirname(path), "").strip("/")}
    found = list(regions(slide))
    with open(target, "wb") as file:
        for _, level, x, y, w, h in found:
            file.write(slide.read_region((x, y), level, (w, h)).tobytes())
    keys = ("kind", "level", "x", "y", "width", "height")
    return {
        "name": name,
        "path": path,
        "vendor": slide.properties["openslide.vendor"],
        "pixels": target,
        "regions": [
            {**dict(zip(keys, region)), "size": slide.level_dimensions[region[1]]} for region in found
        ],
    }


folder = sys.argv[1]
with open(os.path.join(folder, "files.json")) as file:
    files = json.load(file)
results = [read(one["name"], one["path"], os.path.join(folder, f"{i}.rgba")) for i, one in enumerate(files)]
with open(os.path.join(folder, "read.json"), "w") as file:
    json.dump(results, file)
print(openslide.__library_version__)
