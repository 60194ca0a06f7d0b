"""RealNVP on MNIST and on CIFAR-10, and kinds of masks on small digits, recorded.

`python -m otbook_utils reproduce realnvp-mnist`, `… realnvp-cifar` and `… realnvp-digits`.
"""

import io
import math
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn import functional as F

from otbook_utils.data import load
from otbook_utils.experiments import Experiment, Outcome, Run
from otbook_utils.generative_models.evaluation import image_set, judge_of, mosaic
from otbook_utils.normalizing_flows.images import MultiScaleRealNVP, bits_per_dim, dequantize
from otbook_utils.normalizing_flows.real_nvp_images.pixels import (
    ARRANGEMENTS,
    arrangement,
    manifold,
)
from otbook_utils.normalizing_flows.transforms import LogitTransform
from otbook_utils.training import State, seed_everything

SAMPLES = 2000  # that are judged
SCORED = 2000  # images of each kind whose bits are counted
RECORD = 10_000  # images that are seen between two records, the "epochs" here
LOGIT = LogitTransform(0.05)


def one_run(run: Run) -> Outcome:
    """Fit one model of MNIST's grey values; count bits of digits and of what is no digit."""
    judge, (levels, tests) = judge_of("mnist"), (_levels("train"), _levels("test"))
    seed_everything(run.seed)
    began = time.process_time()
    fit = _neighbours if run.row == "neighbours" else _flow
    records, bits_of, images, size, pictures = fit(run, levels, tests)
    trained = time.process_time() - began

    def bits(grey: Tensor) -> Tensor:
        with torch.no_grad():
            return torch.cat([bits_of(part) for part in grey[:SCORED].split(250)])

    began = time.process_time()
    samples = torch.cat([images(250) for _ in range(SAMPLES // 250)])
    seconds = time.process_time() - began
    records[-1] |= {"samples": mosaic(samples[:64])} | pictures
    known, trained_on = bits(tests), bits(levels)
    final = judge.verdict(samples) | {
        "bits": known.mean().item(),
        "train_bits": trained_on.mean().item(),
        "sample_seconds": seconds * 1000 / SAMPLES,
        "train_seconds": trained,
    }
    for name, change in OTHERS.items():
        strange = bits(change(tests[:SCORED]).round())
        final |= {f"{name}_bits": strange.mean().item()} | {
            f"{name}_{score}": _auroc(of(known), of(strange))
            for score, of in _scores(trained_on).items()
        }
    return Outcome(
        history=records,
        final=final,
        data={"train": load("mnist", "train").source, "test": load("mnist", "test").source},
        recipe={"parameters": size},
    )


# What is no digit, made of test digits with grey values from 0 to 255.
OTHERS: dict[str, Callable[[Tensor], Tensor]] = {
    "faded": lambda x: x / 2,
    "blurred": lambda x: F.avg_pool2d(x, 3, stride=1, padding=1),
    "half": lambda x: x * (torch.arange(28) < 14),
    "upside_down": lambda x: x.flip(2),
    "blank": lambda x: torch.zeros_like(x),
    "noise": lambda x: torch.randint(256, x.shape).float(),
}


def _scores(trained_on: Tensor) -> dict[str, Callable[[Tensor], Tensor]]:
    """Return two scores of strangeness: many bits, and bits far from what training images take."""
    usual = trained_on.mean()
    return {"by_bits": lambda bits: bits, "by_typicality": lambda bits: (bits - usual).abs()}


def _auroc(known: Tensor, strange: Tensor) -> float:
    truth = [0] * len(known) + [1] * len(strange)
    return float(roc_auc_score(truth, torch.cat([known, strange]).numpy()))


def _levels(split: str) -> Tensor:
    return (image_set("mnist", split)[0] * 255).round()


def _bits(log_prob: Callable[[Tensor], Tensor], levels: Tensor) -> Tensor:
    """Return the bits of each image, (batch,), with one draw of the noise."""
    z, log_det = LOGIT(dequantize(levels))
    return bits_per_dim(log_prob(z) + log_det, levels.shape[1:])


def _as_images(z: Tensor) -> Tensor:
    """Return images from 0 to 1 for logits z: what stands between two grey values is cut off."""
    return ((LOGIT.inverse(z)[0] * 256).floor() / 255).clamp(0, 1)


def _flow(run: Run, levels: Tensor, tests: Tensor, name: str = "mnist"):
    recipe, shape = run.recipe, levels.shape[1:]
    levels = levels[: recipe["images"]]
    model = MultiScaleRealNVP(shape, recipe["width"], recipe["blocks"], batch_norm=True)
    state = State(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=recipe["lr"]))
    in_all = recipe["epochs"] * math.ceil(RECORD / recipe["batch_size"])
    start = torch.randn(20, *shape)  # the same noise after every epoch

    def batches() -> Iterator[Tensor]:
        for chosen in torch.randperm(len(levels))[:RECORD].split(recipe["batch_size"]):
            yield levels[chosen]

    def step(state: State, x: Tensor) -> dict[str, Tensor]:
        state.model.train()
        done = state.steps_done / in_all  # up in a twentieth of the steps, then down a cosine
        rate = min(1.0, 20 * done + 0.02) * (1 + math.cos(math.pi * done)) / 2
        state.optimizer.param_groups[0]["lr"] = recipe["lr"] * rate
        loss = _bits(state.model.log_prob, x).mean()
        state.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(state.model.parameters(), recipe["clip"])
        state.optimizer.step()
        return {"batch_bits": loss}

    @torch.no_grad()
    def after_epoch(state: State) -> dict[str, object]:
        state.model.eval()
        test_bits = _bits(state.model.log_prob, tests[:500]).mean().item()
        made = _as_images(state.model.inverse(start)[0])
        return {"test_bits": test_bits, "samples": mosaic(made, columns=5)}

    history = run.train(
        state,
        step,
        batches,
        epochs=recipe["epochs"],
        after_epoch=after_epoch,
        made_of={"data": load(name, "train").source},
    )
    model.eval()
    size = sum(p.numel() for p in model.parameters())
    records = [dict(record) for record in history.epochs]

    def sample(n: int) -> Tensor:
        return _as_images(model.sample(n))

    def bits(levels: Tensor) -> Tensor:
        return _bits(model.log_prob, levels)

    return records, bits, sample, size, _pictures(model, tests)


@torch.no_grad()
def _pictures(model: MultiScaleRealNVP, tests: Tensor) -> dict[str, str]:
    """Return mosaics: equation 19's torus of four test images, and images with finer z drawn anew.

    "manifold": 9 × 9, φ by rows and φ′ by columns, both from 0 to 2π. "kept": a row of test images,
    then rows of them with the latents of the first scale, and of the first two, drawn anew.
    """
    corners = tests[torch.tensor([0, 1, 2, 4])]  # 7, 2, 1, 4
    z = model(LOGIT(dequantize(corners))[0])[0]
    angles = torch.linspace(0, 2 * math.pi, 9)
    torus = manifold(z, angles[:, None].expand(9, 9).flatten(), angles.repeat(9))
    digits = tests[:10]
    z, scale = model(LOGIT(dequantize(digits))[0])[0], model.scale_of_latents()
    rows = [digits / 255]
    for last in range(1, model.scales + 1):
        anew = torch.where(scale <= last, torch.randn_like(z), z)
        rows.append(_as_images(model.inverse(anew)[0]))
    return {
        "manifold": mosaic(_as_images(model.inverse(torus)[0]), columns=9),
        "kept": mosaic(torch.cat(rows), columns=10),
    }


def _neighbours(run: Run, levels: Tensor, tests: Tensor):
    """Fit the rival: how often each grey value follows its left and its upper neighbour."""
    counts = torch.full((16 * 16, 256), run.recipe["added"])
    counts += torch.bincount(
        _context(levels) * 256 + levels.long().flatten(), minlength=16 * 16 * 256
    ).reshape(16 * 16, 256)
    log_shares = (counts / counts.sum(1, keepdim=True)).log()

    def bits(levels: Tensor) -> Tensor:
        each = log_shares[_context(levels), levels.long().flatten()]
        return -each.reshape(len(levels), -1).mean(1) / math.log(2)

    def sample(n: int) -> Tensor:
        x = torch.zeros(n, 1, 29, 29, dtype=torch.long)  # with a black row above and one left
        for i in range(1, 29):
            for j in range(1, 29):
                context = (x[:, 0, i, j - 1] // 16) * 16 + x[:, 0, i - 1, j] // 16
                x[:, 0, i, j] = log_shares[context].exp().multinomial(1)[:, 0]
        return x[:, :, 1:, 1:] / 255

    record = {"epoch": 1, "test_bits": bits(tests[:500]).mean().item()}
    return [record], bits, sample, 16 * 16 * 255, {}


def _context(levels: Tensor) -> Tensor:
    """Return which of 16 × 16 contexts each pixel has: its left and upper neighbour, darkened."""
    around = F.pad(levels.long(), (1, 0, 1, 0))
    return ((around[:, :, 1:, :-1] // 16) * 16 + around[:, :, :-1, 1:] // 16).flatten()


def one_cifar_run(run: Run) -> Outcome:
    """Train one flow of CIFAR-10's colours, and count bits beside those of PNG files."""
    levels, tests = (
        torch.from_numpy(load("cifar10", split).x).permute(0, 3, 1, 2).float()
        for split in ("train", "test")
    )
    seed_everything(run.seed)
    records, bits_of, images, size, pictures = _flow(run, levels, tests, "cifar10")
    with torch.no_grad():
        known, trained_on = (
            torch.cat([bits_of(part) for part in grey[:SCORED].split(250)])
            for grey in (tests, levels)
        )
        records[-1] |= {"samples": mosaic(images(64))} | pictures
    return Outcome(
        history=records,
        final={
            "bits": known.mean().item(),
            "train_bits": trained_on.mean().item(),
            "png_bits": float(np.mean([_png_bits(image) for image in tests[:SCORED]])),
        },
        data={split: load("cifar10", split).source for split in ("train", "test")},
        recipe={"parameters": size},
    )


def _png_bits(levels: Tensor) -> float:
    """Return how many bits a number of one image (3, height, width) takes in a PNG file."""
    file = io.BytesIO()
    pixels = levels.to(torch.uint8).permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(file, format="PNG", optimize=True)
    return 8 * len(file.getvalue()) / levels.numel()


def one_digits_run(run: Run) -> Outcome:
    """Train one arrangement of masks on 8 × 8 digits of 17 grey levels; count bits, and judge."""
    recipe, judge = run.recipe, judge_of("digits")
    train, test = ((image_set("digits", split)[0] * 16).round() for split in ("train", "test"))
    seed_everything(run.seed)
    model = arrangement(run.row, recipe["width"])
    adam = torch.optim.Adam(model.parameters(), lr=recipe["lr"])
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        adam, recipe["lr"], total_steps=recipe["updates"], pct_start=0.1
    )
    state = State(model=model, optimizer=adam, schedule=schedule)

    def bits(levels: Tensor) -> Tensor:
        z, log_det = LOGIT(dequantize(levels, 17))
        return bits_per_dim(model.log_prob(z) + log_det, (1, 8, 8), 17)

    def batches() -> Iterator[Tensor]:
        while True:
            yield train[torch.randint(len(train), (recipe["batch_size"],))]

    def step(state: State, x: Tensor) -> dict[str, Tensor]:
        loss = bits(x).mean()
        state.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(state.model.parameters(), recipe["clip"])
        state.optimizer.step()
        state.schedule.step()
        return {"batch_bits": loss}

    history = run.train(
        state,
        step,
        batches(),
        steps=recipe["updates"],
        steps_per_epoch=recipe["updates"] // 10,
        made_of={"data": load("digits", "train").source},
    )
    with torch.no_grad():
        samples = LOGIT.inverse(model.sample(1000))[0].mul(17).floor().clamp(0, 16) / 16
        final = judge.verdict(samples) | {
            "bits": torch.stack([bits(test).mean() for _ in range(10)]).mean().item(),
            "train_bits": bits(train).mean().item(),
        }
    records = [dict(record) for record in history.epochs]
    records[-1] |= {"samples": mosaic(samples[:40], columns=10)}
    return Outcome(
        history=records,
        final=final,
        data={"train": load("digits", "train").source, "test": load("digits", "test").source},
        recipe={"parameters": sum(p.numel() for p in model.parameters())},
    )


UNITS = {
    "feature_fid": "",
    "transport": "",
    "bits": "bits/dim",
    "train_bits": "bits/dim",
    "sample_seconds": "s",
    "train_seconds": "s",
}
for _name in OTHERS:
    UNITS |= {f"{_name}_bits": "bits/dim", f"{_name}_by_bits": "", f"{_name}_by_typicality": ""}

EXPERIMENTS = {
    "realnvp-mnist": Experiment(
        one_run,
        rows={"realnvp": "RealNVP, three scales", "neighbours": "table of two neighbours"},
        recipe={
            "epochs": 12,
            "batch_size": 64,
            "lr": 2e-3,
            "clip": 50.0,
            "width": 12,
            "blocks": 1,
            "images": 60_000,
            "added": 0.01,
        },
        units=UNITS,
    ),
    "realnvp-cifar": Experiment(
        one_cifar_run,
        rows={"realnvp": "RealNVP, four scales"},
        recipe={
            "epochs": 30,
            "batch_size": 64,
            "lr": 2e-3,
            "clip": 50.0,
            "width": 12,
            "blocks": 1,
            "images": 50_000,
        },
        units={"bits": "bits/dim", "train_bits": "bits/dim", "png_bits": "bits/dim"},
        seeds=(0,),  # an hour of one core
    ),
    "realnvp-digits": Experiment(
        one_digits_run,
        rows=ARRANGEMENTS,
        recipe={"updates": 800, "batch_size": 64, "lr": 5e-3, "clip": 20.0, "width": 16},
        units={"feature_fid": "", "transport": "", "bits": "bits/dim", "train_bits": "bits/dim"},
    ),
}
