"""ResNet-18 (He et al., 2015), for the examples: what torchvision.models.resnet18 gives, in a few lines of
torch."""

import torch
from torch import nn


class Block(nn.Module):
    """Two 3 x 3 convolutions and a way past them."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.past: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.past = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(x) + self.past(x))


def resnet18(classes: int, width: int = 64) -> nn.Module:
    """``width`` channels in the first stage; 64 is the paper's."""
    layers: list[nn.Module] = [
        nn.Conv2d(3, width, 7, 2, 3, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, 1),
    ]
    for stage, channels in enumerate((width, 2 * width, 4 * width, 8 * width)):
        inputs = channels if stage == 0 else channels // 2
        layers += [Block(inputs, channels, 1 if stage == 0 else 2), Block(channels, channels, 1)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8 * width, classes))
