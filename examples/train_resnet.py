"""Trains a ResNet-18 on a folder of classes, on the CPU or a CUDA device.

    python examples/train_resnet.py photos/ --epochs 5 --checkpoint run.pt
    python examples/train_resnet.py photos/ --epochs 5 --checkpoint run.pt     # goes on where it was stopped

Checkpoints are saved every --save-every steps, in the middle of an epoch too: they hold the model, the
optimizer and the loader's state. A run that is stopped and continued takes the same batches, and on the CPU
gives the same losses, as one that is not.
"""

import argparse
import os

import headrace.torch as hr
import torch
from resnet import resnet18


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", help="a folder with one subfolder per class, or a dataset file (.hrd)")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--size", type=int, default=64, help="height and width of the images")
    parser.add_argument("--width", type=int, default=64, help="channels of the first stage")
    parser.add_argument("--rate", type=float, default=0.02, help="learning rate")
    parser.add_argument("--checkpoint", help="file to save to, and to go on from if it exists")
    parser.add_argument("--save-every", type=int, default=100, metavar="STEPS")
    parser.add_argument("--stop-after", type=int, metavar="STEPS", help="end this run early")
    return parser.parse_args()


def dataset_file(data: str) -> str:
    """The dataset file of a folder, written beside it the first time."""
    if not os.path.isdir(data):
        return data
    path = data.rstrip("/") + ".hrd"
    if not os.path.exists(path):
        print(hr.write(data, path))
    return path


def main() -> None:
    options = parse()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)

    dataset = hr.Dataset(dataset_file(options.data))
    pipeline = hr.pipelines.imagenet_train(options.size, layout="channels_last")
    loader = hr.Loader(dataset, pipeline, options.batch_size, seed=1, device=device)
    model = resnet18(len(dataset.classes()), options.width).to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), options.rate, momentum=0.9)

    step = 0
    if options.checkpoint and os.path.exists(options.checkpoint):
        saved = torch.load(options.checkpoint)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        loader.load_state_dict(saved["loader"])
        step = saved["step"]
        print(f"goes on after step {step}, in epoch {loader.epoch}")

    def save() -> None:
        torch.save(
            {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "loader": loader.state_dict(),
                "step": step,
            },
            options.checkpoint,
        )

    steps = 0
    while loader.epoch < options.epochs:
        for images, labels in loader:
            loss = torch.nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step, steps = step + 1, steps + 1
            print(f"epoch {loader.epoch} step {step} loss {loss.item():.6f}", flush=True)
            if options.checkpoint and step % options.save_every == 0:
                save()
            if steps == options.stop_after:
                return save() if options.checkpoint else None
    if options.checkpoint:
        save()


if __name__ == "__main__":
    main()
