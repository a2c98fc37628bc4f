"""A residual network of ten layers for images of 64 x 64."""

import pathlib
import sys

from torch import nn

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "examples"))
from resnet import Block  # noqa: E402


def resnet10(classes: int, width: int = 16) -> nn.Module:
    layers: list[nn.Module] = [
        nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
    ]  # fmt: skip
    for inputs, outputs, stride in ((1, 1, 1), (1, 2, 2), (2, 4, 2), (4, 8, 2)):
        layers.append(Block(inputs * width, outputs * width, stride))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8 * width, classes))
