"""A recipe for ImageNet: ResNet-18, with headrace feeding one or several GPUs.

    torchrun --nproc-per-node 8 examples/train_imagenet.py train.hrd val.hrd --numerics fast --seed 0
    torchrun --nproc-per-node 8 examples/train_imagenet.py train.hrd val.hrd --numerics exact --seed 0

docs/imagenet.md says how the files are written. Both commands train on the same samples in the same order
with the same crops; they differ in how `fast` and `exact` round. Three seeds of each show whether that
matters. The last line of each run is one JSON object. Nobody has run this on ImageNet yet: no accuracy is
claimed for it.

16 epochs; batches of 1,024 over all GPUs; SGD with Nesterov momentum 0.9, decay 5e-5 (none for biases and
norms), rate 0.5 per 256 samples, from 0 over 2 epochs and down to 0 in a straight line; label smoothing 0.1;
float16 arithmetic. Evaluated with the mirrored image as well, by `exact` and by `fast`.
"""

import argparse
import json
import os

import headrace.torch as hr
import torch
import torch.distributed as dist
from resnet import resnet18
from torch.nn.parallel import DistributedDataParallel

MOMENTUM, DECAY, RATE_PER_256, WARM_UP_EPOCHS, SMOOTHING = 0.9, 5e-5, 0.5, 2, 0.1


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", help="dataset file (.hrd)")
    parser.add_argument("val", help="dataset file (.hrd)")
    parser.add_argument(
        "--numerics", choices=("fast", "exact"), default="fast", help="of the training batches"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--batch-size", type=int, default=1024, help="over all processes")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--width", type=int, default=64, help="channels of the first stage")
    return parser.parse_args()


def rate_at(epoch: float, epochs: int) -> float:
    """Share of the highest rate."""
    return min(epoch / WARM_UP_EPOCHS, (epochs - epoch) / max(epochs - WARM_UP_EPOCHS, 1), 1)


def optimizer_of(model: torch.nn.Module) -> torch.optim.Optimizer:
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, 0.0, momentum=MOMENTUM, nesterov=True)


@torch.no_grad()
def accuracy(model: torch.nn.Module, loader: hr.Loader, device: str) -> float:
    """Of all processes together; every sample counts once."""
    model.eval()
    counts = torch.zeros(2, dtype=torch.float64, device=device)
    for images, labels, mask in loader:
        with torch.autocast(device, torch.float16, enabled=device == "cuda"):
            scores = model(images) + model(images.flip(3))
        right = (scores.argmax(1) == labels.to(device)) & mask.to(device)
        counts += torch.stack([right.sum(), mask.sum().to(device)])
    if dist.is_initialized():
        dist.all_reduce(counts)
    return (counts[0] / counts[1]).item()


def main() -> None:
    options = parse()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if "RANK" in os.environ:
        if device == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("nccl" if device == "cuda" else "gloo")
    world = dist.get_world_size() if dist.is_initialized() else 1
    first = not dist.is_initialized() or dist.get_rank() == 0
    if options.batch_size % world:
        raise SystemExit(f"--batch-size {options.batch_size} is not a multiple of {world} processes")
    batch = options.batch_size // world
    torch.manual_seed(options.seed)

    # CPUs have no quick float16; there it is a trial of the program only.
    dtype = torch.float16 if device == "cuda" else torch.float32
    training = hr.pipelines.imagenet_train(
        options.size, dtype=dtype, layout="channels_last", numerics=options.numerics
    )
    loader = hr.Loader(options.train, training, batch, seed=options.seed, device=device)
    evaluations = {
        numerics: hr.Loader(
            options.val,
            hr.pipelines.imagenet_eval(options.size, dtype=dtype, layout="channels_last", numerics=numerics),
            batch,
            extras=["mask"],
            device=device,
        )
        for numerics in ("exact", "fast")
    }

    model = resnet18(len(loader.dataset.classes()), options.width)
    model = model.to(device, memory_format=torch.channels_last)
    trained = DistributedDataParallel(model) if dist.is_initialized() else model
    optimizer = optimizer_of(model)
    scaler = torch.amp.GradScaler(device, enabled=device == "cuda")
    highest = RATE_PER_256 * options.batch_size / 256

    for epoch in range(options.epochs):
        trained.train()
        loader.set_epoch(epoch)
        for step, (images, labels) in enumerate(loader):
            for group in optimizer.param_groups:
                group["lr"] = highest * rate_at(epoch + step / len(loader), options.epochs)
            with torch.autocast(device, torch.float16, enabled=device == "cuda"):
                scores = trained(images)
                loss = torch.nn.functional.cross_entropy(scores, labels.to(device), label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        if first:
            print(f"epoch {epoch}: loss {loss.item():.4f}", flush=True)

    found = {numerics: accuracy(model, one, device) for numerics, one in evaluations.items()}
    if first:
        facts = {"numerics": options.numerics, "seed": options.seed, "epochs": options.epochs, "top1": found}
        print(json.dumps(facts))
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
