"""Augmentation of one bag: one draw for all its tiles, because a slide has one stain, one scanner and one way up.

Tiles are [N,T,T,3] uint8 in, [N,3,T,T] float32 in 0..255 out."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

# Optical density of haematoxylin, eosin and DAB, one stain a row (Ruifrok and Johnston 2001).
STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])


def to_planes(tiles: np.ndarray) -> Tensor:
    """uint8 [N,T,T,3] -> float32 [N,3,T,T], values unchanged."""
    return torch.from_numpy(np.ascontiguousarray(tiles.transpose(0, 3, 1, 2))).float()


def dihedral(planes: Tensor, k: int) -> Tensor:
    """The k-th of the 8 symmetries of the square, k in 0..7; [N,C,T,T]."""
    turned = torch.rot90(planes, k % 4, (2, 3))
    return turned.flip(3) if k >= 4 else turned


def jitter_stain(planes: Tensor, rng: np.random.Generator, strength: float) -> Tensor:
    """Scales and shifts the haematoxylin, eosin and residual densities (Tellez et al. 2019, HED augmentation)."""
    scale = 1 + strength * rng.uniform(-1, 1, 3)
    shift = 0.25 * strength * rng.uniform(-1, 1, 3)
    density = -torch.log((planes + 1) / 256)
    # Unmix, scale and mix again are one 3x3 matrix.
    mix = torch.from_numpy((np.linalg.inv(STAINS) * scale) @ STAINS).float()
    density = torch.einsum("nchw,cd->ndhw", density, mix) + torch.from_numpy(shift @ STAINS).float().view(1, 3, 1, 1)
    return (256 * torch.exp(-density) - 1).clamp(0, 255)


def jitter_light(planes: Tensor, rng: np.random.Generator, strength: float) -> Tensor:
    """Brightness, contrast and gamma of a scanner."""
    gamma = float(np.exp(strength * rng.uniform(-0.7, 0.7)))
    gain, offset = 1 + strength * rng.uniform(-0.5, 0.5), 255 * strength * rng.uniform(-0.25, 0.25)
    return (255 * (planes / 255) ** gamma * gain + offset).clamp(0, 255)


def blur_or_noise(planes: Tensor, rng: np.random.Generator, generator: torch.Generator) -> Tensor:
    """A soft focus, or sensor noise, or (half of the time) neither."""
    kind = rng.uniform()
    if kind < 0.25:
        c = float(rng.uniform(0.05, 0.2))
        line = torch.tensor([c, 1 - 2 * c, c])
        kernel = (line[:, None] * line[None, :]).view(1, 1, 3, 3).repeat(3, 1, 1, 1)
        return F.conv2d(F.pad(planes, (1, 1, 1, 1), mode="replicate"), kernel, groups=3)
    if kind < 0.5:
        return (planes + torch.randn(planes.shape, generator=generator) * float(rng.uniform(1, 6))).clamp(0, 255)
    return planes


def augment(tiles: np.ndarray, rng: np.random.Generator, stain: float = 0.25, light: float = 0.2) -> Tensor:
    """Dihedral, stain, light, focus: uint8 [N,T,T,3] -> float32 [N,3,T,T] in 0..255."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    planes = dihedral(to_planes(tiles), int(rng.integers(8)))
    planes = jitter_stain(planes, rng, stain)
    planes = jitter_light(planes, rng, light)
    return blur_or_noise(planes, rng, generator)
