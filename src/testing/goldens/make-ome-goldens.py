"""Writes ome/*.ome.tif with tifffile, and ome.json: the SHA-256 of each level as milscope must show it, by tifffile's
samples (of JPEG: libvips') and the rules of docs/formats.md for channels.

Usage: /usr/bin/python3 make-ome-goldens.py; npx biome format --write ome.json
(Debian: python3-tifffile, libvips-tools)
"""

import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import tifffile

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("MILSCOPE_DATA", HERE.parents[3] / "shared" / "data")) / "slides/ome-tiff"
COLORS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 255, 255), (255, 0, 255), (255, 255, 0)]


def digest(pixels):
    return hashlib.sha256(np.ascontiguousarray(pixels, dtype=np.uint8).tobytes()).hexdigest()


def plane(width, height, seed, low, high, dtype):
    """A ramp with flat ends, so that the darkest and the brightest value are many."""
    y, x = np.mgrid[:height, :width]
    ramp = np.clip(((x * (3 + seed) + y * 5) % 97) / 90, 0, 1)
    return (low + ramp * (high - low)).astype(dtype)


def window(samples):
    if samples.dtype == np.uint8:
        return 0, 255
    values = samples.astype(np.float64).ravel()
    values = values[np.isfinite(values)]
    low, high = values.min(), values.max()
    width = (high - low) / 4096
    bins = np.bincount(np.minimum(4095, np.floor((values - low) / width)).astype(int), minlength=4096)
    clipped = len(values) * 0.001
    first = int(np.argmax(np.cumsum(bins) > clipped))
    last = 4095 - int(np.argmax(np.cumsum(bins[::-1]) > clipped))
    return low + first * width, low + (last + 1) * width


def composite(channels, windows, colors):
    out = np.zeros((*channels[0].shape, 3), np.int64)
    for samples, (low, high), color in zip(channels, windows, colors):
        value = np.floor((samples.astype(np.float64) - low) * (255 / (high - low)) + 0.5)
        value = np.where(np.isnan(value), 0, np.clip(value, 0, 255))
        out = np.minimum(255, out + np.floor(value[..., None] * np.array(color) / 255 + 0.5).astype(np.int64))
    return out


def shown(levels, colors):
    """levels: [C,H,W] each, largest first."""
    windows = [window(samples) for samples in levels[-1]]
    return [composite(level, windows, colors) for level in levels]


def describe(levels, mpp, path=None, **more):
    sizes = [[level.shape[1], level.shape[0], digest(level)] for level in levels]
    return {"levels": sizes, "mpp": mpp, **more}


def write(name, **options):
    (HERE / "ome").mkdir(exist_ok=True)
    return tifffile.TiffWriter(HERE / "ome" / name, ome=True, **options)


def by_vips(path, shape):
    """What this tifffile cannot unpack: LZW and JPEG."""
    with tempfile.TemporaryDirectory() as folder:
        raw = f"{folder}/pixels.raw"
        subprocess.run(["vips", "rawsave", path, raw], check=True)
        return np.fromfile(raw, np.uint8).reshape(shape)


def rgba(color):
    return int(np.array([(color[0] << 24) | (color[1] << 16) | (color[2] << 8) | 255], np.uint32).astype(np.int32)[0])


def main():
    files = {}
    um = {"PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.5, "PhysicalSizeYUnit": "µm"}
    tile = {"tile": (64, 64), "compression": "zlib", "metadata": None}

    rgb = [np.stack([plane(w, h, seed, 0, 255, np.uint8) for seed in range(3)], -1) for w, h in ((200, 150), (100, 75), (50, 37))]
    with write("rgb-pyramid.ome.tif", bigtiff=True) as tif:
        tif.write(rgb[0], subifds=2, photometric="rgb", **{**tile, "metadata": {"axes": "YXS", **um}})
        for level in rgb[1:]:
            tif.write(level, subfiletype=1, photometric="rgb", **tile)
    files["rgb-pyramid.ome.tif"] = describe(rgb, [0.25, 0.5])

    colors = [(0, 161, 255), (255, 126, 0), (255, 255, 255)]
    ranges = [(100, 4100), (0, 65535), (2000, 2900)]
    wide = [np.stack([plane(w, h, i, *r, np.uint16) for i, r in enumerate(ranges)]) for w, h in ((200, 150), (100, 75))]
    channel = {"Channel": {"Name": ["DAPI", "Cy3", "AF"], "Color": [rgba(c) for c in colors]}}
    with write("channels-uint16-pyramid.ome.tif") as tif:
        tif.write(wide[0], subifds=1, photometric="minisblack", predictor=True, **{**tile, "metadata": {"axes": "CYX", **um, **channel}})
        tif.write(wide[1], subfiletype=1, photometric="minisblack", predictor=True, **tile)
    files["channels-uint16-pyramid.ome.tif"] = describe(shown(wide, colors), [0.25, 0.5], channels=["DAPI, #00a1ff, 100 to 4100", "Cy3, #ff7e00, 0 to 65535", "AF, #ffffff, 2000 to 2900"])

    planar = np.stack([plane(90, 70, i, 0, 255, np.uint8) for i in range(4)])
    with write("planar-four-uint8.ome.tif") as tif:
        tif.write(planar, photometric="minisblack", planarconfig="separate", rowsperstrip=16, compression="zlib", metadata={"axes": "SYX"})
    files["planar-four-uint8.ome.tif"] = describe(shown([planar], COLORS), None)

    chunky = np.stack([plane(90, 70, i, -500, 900, np.int16) for i in range(2)], -1)
    with write("interleaved-two-int16.ome.tif", byteorder=">") as tif:
        tif.write(chunky, photometric="minisblack", planarconfig="contig", rowsperstrip=16, metadata={"axes": "YXS"})
    files["interleaved-two-int16.ome.tif"] = describe(shown([np.moveaxis(chunky, -1, 0)], COLORS), None)

    stack = np.stack([np.stack([np.stack([plane(36, 24, t * 5 + z + c, 10 * t, 100 + z, np.float32) for c in range(2)]) for z in range(3)]) for t in range(3)])
    with write("stack-tzc-float.ome.tif", byteorder=">") as tif:
        tif.write(stack, photometric="minisblack", compression="zlib", metadata={"axes": "TZCYX"})
    files["stack-tzc-float.ome.tif"] = describe(shown([stack[1, 1]], COLORS), None)

    small = np.stack([plane(40, 30, s, 0, 255, np.uint8) for s in range(3)], -1)
    with write("three-series.ome.tif") as tif:
        tif.write(small, photometric="rgb", metadata={"axes": "YXS", "Name": "first"})
        tif.write(rgb[1], photometric="rgb", compression="zlib", metadata={"axes": "YXS", "Name": "largest"})
        tif.write(rgb[0], photometric="rgb", compression="zlib", metadata={"axes": "YXS", "Name": "label image"})
    files["three-series.ome.tif"] = describe([rgb[1]], None, associated={"label": [200, 150, digest(rgb[0])]})

    shared = {}
    if SHARED.exists():
        name = "multi-channel-z-series.ome.tif"
        samples = tifffile.imread(SHARED / name)
        shared[name] = describe(shown([samples[:, 2]], COLORS), None)
        name = "qupath-cells.ome.tif"
        shared[name] = describe([by_vips(SHARED / name, (131, 93, 3))], [0.25, 0.25])
        name = "cmu1-small.subifd-pyramid.jpeg.ome.tif"
        with tifffile.TiffFile(SHARED / name) as tif:
            shapes = [level.shape for level in tif.series[0].levels]
        levels = [by_vips(f"{SHARED / name}{f'[subifd={i - 1}]' if i else ''}", shape) for i, shape in enumerate(shapes)]
        shared[name] = describe(levels, [0.499, 0.499])
    result = {"tifffile": tifffile.__version__, "files": files, "shared": shared}
    (HERE / "ome.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


main()
