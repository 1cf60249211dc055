"""Bags of tiles: cut from plain images, or read from the safetensors shards of `milscope tiles`."""
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Protocol, Sequence, Tuple

import numpy as np
from PIL import Image

from labels import LabelledSlide
from safetensors_file import read_safetensors


class BagSource(Protocol):
    """Numbered bags. `read(i, rng)` gives tiles [N,T,T,3] uint8, N >= 1; an rng asks for a random cut, None for the one of inference."""

    labels: List[int]
    names: List[str]

    def read(self, index: int, rng: Optional[np.random.Generator]) -> np.ndarray: ...


@dataclass(frozen=True)
class GridSpec:
    """The manifest's bag protocol 'tissue-grid'."""

    tile_px: int
    mpp: float  # µm per px wanted
    min_tissue: float  # smallest share of tissue in a tile, 0..1
    max_tiles: int = 4096
    seed: int = 1

    def manifest(self) -> Dict[str, object]:
        """The same as the manifest's BagSpec."""
        return {"protocol": "tissue-grid", "tilePx": self.tile_px, "mpp": self.mpp, "minTissue": self.min_tissue,
                "maxTiles": self.max_tiles, "seed": self.seed}


def tissue_mask(rgb: np.ndarray) -> np.ndarray:
    """True where a pixel is tissue: neither bright and grey (glass) nor black. [...,3] uint8 -> [...] bool."""
    high, low = rgb.max(-1).astype(int), rgb.min(-1).astype(int)
    return ~((low > 200) & (high - low < 25)) & (high > 40)


def resample(image: Image.Image, factor: float) -> np.ndarray:
    """Area-averaged down by `factor` (>= 1): uint8 [h,w,3]; a part of a pixel at the right and lower edge is dropped."""
    if abs(factor - round(factor)) < 1e-6:
        n = round(factor)
        whole = image.crop((0, 0, image.width // n * n, image.height // n * n))
        return np.asarray(whole if n == 1 else whole.reduce(n))
    width, height = int(image.width / factor), int(image.height / factor)
    return np.asarray(image.resize((width, height), Image.BOX, box=(0, 0, width * factor, height * factor)))


def measured_px(picture: np.ndarray, size: int) -> int:
    """Px of a tile of which its share of tissue is taken: along an axis on which the picture is shorter, those that lie on it."""
    return min(size, picture.shape[0]) * min(size, picture.shape[1])


def cut_grid(picture: np.ndarray, spec: GridSpec) -> np.ndarray:
    """Tiles [N,T,T,3] of the grid from the upper left corner, white beyond the edge, those with enough tissue.

    Never empty: where no tile has enough, the one with most tissue is given."""
    size = spec.tile_px
    columns, rows = -(-picture.shape[1] // size), -(-picture.shape[0] // size)
    canvas = np.full((rows * size, columns * size, 3), 255, np.uint8)
    canvas[:picture.shape[0], :picture.shape[1]] = picture
    tiles = canvas.reshape(rows, size, columns, size, 3).swapaxes(1, 2).reshape(-1, size, size, 3)
    share = tissue_mask(tiles).sum((1, 2)) / measured_px(picture, size)
    chosen = np.flatnonzero(share >= spec.min_tissue)
    return tiles[chosen] if len(chosen) else tiles[[int(share.argmax())]]


class ImageBags:
    """Bags cut from image files in memory; all images have the same µm/px."""

    SCALES = (0.85, 0.92, 1.0, 1.08, 1.18)  # size jitter of the random cut

    def __init__(self, folder: Path, slides: Sequence[LabelledSlide], image_mpp: float, spec: GridSpec) -> None:
        self.spec = spec
        self.labels = [s.label for s in slides]
        self.names = [s.id for s in slides]
        self.grids: List[np.ndarray] = []
        self.pictures: List[List[Tuple[np.ndarray, np.ndarray, int]]] = []  # padded picture, the running sums of its tissue mask
        for slide in slides:
            with Image.open(folder / slide.id) as opened:
                image = opened.convert("RGB")
            factor = spec.mpp / image_mpp
            self.grids.append(cut_grid(resample(image, factor), spec))
            self.pictures.append([self._prepare(resample(image, factor * s)) for s in self.SCALES])

    def _prepare(self, picture: np.ndarray) -> Tuple[np.ndarray, np.ndarray, int]:
        size = self.spec.tile_px
        high, wide = max(picture.shape[0], size), max(picture.shape[1], size)
        padded = np.full((high, wide, 3), 255, np.uint8)
        padded[:picture.shape[0], :picture.shape[1]] = picture
        sums = np.zeros((high + 1, wide + 1), np.int64)
        sums[1:, 1:] = tissue_mask(padded).cumsum(0).cumsum(1)
        return padded, sums, measured_px(picture, size)

    def read(self, index: int, rng: Optional[np.random.Generator]) -> np.ndarray:
        """Random cut: a random size and as many tiles at random places as the grid has."""
        grid = self.grids[index]
        if rng is None:
            return grid
        picture, sums, measured = self.pictures[index][int(rng.integers(len(self.SCALES)))]
        size = self.spec.tile_px
        tiles = []
        for _ in range(4 * len(grid)):
            y, x = int(rng.integers(picture.shape[0] - size + 1)), int(rng.integers(picture.shape[1] - size + 1))
            tissue = sums[y + size, x + size] - sums[y, x + size] - sums[y + size, x] + sums[y, x]
            if tissue >= self.spec.min_tissue * measured:
                tiles.append(picture[y:y + size, x:x + size])
            if len(tiles) == len(grid):
                break
        return np.stack(tiles) if tiles else grid


class ShardBags:
    """Bags from the shards that `milscope tiles` wrote: `index.json` beside safetensors files, read when needed."""

    def __init__(self, folder: Path, slides: Sequence[LabelledSlide], max_tiles: int = 64) -> None:
        """At most `max_tiles` of a bag are used in a training step."""
        index = read_index(folder)
        rows = {row["id"]: row for row in index["slides"]}
        missing = [s.id for s in slides if s.id not in rows]
        if missing:
            failed = {row["id"]: row["message"] for row in index.get("failed", [])}
            reason = f" ({failed[missing[0]]})" if missing[0] in failed else ""
            raise ValueError(f"{folder}: {len(missing)} labelled slides have no shard, the first is {missing[0]}{reason}")
        self.folder, self.max_tiles, self.bag = folder, max_tiles, index["bag"]
        self.rows = [rows[s.id] for s in slides]
        self.labels, self.names = [s.label for s in slides], [s.id for s in slides]

    def tensors(self, index: int) -> Dict[str, np.ndarray]:
        """tiles uint8 [N,T,T,3], xy int32 [N,2] (level-0 px), tissue_fraction [N], and lesion_fraction [N] where masks were given."""
        return read_safetensors(self.folder / self.rows[index]["file"])[0]

    def read(self, index: int, rng: Optional[np.random.Generator]) -> np.ndarray:
        """Random cut: at most `max_tiles` of the bag, drawn without replacement."""
        tiles = self.tensors(index)["tiles"]
        if rng is None or len(tiles) <= self.max_tiles:
            return tiles
        return tiles[np.sort(rng.choice(len(tiles), self.max_tiles, replace=False))]


def read_index(folder: Path) -> dict:
    """index.json: { formatVersion, bag, slides, failed }; see README.md."""
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    if index.get("formatVersion") != 1:
        raise ValueError(f"{folder}: index.json has format version {index.get('formatVersion')}, this reader knows 1")
    return index


def shard_slides(folder: Path) -> List[LabelledSlide]:
    """The slides of the index that have a label."""
    return [LabelledSlide(row["id"], int(row["label"]), row.get("group") or None, row.get("stratum") or "", row.get("split") or None)
            for row in read_index(folder)["slides"] if row.get("label") is not None]


def channel_statistics(source: BagSource) -> Tuple[List[float], List[float]]:
    """Mean and standard deviation of each channel over all tiles, of values scaled to 0..1."""
    total, squares, n = np.zeros(3), np.zeros(3), 0
    for i in range(len(source.labels)):
        values = source.read(i, None).reshape(-1, 3).astype(np.float64) / 255
        total, squares, n = total + values.sum(0), squares + (values**2).sum(0), n + len(values)
    mean = total / n
    return mean.round(4).tolist(), np.sqrt(squares / n - mean**2).round(4).tolist()
