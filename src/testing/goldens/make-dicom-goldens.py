"""Writes dicom.json: what pydicom (and Pillow's libjpeg, dcmtk's dcmdjpls) read from the shared DICOM slides.

Usage: python3 make-dicom-goldens.py SHARED_DATA > dicom.json; npx biome format --write dicom.json
(Debian: python3-pydicom, python3-pil, dcmtk)

Each level is put together from its frames and hashed as RGB, row by row; monochrome optical paths are added up in the colours
of src/slide/formats/dicom-wsi.ts.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import pydicom
from PIL import Image
from pydicom.encaps import generate_pixel_data_frame

COLORS = [(0, 0, 255), (0, 255, 0), (255, 0, 0)]
SLIDES = {
    "jcupitt-cmu-1-small-region": "level-*",
    "BPAEC": "*_0",
    "highdicom/sm_image.dcm": "",
    "highdicom/sm_image_grayscale.dcm": "",
    "highdicom/sm_image_jpegls.dcm": "",
}


def frames_of(path):
    dataset = pydicom.dcmread(path)
    if dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.80":
        with tempfile.NamedTemporaryFile() as plain:
            subprocess.run(["dcmdjpls", path, plain.name], check=True)
            return frames_of(plain.name)
    count = int(dataset.NumberOfFrames)
    shape = (count, dataset.Rows, dataset.Columns) + ((3,) if dataset.SamplesPerPixel == 3 else ())
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        frames = [np.asarray(Image.open(io.BytesIO(f))) for f in generate_pixel_data_frame(dataset.PixelData, count)]
        return dataset, np.stack(frames)
    dtype = "<u2" if dataset.BitsAllocated == 16 else "u1"
    frames = np.frombuffer(dataset.PixelData, dtype)[: np.prod(shape)].reshape(shape)
    if dataset.get("PlanarConfiguration", 0) == 1:
        frames = np.moveaxis(frames.reshape(count, 3, dataset.Rows, dataset.Columns), 1, 3)
    if dtype == "<u2":
        frames = np.minimum(255, frames >> max(0, dataset.BitsStored - 8)).astype(np.uint8)
    return dataset, frames


def level(path):
    dataset, frames = frames_of(path)
    width, height = dataset.TotalPixelMatrixColumns, dataset.TotalPixelMatrixRows
    cols, rows = -(-width // dataset.Columns), -(-height // dataset.Rows)
    planes = len(frames) // (cols * rows)
    whole = []
    for plane in frames.reshape(planes, rows, cols, *frames.shape[1:]):
        joined = np.concatenate([np.concatenate(list(row), axis=1) for row in plane], axis=0)
        whole.append(joined[:height, :width])
    if whole[0].ndim == 3:
        rgb = whole[0]
    elif planes == 1:
        rgb = np.repeat(whole[0][..., None], 3, axis=2)
    else:
        rgb = np.zeros((height, width, 3), np.int32)
        for grey, color in zip(whole, COLORS):
            rgb += grey[..., None].astype(np.int32) * np.array(color) // 255
        rgb = np.minimum(255, rgb).astype(np.uint8)
    digest = hashlib.sha256(np.ascontiguousarray(rgb).tobytes()).hexdigest()
    spacing = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
    return [int(width), int(height), float(spacing[1]) * 1000, digest]


import glob

root = os.path.join(sys.argv[1], "slides/dicom")
result = {}
for name, pattern in SLIDES.items():
    paths = glob.glob(os.path.join(root, name, pattern)) if pattern else [os.path.join(root, name)]
    result[name] = sorted((level(path) for path in paths), key=lambda one: -one[0])
print(json.dumps({"pydicom": pydicom.__version__, "slides": result}, indent=1))
