"""One training: `train.py DATASET RESULT.json --pipeline NAME --seed N`. Trains with one pipeline,
evaluates with all."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import time

import headrace.torch as hr
import torch
from model import resnet10
from photographs import TURNS
from pipelines import NAMES, STD, make

FOLDS = 5
BATCH, EVALUATION_BATCH = 64, 96
RATE, MOMENTUM, DECAY = 0.1, 0.9, 5e-4


def split(photographs: int, fold: int) -> tuple[list[int], list[int]]:
    """Samples to train with and to evaluate with; the four turns of a photograph stay together, and over all
    folds each photograph is evaluated once."""
    order = torch.randperm(photographs, generator=torch.Generator().manual_seed(0)).tolist()
    chosen = set(order[fold::FOLDS])
    train, test = [], []
    for photo in range(photographs):
        (test if photo in chosen else train).extend(range(photo * TURNS, (photo + 1) * TURNS))
    return train, test


def distance(dataset: hr.Dataset, samples: list[int], seed: int) -> dict[str, dict[str, float]]:
    """Between the first training batches of each pipeline and Pillow's, in 1/255: same samples and crops."""
    first = {name: next(iter(make(name, dataset, samples, True, seed, BATCH).epoch(0))) for name in NAMES}
    scale = torch.tensor(STD).view(1, 3, 1, 1) * 255
    found = {}
    for name, (images, labels) in first.items():
        if not torch.equal(labels, first["pillow"][1]):
            raise SystemExit(f"{name}: labels differ from Pillow's: not the same samples")
        difference = (images - first["pillow"][0]).abs() * scale
        found[name] = {"mean": difference.mean().item(), "max": difference.max().item()}
    return found


def evaluate(model: torch.nn.Module, pipeline) -> list[int]:
    """The turn that is predicted for each sample, in order."""
    model.eval()
    with torch.inference_mode():
        return [turn for images, _ in pipeline.epoch(0) for turn in model(images).argmax(1).tolist()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("result", type=pathlib.Path)
    parser.add_argument("--pipeline", choices=NAMES, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--epochs", type=int, default=40)
    options = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    start = time.monotonic()
    dataset = hr.Dataset(options.dataset)
    train, test = split(len(dataset) // TURNS, options.seed % FOLDS)
    pipeline = make(options.pipeline, dataset, train, True, options.seed, BATCH)
    model = resnet10(TURNS)
    optimizer = torch.optim.SGD(
        model.parameters(), RATE, momentum=MOMENTUM, weight_decay=DECAY, nesterov=True
    )
    steps = options.epochs * (len(train) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.2)

    losses = []
    for epoch in range(options.epochs):
        model.train()
        total, batches = 0.0, 0
        for images, turns in pipeline.epoch(epoch):
            loss = torch.nn.functional.cross_entropy(model(images), turns)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total, batches = total + loss.item(), batches + 1
        losses.append(round(total / batches, 4))

    truth = [sample % TURNS for sample in test]
    predicted = {
        name: evaluate(model, make(name, dataset, test, False, 0, EVALUATION_BATCH)) for name in NAMES
    }
    result = {
        "pipeline": options.pipeline,
        "seed": options.seed,
        "epochs": options.epochs,
        "folds": FOLDS,
        "trained_on": len(train),
        "evaluated_on": len(test),
        "distance_to_pillow": distance(dataset, train, options.seed),
        "losses": losses,
        "accuracy": {
            name: sum(p == t for p, t in zip(turns, truth)) / len(truth) for name, turns in predicted.items()
        },
        "predicted": {name: "".join(map(str, turns)) for name, turns in predicted.items()},
        "seconds": round(time.monotonic() - start, 1),
        "versions": {"headrace": hr.__version__, "torch": torch.__version__},
    }
    unfinished = options.result.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(result, indent=1) + "\n")
    unfinished.replace(options.result)


if __name__ == "__main__":
    main()
