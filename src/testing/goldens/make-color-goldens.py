"""Writes color.json: ICC profiles, colours, and what Little CMS makes of them in sRGB.

Usage: python3 make-color-goldens.py SHARED_DATA; npx biome format --write color.json
(Debian: python3-pil, python3-numpy, python3-tifffile, dcmtk)

The judge is Little CMS through Pillow ImageCms, 8 bits, with the profile's own rendering intent and no flags, as
OpenSlide's documentation converts slides, to sRGB and to Display-P3. The profile of the latter is Little CMS's own work, of
the primaries and the white point that SMPTE EG 432-1 and CSS Color 4 give. Two profiles are made here, of the two kinds that scanners write: matrix and
curves (ICC v2), and a table to Lab (ICC v2, mft2). Of the profiles in the shared data only the resulting colours are kept.
"""

import base64
import ctypes
import ctypes.util
import io
import json
import os
import struct
import subprocess
import sys

import numpy as np
import tifffile
from PIL import Image, ImageCms

HERE = os.path.dirname(os.path.abspath(__file__))


def s15(value):
    return struct.pack(">i", round(value * 65536))


def xyz(values):
    return b"XYZ \0\0\0\0" + b"".join(s15(value) for value in values)


def desc(name):
    text = name.encode("ascii") + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * (4 + 4 + 2 + 1 + 67)


def gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def profile(tags, space, intent):
    table, data = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for signature, body in tags:
        body += b"\0" * (-len(body) % 4)
        table += struct.pack(">4sII", signature, start + len(data), len(body))
        data += body
    size = start + len(data)
    header = struct.pack(">I4sI4s4s4s12s4s4sIIIQI", size, b"\0" * 4, 0x02400000, b"scnr", b"RGB ", space,
                         struct.pack(">6H", 2026, 1, 1, 0, 0, 0), b"acsp", b"\0" * 4, 0, 0, 0, 0, intent)
    header += s15(0.9642) + s15(1.0) + s15(0.8249)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


WHITE = (0.9642, 1.0, 0.8249)

# A wide-gamut scanner: its primaries, adapted to D50, add up to the white point.
matrix = profile([
    (b"desc", desc("milscope test scanner, matrix")),
    (b"cprt", b"text\0\0\0\0CC0\0"),
    (b"wtpt", xyz(WHITE)),
    (b"rXYZ", xyz((0.6097, 0.3111, 0.0195))),
    (b"gXYZ", xyz((0.2053, 0.6257, 0.0609))),
    (b"bXYZ", xyz((0.1492, 0.0632, 0.7445))),
    (b"rTRC", gamma(1.8)),
    (b"gTRC", gamma(1.9)),
    (b"bTRC", gamma(1.7)),
], b"XYZ ", 1)


def to_lab(rgb):
    """What the scanner of the table sees: a curve, crosstalk between its channels, and Lab of D50."""
    linear = rgb ** np.array([2.1, 2.3, 2.0])
    mixed = linear @ np.array([[0.92, 0.06, 0.02], [0.05, 0.90, 0.05], [0.01, 0.08, 0.91]])
    to_xyz = np.array([[0.4361, 0.2225, 0.0139], [0.3851, 0.7169, 0.0971], [0.1431, 0.0606, 0.7141]])
    t = (mixed @ to_xyz) / np.array(WHITE)
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


POINTS = 11
axis = np.linspace(0, 1, POINTS)
grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)
lab = to_lab(grid)
words = np.stack([lab[..., 0] * 652.8, (lab[..., 1] + 128) * 256, (lab[..., 2] + 128) * 256], -1)
words = np.clip(np.round(words), 0, 65535).astype(">u2").tobytes()
straight = struct.pack(">2H", 0, 65535)
mft2 = (b"mft2\0\0\0\0" + struct.pack(">4B", 3, 3, POINTS, 0)
        + b"".join(s15(value) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1)) + struct.pack(">2H", 2, 2)
        + straight * 3 + words + straight * 3)
table = profile([
    (b"desc", desc("milscope test scanner, table")),
    (b"cprt", b"text\0\0\0\0CC0\0"),
    (b"wtpt", xyz(WHITE)),
    (b"A2B0", mft2),
], b"Lab ", 0)

random = np.random.default_rng(4)
even = random.integers(0, 256, (900, 3))
greys = np.repeat(np.arange(0, 256, 4)[:, None], 3, 1)
# H&E: mixtures of the two stains, by Beer and Lambert
stains = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
tissue = 255 * np.exp(-random.uniform(0, 1.6, (700, 2)) @ stains)
colors = np.concatenate([even, greys, np.clip(np.round(tissue), 0, 255)]).astype(np.uint8)


class Chromaticity(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in ("x", "y", "Y")]


def display_p3():
    lcms = ctypes.CDLL(ctypes.util.find_library("lcms2"))
    lcms.cmsBuildParametricToneCurve.restype = ctypes.c_void_p
    lcms.cmsCreateRGBProfile.restype = ctypes.c_void_p
    srgb = (ctypes.c_double * 5)(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    curve = lcms.cmsBuildParametricToneCurve(None, 4, srgb)
    primaries = (Chromaticity * 3)((0.680, 0.320, 1), (0.265, 0.690, 1), (0.150, 0.060, 1))
    white = Chromaticity(0.3127, 0.3290, 1)
    made = lcms.cmsCreateRGBProfile(ctypes.byref(white), primaries, (ctypes.c_void_p * 3)(curve, curve, curve))
    size = ctypes.c_uint32(0)
    lcms.cmsSaveProfileToMem(ctypes.c_void_p(made), None, ctypes.byref(size))
    icc = ctypes.create_string_buffer(size.value)
    lcms.cmsSaveProfileToMem(ctypes.c_void_p(made), icc, ctypes.byref(size))
    return ImageCms.ImageCmsProfile(io.BytesIO(icc.raw))


SCREENS = {"srgb": ImageCms.createProfile("sRGB"), "displayP3": display_p3()}


def judge(icc):
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    intent = ImageCms.getDefaultIntent(source)
    done = {name: ImageCms.profileToProfile(Image.fromarray(colors[None]), source, screen, intent, "RGB", flags=0)
            for name, screen in SCREENS.items()}
    return {name: base64.b64encode(np.asarray(pixels)[0].tobytes()).decode() for name, pixels in done.items()}


def name(icc):
    return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc))).strip()


def dicom_profile(path):
    text = subprocess.run(["dcmdump", "+L", "+P", "0028,2000", path], capture_output=True, text=True).stdout
    values = text.split("OB", 1)[1].split("#", 1)[0].strip()
    return bytes(int(byte, 16) for byte in values.split("\\"))


made = [{"name": name(icc), "icc": base64.b64encode(icc).decode(), **judge(icc)} for icc in (matrix, table)]
shared = []
if len(sys.argv) > 1:
    slides = os.path.join(sys.argv[1], "slides")
    for path in ("aperio/tcga-cr-7395-01a-01-ts1.svs", "tiff/boxes.tiff"):
        icc = bytes(tifffile.TiffFile(os.path.join(slides, path)).pages[0].tags[34675].value)
        shared.append({"path": "slides/" + path, "name": name(icc), **judge(icc)})
    for path in ("dicom/BPAEC/10_0", "dicom/highdicom/sm_image.dcm"):
        icc = dicom_profile(os.path.join(slides, path))
        shared.append({"path": "slides/" + path, "name": name(icc), **judge(icc)})

with open(os.path.join(HERE, "color.json"), "w") as file:
    json.dump({
        "littleCms": ImageCms.core.littlecms_version,
        "colors": base64.b64encode(colors.tobytes()).decode(),
        "profiles": made,
        "shared": shared,
    }, file, indent=1)
