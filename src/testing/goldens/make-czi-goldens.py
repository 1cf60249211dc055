"""Writes czi/*.czi, and czi.json: the SHA-256 of each level as milscope must show it, by a reader of CZI of its own (this
file) and the rules of docs/formats.md for channels.

Usage: /usr/bin/python3 make-czi-goldens.py; npx biome format --write czi.json
(Debian: python3-numpy, python3-pil, zstd)
"""

import hashlib
import io
import json
import os
import struct
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("MILSCOPE_DATA", HERE.parents[3] / "shared" / "data")) / "slides/czi"
DTYPES = {0: (np.uint8, 1), 1: (np.uint16, 1), 3: (np.uint8, 3), 4: (np.uint16, 3), 9: (np.uint8, 4)}


def digest(pixels):
    return hashlib.sha256(np.ascontiguousarray(pixels, dtype=np.uint8).tobytes()).hexdigest()


def window(samples):
    values = samples.astype(np.float64).ravel()
    low, high = values.min(), values.max()
    width = (high - low) / 4096
    bins = np.bincount(np.minimum(4095, np.floor((values - low) / width)).astype(int), minlength=4096)
    clipped = len(values) * 0.001
    return low + int(np.argmax(np.cumsum(bins) > clipped)) * width, low + (4096 - int(np.argmax(np.cumsum(bins[::-1]) > clipped))) * width


def light(samples, low_high, color):
    low, high = low_high
    value = np.clip(np.floor((samples.astype(np.float64) - low) * (255 / (high - low)) + 0.5), 0, 255)
    return np.floor(value[..., None] * np.array(color) / 255 + 0.5).astype(np.int64)


def zstd(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def read(path):
    """Of each image: what its directory says, and its samples [H,W] or [H,W,3] RGB."""
    data = path.read_bytes()
    (directory,) = struct.unpack_from("<q", data, 32 + 52)
    (count,) = struct.unpack_from("<i", data, directory + 32)
    at = directory + 32 + 128
    images = []
    for _ in range(count):
        _, kind, position, _, compression, _, _, axes = struct.unpack_from("<2siqii2s4si", data, at)
        where = {}
        for i in range(axes):
            name, start, size, _, stored = struct.unpack_from("<4siifi", data, at + 32 + 20 * i)
            where[name.rstrip(b"\0").decode()] = (start, size, stored or size)
        metadata, _, length = struct.unpack_from("<iiq", data, position + 32)
        begin = position + 32 + max(256, 16 + 32 + 20 * axes) + metadata
        images.append((where, pixels(data[begin : begin + length], compression, kind, where)))
        at += 32 + 20 * axes
    return images


def pixels(raw, compression, kind, where):
    height, width = where["Y"][2], where["X"][2]
    dtype, samples = DTYPES[kind]
    if compression == 1:
        return np.asarray(Image.open(io.BytesIO(raw)))
    if compression == 6:
        parted = raw[0] == 3 and raw[2] & 1
        raw = zstd(raw[raw[0] :], "-d")
        if parted:
            raw = np.frombuffer(raw, np.uint8).reshape(2, -1).T.tobytes()
    elif compression == 5:
        raw = zstd(raw, "-d")
    out = np.frombuffer(raw, dtype)[: height * width * samples].reshape(height, width, samples)
    return out[..., 2::-1] if samples >= 3 else out[..., 0]


def canvas(images, background, show):
    left, top = (min(where[axis][0] for where, _ in images) for axis in "XY")
    width = max(sum(where["X"][:2]) for where, _ in images) - left
    height = max(sum(where["Y"][:2]) for where, _ in images) - top
    out = np.full((height, width, 3), background, np.uint8)
    for where, samples in sorted(images, key=lambda one: one[0].get("M", (0,))[0]):
        x, y = where["X"][0] - left, where["Y"][0] - top
        out[y : y + samples.shape[0], x : x + samples.shape[1]] = show(samples)
    return out


def describe(levels, mpp, **more):
    return {"levels": [[level.shape[1], level.shape[0], digest(level)] for level in levels], "mpp": mpp, **more}


def segment(name, body, align=32):
    body += bytes(-len(body) % align)
    return struct.pack("<16sqq", name, len(body), len(body)) + body


def entry(kind, compression, position, where):
    axes = b"".join(struct.pack("<4siifi", name.encode(), start, size, 0, stored) for name, (start, size, stored) in where.items())
    return struct.pack("<2siqii2s4si", b"DV", kind, position, 0, compression, b"", b"", len(where)) + axes


def coded(samples, kind, compression):
    if compression == 1:
        out = io.BytesIO()
        Image.fromarray(samples).save(out, "JPEG", quality=90, subsampling=0)
        return out.getvalue()
    raw = (samples[..., ::-1] if samples.ndim == 3 else samples).tobytes()
    if compression == 6:
        parted = DTYPES[kind][0] == np.uint16
        if parted:
            raw = np.ascontiguousarray(np.frombuffer(raw, np.uint8).reshape(-1, 2).T).tobytes()
        return bytes([3, 1, int(parted)]) + zstd(raw)
    return zstd(raw) if compression == 5 else raw


def write(images, xml, attachments=()):
    """images: (kind, compression, where, samples). attachments: (name, type, bytes)."""
    out = bytearray(segment(b"ZISRAWFILE", bytes(512)))
    entries = []
    for kind, compression, where, samples in images:
        listed = entry(kind, compression, len(out), where)
        data = coded(samples, kind, compression)
        head = (struct.pack("<iiq", 7, 0, len(data)) + listed).ljust(256, b"\0")
        entries.append(listed)
        out += segment(b"ZISRAWSUBBLOCK", head.ljust(max(256, 16 + len(listed)), b"\0") + b"<META/>" + data)
    directory = len(out)
    out += segment(b"ZISRAWDIRECTORY", struct.pack("<i124x", len(entries)) + b"".join(entries))
    metadata = len(out)
    out += segment(b"ZISRAWMETADATA", struct.pack("<i252x", len(xml)) + xml)
    listed = []
    for name, kind, data in attachments:
        one = struct.pack("<2s10xqi16x8s80s", b"A1", len(out), 0, kind, name)
        listed.append(one)
        out += segment(b"ZISRAWATTACH", struct.pack("<i12x", len(data)) + one + bytes(112) + data)
    attached = len(out) if listed else 0
    if listed:
        out += segment(b"ZISRAWATTDIR", struct.pack("<i252x", len(listed)) + b"".join(listed))
    struct.pack_into("<iiii16s16siqqiq", out, 32, 1, 0, 0, 0, b"", b"", 0, directory, metadata, 0, attached)
    return bytes(out)


def metadata(um, channels=""):
    distances = "".join(f'<Distance Id="{axis}"><Value>{um}E-06</Value></Distance>' for axis in "XY")
    objective = '<Instrument><Objectives><Objective Id="Objective:1"><NominalMagnification>20</NominalMagnification></Objective></Objectives></Instrument>'
    ids = "".join(f'<Channel Id="Channel:{i}" Name="{name}"/>' for i, (name, _, _, _) in enumerate(channels))
    shown = "".join(f'<Channel Id="Channel:{i}"><Low>{low}</Low><High>{high}</High><Color>#FF{color}</Color></Channel>' for i, (_, low, high, color) in enumerate(channels))
    return f'<ImageDocument><Metadata><Information><Image><Dimensions><Channels>{ids}</Channels></Dimensions><ObjectiveSettings><ObjectiveRef Id="Objective:1"/></ObjectiveSettings></Image>{objective}</Information><Scaling><Items>{distances}</Items></Scaling><DisplaySetting><Channels>{shown}</Channels></DisplaySetting></Metadata></ImageDocument>'.encode()


def paint(width, height, x0=0, y0=0):
    y, x = np.mgrid[y0 : y0 + height, x0 : x0 + width]
    return np.stack([(x * 3 + y) % 256, (y * 5) % 256, ((x // 16 + y // 16) % 2) * 90 + 60], -1).astype(np.uint8)


def axes(x, y, width, height, reduction=1, **more):
    sizes = {"X": (x, width * reduction, width), "Y": (y, height * reduction, height)}
    return {**sizes, **{name: (value, 1, 1) for name, value in more.items()}}


def main():
    (HERE / "czi").mkdir(exist_ok=True)
    files = {}

    # Two scenes with a pyramid each; the second scene has one level more, which is therefore left out. Label as nested CZI.
    compressions = {"bgr24-scenes-raw": 0, "bgr24-scenes-zstd0": 5, "bgr24-scenes-zstd1": 6, "bgr24-scenes-jpeg": 1}
    for name, compression in compressions.items():
        images = []
        for scene, (x, y) in enumerate([(-40, 100), (200, 20)]):
            for m, (dx, dy) in enumerate([(0, 0), (56, 0), (0, 60)]):
                images.append((3, compression, axes(x + dx, y + dy, 64, 64, C=0, S=scene, M=m), paint(64, 64, x + dx + 40, y + dy)))
            images.append((3, compression, axes(x, y, 60, 62, 2, C=0, S=scene, M=0), paint(60, 62, scene, 0)))
        images.append((3, compression, axes(200, 20, 30, 31, 4, C=0, S=1, M=0), paint(30, 31)))
        label = paint(50, 40)
        nested = write([(3, 0, axes(0, 0, 50, 40), label)], metadata(100))
        (HERE / "czi" / f"{name}.czi").write_bytes(write(images, metadata(0.25), [(b"Label", b"CZI", nested)]))
        by_level = {2: [], 1: []}
        for where, samples in read(HERE / "czi" / f"{name}.czi"):
            reduction = where["X"][1] // where["X"][2]
            if reduction in by_level:
                by_level[reduction].append(({**where, "X": (where["X"][0] // reduction, where["X"][2]), "Y": (where["Y"][0] // reduction, where["Y"][2])}, samples))
        levels = [canvas(by_level[reduction], 255, lambda samples: samples) for reduction in (1, 2)]
        files[f"{name}.czi"] = describe(levels, [0.25, 0.25], objectivePower=20, associated={"label": [50, 40, digest(label)]})

    # Two channels of 16 bits, three focal planes, in ranges and colours of the display settings.
    shown = [("DAPI", 0.1, 0.5, "00A1FF"), ("Cy5", 0, 1, "FF0000")]
    images = []
    expected = np.zeros((70, 90, 3), np.int64)
    for c, (_, low, high, color) in enumerate(shown):
        for z in range(3):
            y, x = np.mgrid[:70, :90]
            samples = ((x * 700 + y * (300 + 100 * c) + z * 5000) % 65536).astype(np.uint16)
            images.append((1, 6, axes(0, 0, 90, 70, C=c, Z=z), samples))
            if z == 1:
                rgb = [int(color[i : i + 2], 16) for i in (0, 2, 4)]
                expected = np.minimum(255, expected + light(samples, (low * 65535, high * 65535), rgb))
    (HERE / "czi" / "gray16-two-channels-z.czi").write_bytes(write(images, metadata(0.5, shown)))
    files["gray16-two-channels-z.czi"] = describe([expected], [0.5, 0.5], objectivePower=20, channels=["DAPI, #00a1ff, 6553.5 to 32767.5", "Cy5, #ff0000, 0 to 65535"])

    shared = {}
    if SHARED.exists():
        name = "newCZI_compressed.czi"
        (one,) = read(SHARED / name)
        shared[name] = describe([canvas([one], 0, lambda samples: light(samples, window(samples), (255, 255, 255)))], None)
        name = "CellDivision_T3_Z6_CH1_X300_Y200_DCV_ZSTD.czi"
        chosen = [one for one in read(SHARED / name) if one[0]["Z"][0] == 3 and one[0]["T"][0] == 1]
        high = 0.05017963184997948 * 65535
        um = 9.057667415221031e-08 * 1e6
        shared[name] = describe([canvas(chosen, 0, lambda samples: light(samples, (0, high), (255, 126, 0)))], [um, um], channels=["LED555, #ff7e00, 0 to 3288.52"])
        name = "S3_1Pos_2Mosaic_T1_Z1_CH1.czi"
        low, high = 0.0020364104691576275 * 65535, 0.057651505578748465 * 65535
        finest = [one for one in read(SHARED / name) if one[0]["X"][1] == one[0]["X"][2]]
        shared[name] = describe([canvas(finest, 0, lambda samples: light(samples, (low, high), (0, 161, 255)))], [1.6, 1.6])
    (HERE / "czi.json").write_text(json.dumps({"files": files, "shared": shared}, indent=1) + "\n", encoding="utf-8")


main()
