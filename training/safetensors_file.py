"""Reads and writes .safetensors: u64 LE header length, JSON header padded to 8 bytes, raw little-endian rows.

@see https://github.com/huggingface/safetensors (format section). Debian has no safetensors package."""
import json
import os
import struct
from pathlib import Path
from typing import Dict, Mapping, Tuple

import numpy as np

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "U8": "|u1", "I8": "|i1"}
NAMES = {np.dtype(v): k for k, v in DTYPES.items()}


def write_safetensors(path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str] = {}) -> None:
    """Writes the tensors in the given order; whole or not at all."""
    header: Dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for name, array in tensors.items():
        header[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    temporary = Path(f"{path}.part")
    with open(temporary, "wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            stream.write(np.ascontiguousarray(array).tobytes())
    os.replace(temporary, path)


def read_safetensors(path: Path) -> Tuple[Dict[str, np.ndarray], Dict[str, str]]:
    """Tensors by name, and the metadata. @raises ValueError for a file whose header does not fit its bytes."""
    data = Path(path).read_bytes()
    if len(data) < 8:
        raise ValueError(f"{path}: too short")
    (length,) = struct.unpack_from("<Q", data)
    if 8 + length > len(data):
        raise ValueError(f"{path}: header runs past the end")
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = np.dtype(DTYPES[entry["dtype"]])
        count = int(np.prod(entry["shape"], dtype=np.int64))
        if not 0 <= begin <= end <= len(data) - 8 - length or end - begin != count * dtype.itemsize:
            raise ValueError(f"{path}: {name} does not fit the file")
        tensors[name] = np.frombuffer(data, dtype, count, 8 + length + begin).reshape(entry["shape"])
    return tensors, metadata
