"""One judge for all image models of this part: a classifier's features, and two distances."""

import base64
import functools
import io
from collections.abc import Iterator

import numpy as np
import ot
import torch
from matplotlib.axes import Axes
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from otbook_utils.data import load
from otbook_utils.generative_models.frechet import frechet_distance, moments
from otbook_utils.generative_models.samples import checked_range, checked_samples
from otbook_utils.training import State, train

LARGEST = {"digits": 16, "mnist": 255}  # the value of a white pixel
EPOCHS = {"digits": 12, "mnist": 1}


@functools.cache  # both splits are read again by every chapter and every run
def image_set(name: str, split: str) -> tuple[Tensor, Tensor]:
    """Return images (n, 1, height, width) from 0 to 1 and labels (n,) of "digits" or "mnist".

    >>> image_set("digits", "test")[0].shape
    torch.Size([360, 1, 8, 8])
    """
    data = load(name, split)
    images = torch.from_numpy(data.x.astype(np.float32) / LARGEST[name]).unsqueeze(1)
    return images, torch.from_numpy(data.y)


class FeatureNet(nn.Module):
    """A small classifier whose last hidden layer, `features` (batch, 64), is what images are
    compared by.

    >>> net = FeatureNet((1, 8, 8))
    >>> net.features(torch.zeros(2, 1, 8, 8)).shape, net(torch.zeros(2, 1, 8, 8)).shape
    (torch.Size([2, 64]), torch.Size([2, 10]))
    """

    def __init__(self, shape: tuple[int, int, int], classes: int = 10, width: int = 16) -> None:
        super().__init__()
        channels, height, wide = self.shape = shape
        self.features = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(2 * width * (height // 4) * (wide // 4), 64),
            nn.ReLU(),
        )
        self.classes = nn.Linear(64, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (batch, classes)."""
        return self.classes(self.features(images))


class Judge:
    """What a set of generated images is held against: the test images of a data set.

    name: "digits" or "mnist". seed: of the classifier, which is trained here, on the training
    images alone and never on generated ones; the same seed gives the same judge.

    >>> judge = Judge("digits")
    >>> real, labels = image_set("digits", "test")
    >>> bool(judge.feature_fid(real) < 1e-6)
    True
    >>> bool((judge.classes(real) == labels).float().mean() > 0.9)
    True
    """

    def __init__(self, name: str, seed: int = 0) -> None:
        images, labels = image_set(name, "train")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.net = FeatureNet(tuple(images.shape[1:]))
        _train_classifier(self.net, images, labels, EPOCHS[name], seed)
        self.real = image_set(name, "test")[0]
        self.real_features = self.features(self.real)
        self.floor = frechet_distance(*moments(self.features(images)), *self._real_moments).item()

    @functools.cached_property
    def _real_moments(self) -> tuple[Tensor, Tensor]:
        return moments(self.real_features)

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """Return the features of images (n, 1, height, width) from 0 to 1: (n, 64)."""
        return torch.cat([self.net.features(part) for part in self._parts(images)])

    @torch.no_grad()
    def classes(self, images: Tensor) -> Tensor:
        """Return the class that the classifier sees in each image: (n,)."""
        return torch.cat([self.net(part).argmax(1) for part in self._parts(images)])

    def feature_fid(self, images: Tensor) -> float:
        """Return the Fréchet distance between the features of `images` and of the test images.

        It is a feature-FID and no FID: its features are not Inception's. `self.floor` is what the
        training images get. Raises ValueError for fewer than two images.
        """
        return frechet_distance(*moments(self.features(images)), *self._real_moments).item()

    def verdict(self, images: Tensor) -> dict[str, float]:
        """Return what a recorded run tells of its samples: "feature_fid" and "transport"."""
        fid, transport = self.feature_fid(images), self.transport_distance(images)
        return {"feature_fid": fid, "transport": transport}

    def transport_distance(self, images: Tensor, most: int = 1000) -> float:
        """Return the 1-Wasserstein distance between features of `images` and of the test images.

        most: how many of either are compared, the first ones; the exact plan of POT.
        """
        x, y = self.features(images[:most]), self.real_features[:most]
        cost = torch.cdist(x.double(), y.double()).numpy()
        return float(ot.emd2([], [], cost, numItermax=2_000_000))

    def _parts(self, images: Tensor) -> Iterator[Tensor]:
        images = checked_range(checked_samples(images, self.net.shape, "images"), 0, 1, "images")
        return iter(images.detach().split(1000))


@functools.cache  # runs of one process share it
def judge_of(name: str) -> Judge:
    """Return the judge that all chapters and recorded runs share, trained at the first call."""
    return Judge(name)


def mosaic(images: Tensor, columns: int = 8) -> str:
    """Return images (n, 1 or 3, height, width) from 0 to 1 in rows of `columns`: a PNG in base64.

    Small enough to be kept in the record of a run; `teaching` and the browser show it as it is.

    >>> mosaic(torch.zeros(4, 1, 8, 8), columns=2)[:8]
    'iVBORw0K'
    """
    n, channels, height, width = images.shape
    rows = images.reshape(n // columns, columns, channels, height, width).permute(0, 3, 1, 4, 2)
    values = (rows.reshape(-1, columns * width, channels) * 255).round().to(torch.uint8).numpy()
    file = io.BytesIO()
    Image.fromarray(values[..., 0] if channels == 1 else values).save(file, format="PNG")
    return base64.b64encode(file.getvalue()).decode()


def read_mosaic(text: str) -> np.ndarray:
    """Return the picture that `mosaic` wrote, uint8: (height, width), or (height, width, 3).

    >>> read_mosaic(mosaic(torch.ones(4, 1, 8, 8), columns=2)).shape
    (16, 16)
    """
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def show_picture(ax: Axes, picture: np.ndarray, title: str = "") -> None:
    """Show values from 0 to 255, (height, width) in grey or (height, width, 3), without axes.

    >>> import matplotlib.pyplot as plt
    >>> show_picture(plt.figure().gca(), np.zeros((2, 2)))
    """
    ax.imshow(picture, cmap="gray", vmin=0, vmax=255)
    ax.set_title(title)
    ax.set_axis_off()


def _train_classifier(
    net: FeatureNet, images: Tensor, labels: Tensor, epochs: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    state = State(net=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3))

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for chosen in torch.randperm(len(images), generator=generator).split(64):
            yield images[chosen], labels[chosen]

    def step(state: State, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        x, y = batch
        loss = F.cross_entropy(state.net(x), y)
        state.optimizer.zero_grad()
        loss.backward()
        state.optimizer.step()
        return {"loss": loss}

    train(state, step, batches, epochs=epochs, show="judge")
    net.eval()
