"""A small GPT on tiny Shakespeare, and what counting reaches on the same characters.

`python -m otbook_utils reproduce gpt-shakespeare` runs nanoGPT's configuration for a CPU, whose
README gives a validation loss of 1.88; `reproduce ngram-shakespeare` counts.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from otbook_utils.data import load_text
from otbook_utils.experiments import Experiment, Outcome, Run
from otbook_utils.generative_models.gpt import GPT
from otbook_utils.generative_models.ngrams import NGrams
from otbook_utils.training import State, seed_everything

# nanoGPT: config/train_shakespeare_char.py with what its README sets for a CPU; beta1, weight_decay
# and most_gradient are the defaults of its train.py, and its data/…/prepare.py splits 9 to 1.
RECIPE = {"layers": 4, "heads": 4, "width": 128, "context": 64, "batch_size": 12, "steps": 2000}
RECIPE |= {"longer_steps": 8000, "rate": 1e-3, "least_rate": 1e-4, "warm_up": 100, "beta2": 0.99}
RECIPE |= {"beta1": 0.9, "weight_decay": 0.1, "most_gradient": 1.0, "evaluations": 8, "share": 0.9}
FRESH = 16  # of a window's characters, those that are judged with nearly all of the context


def shakespeare(share: float) -> tuple[np.ndarray, np.ndarray, str, str]:
    """Return training and validation tokens, the alphabet in order of code points, the source."""
    text = load_text("tinyshakespeare")
    alphabet = "".join(sorted(set(text.text)))
    place = {character: i for i, character in enumerate(alphabet)}
    tokens = np.array([place[character] for character in text.text])
    cut = int(len(tokens) * share)
    return tokens[:cut], tokens[cut:], alphabet, text.source


def one_gpt(run: Run) -> Outcome:
    """Train one GPT; measure it on all validation characters, and let it write."""
    recipe, context = run.recipe, run.recipe["context"]
    train, validation, alphabet, source = shakespeare(recipe["share"])
    train, validation = torch.from_numpy(train), torch.from_numpy(validation)
    seed_everything(run.seed)
    sizes = {name: recipe[name] for name in ("context", "layers", "heads", "width")}
    model = GPT(len(alphabet), **sizes).to(run.device)
    steps = recipe["longer_steps" if run.row == "longer" else "steps"]
    each = math.ceil(steps / recipe["evaluations"])

    def batches() -> Iterator[Tensor]:
        for _ in range(each):
            starts = torch.randint(len(train) - context, (recipe["batch_size"], 1))
            yield train[starts + torch.arange(context + 1)]

    def step(state: State, windows: Tensor) -> dict[str, Tensor]:
        for group in state.optimizer.param_groups:
            group["lr"] = learning_rate(state.steps_done, steps, recipe)
        logits = state.model(windows[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
        state.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(state.model.parameters(), recipe["most_gradient"])
        state.optimizer.step()
        return {"loss": loss}

    def after_epoch(state: State) -> dict[str, Any]:
        loss = validation_loss(state.model, validation, fresh=context)
        return {"validation": loss, "sample": sample(state.model, alphabet, 300, run.seed)}

    history = run.train(
        State(model=model, optimizer=optimizer(model, recipe)),
        step,
        batches,
        steps=steps,
        steps_per_epoch=each,
        after_epoch=after_epoch,
        made_of={"data": source},
    )
    return Outcome(
        history=history,
        final={
            "validation": history.epochs[-1]["validation"],
            "validation_long": validation_loss(model, validation, fresh=min(FRESH, context)),
        },
        data={"text": source, "train": len(train), "validation": len(validation)},
        recipe={"parameters": sum(p.numel() for p in model.parameters())},
    )


def optimizer(model: GPT, recipe: Mapping[str, Any]) -> torch.optim.AdamW:
    """Return AdamW; only matrices decay."""
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": recipe["weight_decay"]},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe["rate"], betas=(recipe["beta1"], recipe["beta2"]))


def learning_rate(done: int, steps: int, recipe: Mapping[str, Any]) -> float:
    """Return the rate after `done` steps: a straight warm-up, then half a cosine."""
    if done < recipe["warm_up"]:
        return recipe["rate"] * (done + 1) / (recipe["warm_up"] + 1)
    way = (done - recipe["warm_up"]) / max(steps - recipe["warm_up"], 1)
    share = 0.5 * (1 + math.cos(math.pi * min(way, 1)))
    return recipe["least_rate"] + share * (recipe["rate"] - recipe["least_rate"])


@torch.no_grad()
def validation_loss(model: GPT, tokens: Tensor, fresh: int) -> float:
    """Return the mean of −ln p over all tokens but the first, in nats.

    They are read in windows of the whole context, each `fresh` further than the last; in each the
    last `fresh` are judged, so that a token is judged once. With `fresh` as large as the context it
    is what nanoGPT estimates from random windows; with a smaller one the tokens see more.
    """
    context, on = model.context, next(model.parameters()).device
    starts = list(range(0, len(tokens) - 1, fresh))
    total = 0.0
    for few in (starts[i : i + 64] for i in range(0, len(starts), 64)):
        for window in _equal_windows(tokens, few, fresh, context):
            logits = model(window[:, :-1].to(on))[:, -fresh:].double()
            wanted = window[:, 1:][:, -fresh:].to(on)
            total += F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="sum").item()
    return total / (len(tokens) - 1)


def _equal_windows(tokens: Tensor, starts: list[int], fresh: int, context: int) -> Iterator[Tensor]:
    """Yield windows that judge `fresh` tokens from each start, those of one length together."""
    windows: dict[int, list[Tensor]] = {}
    for start in starts:
        stop = min(start + fresh, len(tokens) - 1)
        first = max(0, stop - context) if stop - start == fresh else start
        windows.setdefault(stop - first, []).append(tokens[first : stop + 1])
    for few in windows.values():
        yield torch.stack(few)


def sample(model: GPT, alphabet: str, length: int, seed: int) -> str:
    """Return what the model writes after a line break."""
    on = next(model.parameters()).device
    start = torch.tensor([[alphabet.index("\n")]], device=on)
    drawn = model.generate(start, length, generator=torch.Generator(on).manual_seed(seed))
    return "".join(alphabet[token] for token in drawn[0, 1:].tolist())


DISCOUNTS = [0.6, 0.7, 0.8, 0.9, 0.95]


def one_ngram(run: Run) -> Outcome:
    """Count n-grams; of the discounts take the one that suits the validation characters most."""
    order = int(run.row.removeprefix("order-"))
    train, validation, alphabet, source = shakespeare(run.recipe["share"])
    losses = {
        discount: -float(
            NGrams(train, len(alphabet), order, discount).log_probabilities(validation)[1:].mean()
        )
        for discount in run.recipe["discounts"]
    }
    discount = min(losses, key=losses.get)
    records = [
        {"epoch": i, "discount": tried, "loss": loss}
        for i, (tried, loss) in enumerate(losses.items(), start=1)
    ]
    return Outcome(
        history=records,
        final={"validation": losses[discount]},
        data={"text": source, "train": len(train), "validation": len(validation)},
        recipe={"discount": discount},
    )


EXPERIMENTS = {
    "gpt-shakespeare": Experiment(
        one_gpt,
        rows={"gpt": "GPT, 2,000 steps", "longer": "GPT, 8,000 steps"},
        recipe=RECIPE,
        units={"validation": "nats", "validation_long": "nats"},
    ),
    "ngram-shakespeare": Experiment(
        one_ngram,
        rows={f"order-{n}": f"{n}-grams" for n in range(1, 9)},
        recipe={"discounts": DISCOUNTS, "share": RECIPE["share"]},
        units={"validation": "nats"},
        seeds=(0,),
    ),
}
