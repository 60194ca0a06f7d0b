"""ResNet-18 for 32 x 32 images: the network of the book's image experiments, in one page."""

import torch
from torch import nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions whose result is added to their input.

    Source: He et al. 2016 (Deep residual learning), figure 2, with batch norm after each
    convolution.

    >>> ResidualBlock(8, 16, stride=2)(torch.zeros(1, 8, 32, 32)).shape
    torch.Size([1, 16, 16, 16])
    """

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        # No biases: the batch norm behind each convolution has one of its own.
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()  # the identity, where the shapes agree
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (batch, channels_in, h, w) to (batch, channels, h / stride, w / stride)."""
        out = F.relu(self.norm1(self.conv1(x)))  # (batch, channels, h / stride, w / stride)
        out = self.norm2(self.conv2(out))
        return F.relu(out + self.shortcut(x))


class ResNet18(nn.Module):
    """ResNet-18 with a 3 x 3 stem and no max-pooling, as is usual for CIFAR.

    classes: outputs. width: channels of the first stage; 64 is ResNet-18 (11,173,962 parameters
    for ten classes), less is a thin one for trials. Weights begin as torch initialises them.

    Source: He et al. 2016, table 1 (18 layers), with the stem of its section 4.2.

    >>> ResNet18(width=4)(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, classes: int = 10, width: int = 64) -> None:
        super().__init__()
        w = width
        self.stem = nn.Conv2d(3, w, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(w)
        self.stage1 = nn.Sequential(ResidualBlock(w, w, 1), ResidualBlock(w, w, 1))
        self.stage2 = nn.Sequential(ResidualBlock(w, 2 * w, 2), ResidualBlock(2 * w, 2 * w, 1))
        self.stage3 = nn.Sequential(ResidualBlock(2 * w, 4 * w, 2), ResidualBlock(4 * w, 4 * w, 1))
        self.stage4 = nn.Sequential(ResidualBlock(4 * w, 8 * w, 2), ResidualBlock(8 * w, 8 * w, 1))
        self.head = nn.Linear(8 * w, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (batch, classes) for images x (batch, 3, 32, 32)."""
        x = F.relu(self.norm(self.stem(x)))  # (batch, w, 32, 32)
        x = self.stage1(x)  # (batch, w, 32, 32)
        x = self.stage2(x)  # (batch, 2 w, 16, 16)
        x = self.stage3(x)  # (batch, 4 w, 8, 8)
        x = self.stage4(x)  # (batch, 8 w, 4, 4)
        x = x.mean(dim=(2, 3))  # (batch, 8 w)
        return self.head(x)
