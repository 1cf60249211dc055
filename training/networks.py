"""The two networks of milscope, in PyTorch. `src/model` is their port to TensorFlow.js.

Both are attention multiple instance learning (Ilse, Tomczak, Welling 2018): tiles of one slide [N,3,T,T] float32 go in;
the bag's logit, the attention scores (before the softmax) and the value of each tile w.h_k come out, so that
    attention = softmax(scores),   logit = sum_k attention_k * values_k + bias,   p(malignant) = sigmoid(logit / temperature).
The last layer is linear over the pooled features, therefore the sum over tiles is exact, not an approximation.

Input of both: x = (v * scale - mean) / std per channel, v in 0..255, RGB; the constants stand in the model's manifest.
"""
from typing import NamedTuple, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class BagOutput(NamedTuple):
    """Result for one bag of N tiles."""

    logit: Tensor  # [] before temperature and sigmoid
    attention: Tensor  # [N] float, sums to 1 (the article's `A.byte()` turned all of them to 0)
    scores: Tensor  # [N] before the softmax, comparable across bags
    values: Tensor  # [N] w.h_k, without the bias


class SeedAttention(nn.Module):
    """The network of the seed article, exactly; 22,465,238 parameters; T = 128.

    Keys of the state_dict (PyTorch layouts: conv [out,in,kh,kw], linear [out,in]):
        feature_extractor_part1.0.{weight [36,3,4,4], bias}     conv, stride 1, no padding -> ReLU -> maxpool 2
        feature_extractor_part1.3.{weight [48,36,3,3], bias}    conv -> ReLU -> maxpool 2  -> [48,30,30], flattened c*900+y*30+x
        feature_extractor_part2.0.{weight [512,43200], bias}    -> ReLU -> dropout .5 (training only)
        feature_extractor_part2.3.{weight [512,512], bias}      -> ReLU -> dropout .5 (training only)
        attention.0.{weight [128,512], bias}                    -> tanh
        attention.2.{weight [1,128], bias}                      score of a tile
        classifier.0.{weight [1,512], bias}                     value of a tile and the bias of the logit
    """

    def __init__(self) -> None:
        super().__init__()
        self.L, self.D, self.K = 512, 128, 1
        self.feature_extractor_part1 = nn.Sequential(
            nn.Conv2d(3, 36, kernel_size=4), nn.ReLU(), nn.MaxPool2d(2, stride=2),
            nn.Conv2d(36, 48, kernel_size=3), nn.ReLU(), nn.MaxPool2d(2, stride=2),
        )
        self.feature_extractor_part2 = nn.Sequential(
            nn.Linear(48 * 30 * 30, self.L), nn.ReLU(), nn.Dropout(),
            nn.Linear(self.L, self.L), nn.ReLU(), nn.Dropout(),
        )
        self.attention = nn.Sequential(nn.Linear(self.L, self.D), nn.Tanh(), nn.Linear(self.D, self.K))
        self.classifier = nn.Sequential(nn.Linear(self.L * self.K, 1), nn.Sigmoid())

    def encode(self, tiles: Tensor) -> Tensor:
        """[B,3,128,128] -> features [B,512]."""
        return self.feature_extractor_part2(self.feature_extractor_part1(tiles).flatten(1))

    def score(self, features: Tensor) -> Tensor:
        """[B,512] -> attention scores [B]."""
        return self.attention(features).squeeze(1)

    def value(self, features: Tensor) -> Tensor:
        """[B,512] -> w.h [B], without the bias."""
        return F.linear(features, self.classifier[0].weight).squeeze(1)

    @property
    def bias(self) -> Tensor:
        return self.classifier[0].bias[0]

    def forward(self, tiles: Tensor) -> BagOutput:
        return pool(self, self.encode(tiles))


class SeedTied(SeedAttention):
    """The seed network while it trains on few images: weights of its two wide layers are shared between places of the tile.

    Of the 512 units of the 43200 -> 512 layer, 504 are 56 filters at 3 x 3 places: unit c*9 + place sees 12 x 12 of the 30 x 30 map
    through a filter of 4 x 4 steps. The 512 -> 512 layer weighs the nine places of a filter alike. So 22,381,568 weights become 71,000
    and a gland counts the same wherever it lies. BatchNorm is affine and folds into the layer beside it. `plain()` writes the same
    function as the article's network, layer by layer."""

    FILTERS, PLACES, STEP = 56, 3, 3  # STEP: places of the map that share one weight of a filter, and filter steps between two places

    def __init__(self) -> None:
        super().__init__()
        self.feature_extractor_part2 = nn.Sequential(
            nn.Conv2d(48, self.FILTERS, 4, stride=3), nn.ReLU(), nn.Dropout(0.1),
            nn.Linear(self.FILTERS, self.L), nn.ReLU(), nn.Dropout(),
        )
        self.bn1, self.bn2 = nn.BatchNorm2d(36), nn.BatchNorm2d(48)
        self.bn3, self.bn4 = nn.BatchNorm2d(self.FILTERS), nn.BatchNorm1d(self.FILTERS)

    def encode(self, tiles: Tensor) -> Tensor:
        conv1, relu, maxpool, conv2 = self.feature_extractor_part1[:4]
        filters, _, drop1, mix, _, drop2 = self.feature_extractor_part2
        x = maxpool(relu(self.bn1(conv1(tiles))))
        x = maxpool(relu(self.bn2(conv2(x))))
        x = relu(self.bn3(filters(F.avg_pool2d(x, self.STEP))))
        return drop2(relu(mix(self.bn4(drop1(x.mean((2, 3)))))))

    @torch.no_grad()
    def plain(self) -> SeedAttention:
        """The article's network with these weights."""
        state = {k: v.double() for k, v in self.state_dict().items() if not k.startswith("bn")}
        for bn, layer in ((self.bn1, "feature_extractor_part1.0"), (self.bn2, "feature_extractor_part1.3"),
                          (self.bn3, "feature_extractor_part2.0")):
            scale = (bn.weight / torch.sqrt(bn.running_var + bn.eps)).double()
            state[f"{layer}.weight"] *= scale.view(-1, 1, 1, 1)
            state[f"{layer}.bias"] = (state[f"{layer}.bias"] - bn.running_mean) * scale + bn.bias
        fine = state["feature_extractor_part2.0.weight"] / self.STEP**2
        fine = fine.repeat_interleave(self.STEP, 2).repeat_interleave(self.STEP, 3)
        units, size, stride = self.FILTERS * self.PLACES**2, fine.shape[-1], self.STEP * 3
        wide = torch.zeros(self.L, 48, 30, 30, dtype=torch.float64)
        for place in range(self.PLACES**2):
            y, x = stride * (place // self.PLACES), stride * (place % self.PLACES)
            wide[place:units:self.PLACES**2, :, y:y + size, x:x + size] = fine
        bias = torch.zeros(self.L, dtype=torch.float64)
        bias[:units] = state["feature_extractor_part2.0.bias"].repeat_interleave(self.PLACES**2)
        scale = (self.bn4.weight / torch.sqrt(self.bn4.running_var + self.bn4.eps)).double()
        mix = state["feature_extractor_part2.3.weight"]
        mixed = torch.zeros(self.L, self.L, dtype=torch.float64)
        mixed[:, :units] = (mix * scale / self.PLACES**2).repeat_interleave(self.PLACES**2, 1)
        state["feature_extractor_part2.0.weight"], state["feature_extractor_part2.0.bias"] = wide.flatten(1), bias
        state["feature_extractor_part2.3.weight"] = mixed
        state["feature_extractor_part2.3.bias"] = state["feature_extractor_part2.3.bias"] + mix @ (self.bn4.bias - self.bn4.running_mean * scale)
        network = SeedAttention()
        network.load_state_dict(state)
        return network.eval()


class ConvBlock(nn.Module):
    """Conv 3x3, stride 2, padding 1 on every side, no bias -> BatchNorm (eps 1e-5) -> ReLU: [B,c,s,s] -> [B,o,s/2,s/2]."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class CompactEncoder(nn.Module):
    """Strided conv blocks, then [global average ; global max] -> Linear -> ReLU: [B,3,T,T] -> [B,feature_dim]."""

    def __init__(self, channels: Sequence[int], feature_dim: int, dropout: float) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(ConvBlock(i, o) for i, o in zip([3, *channels], channels)))
        self.project = nn.Linear(2 * channels[-1], feature_dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(x)
        x = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)  # average first, then max
        return self.dropout(F.relu(self.project(x)))


class GatedAttention(nn.Module):
    """score = w . (tanh(V h) * sigmoid(U h)), Ilse et al. 2018, eq. 9 (with biases)."""

    def __init__(self, feature_dim: int, hidden: int) -> None:
        super().__init__()
        self.v, self.u, self.w = nn.Linear(feature_dim, hidden), nn.Linear(feature_dim, hidden), nn.Linear(hidden, 1)

    def forward(self, h: Tensor) -> Tensor:
        return self.w(torch.tanh(self.v(h)) * torch.sigmoid(self.u(h))).squeeze(1)


class CompactMil(nn.Module):
    """The compact default: any T that is a multiple of 16; about 0.15 M parameters.

    Keys of the state_dict as exported (i = 0..len(channels)-1; PyTorch layouts):
        encoder.blocks.{i}.conv.weight [o,c,3,3]                 stride 2, padding 1 on all four sides (not TensorFlow's 'same')
        encoder.blocks.{i}.bn.{weight,bias,running_mean,running_var} [o]   eps 1e-5, then ReLU
        encoder.project.{weight [feature_dim, 2*channels[-1]], bias}   over [global average ; global max], then ReLU
        attention.v.{weight [hidden,feature_dim], bias}          tanh
        attention.u.{weight [hidden,feature_dim], bias}          sigmoid
        attention.w.{weight [1,hidden], bias}                    score of a tile
        classifier.{weight [1,feature_dim], bias}                value of a tile and the bias of the logit
    (`num_batches_tracked` counters are not exported.)
    """

    def __init__(self, channels: Sequence[int] = (32, 48, 64, 96), feature_dim: int = 128, hidden: int = 64,
                 dropout: float = 0.0) -> None:
        super().__init__()
        self.channels, self.feature_dim, self.hidden = tuple(channels), feature_dim, hidden
        self.encoder = CompactEncoder(channels, feature_dim, dropout)
        self.attention = GatedAttention(feature_dim, hidden)
        self.classifier = nn.Linear(feature_dim, 1)

    def encode(self, tiles: Tensor) -> Tensor:
        """[B,3,T,T] -> features [B,feature_dim]."""
        return self.encoder(tiles)

    def score(self, features: Tensor) -> Tensor:
        """[B,feature_dim] -> attention scores [B]."""
        return self.attention(features)

    def value(self, features: Tensor) -> Tensor:
        """[B,feature_dim] -> w.h [B], without the bias."""
        return F.linear(features, self.classifier.weight).squeeze(1)

    @property
    def bias(self) -> Tensor:
        return self.classifier.bias[0]

    def forward(self, tiles: Tensor) -> BagOutput:
        return pool(self, self.encode(tiles))


def pool(network: nn.Module, features: Tensor) -> BagOutput:
    """Attention pooling of one bag: features [N,D] -> BagOutput. Ilse et al. 2018, eq. 7."""
    scores, values = network.score(features), network.value(features)
    attention = torch.softmax(scores, dim=0)
    return BagOutput((attention * values).sum() + network.bias, attention, scores, values)


def forward_bags(network: nn.Module, tiles: Tensor, sizes: Sequence[int]) -> Tensor:
    """Logits [len(sizes)] of several bags laid one after another in tiles [sum(sizes),3,T,T].

    One pass of the encoder for all of them, so that BatchNorm sees more than one slide."""
    features = network.encode(tiles)
    return torch.stack([pool(network, part).logit for part in features.split(list(sizes))])


def parameter_count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())
