"""The network of Ilse, Tomczak and Welling (2018) over any features."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks import BagOutput, GatedAttention, pool

HIDDEN = 128


class PlainAttention(nn.Module):
    """score = w . tanh(V h), Ilse et al. 2018, eq. 8 (with biases)."""

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.v, self.w = nn.Linear(features, hidden), nn.Linear(hidden, 1)

    def forward(self, h: Tensor) -> Tensor:
        return self.w(torch.tanh(self.v(h))).squeeze(1)


class PaperMil(nn.Module):
    """Instances [N,...] -> features [N,dim] -> attention (eq. 8; gated: eq. 9) and a linear classifier of the pooled features."""

    def __init__(self, features: nn.Module, dim: int, gated: bool) -> None:
        super().__init__()
        self.features = features
        self.attention = GatedAttention(dim, HIDDEN) if gated else PlainAttention(dim, HIDDEN)
        self.classifier = nn.Linear(dim, 1)

    def encode(self, instances: Tensor) -> Tensor:
        return self.features(instances)

    def score(self, h: Tensor) -> Tensor:
        return self.attention(h)

    def value(self, h: Tensor) -> Tensor:
        return F.linear(h, self.classifier.weight).squeeze(1)

    @property
    def bias(self) -> Tensor:
        return self.classifier.bias[0]

    def forward(self, instances: Tensor) -> BagOutput:
        return pool(self, self.encode(instances))
