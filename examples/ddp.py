"""Trains on several processes with DistributedDataParallel.

    torchrun --nproc-per-node 2 examples/ddp.py photos.hrd
    torchrun --nproc-per-node 2 examples/ddp.py photos.hrd --check   # compare with what one process would see

The loader finds its share by itself: rank and world size come from torch.distributed. Whatever the number of
processes, global batch k is the same samples in the same order, with the same crops and flips: row i of this
process's batch is row i * world_size + rank of it.
"""

import argparse

import headrace.torch as hr
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

GLOBAL_BATCH = 4


def check(loader: hr.Loader, path: str, pipeline: hr.Pipeline) -> None:
    """Every process's rows together are the batches of one process."""
    whole = hr.Loader(path, pipeline, GLOBAL_BATCH, rank=0, world_size=1)
    for epoch in range(2):
        for number, ((images, labels), (all_images, all_labels)) in enumerate(zip(loader, whole)):
            rows = slice(loader.rank, None, loader.world_size)
            same = torch.equal(images, all_images[rows]) and torch.equal(labels, all_labels[rows])
            if not same:
                raise SystemExit(
                    f"epoch {epoch}, global batch {number}: the rows of rank {loader.rank} differ"
                )
    print(
        f"rank {loader.rank} of {loader.world_size}: {2 * len(loader)} global batches equal those of one "
        "process"
    )


def train(loader: hr.Loader, classes: int) -> None:
    model = DistributedDataParallel(
        torch.nn.Sequential(
            torch.nn.Conv2d(3, 16, 5, 4),
            torch.nn.ReLU(),
            torch.nn.AdaptiveAvgPool2d(4),
            torch.nn.Flatten(),
            torch.nn.Linear(256, classes),
        )
    )
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    for epoch in range(2):
        for images, labels in loader:
            loss = torch.nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total = loss.detach()
        dist.all_reduce(total)
        if loader.rank == 0:
            print(f"epoch {epoch}: loss {total.item() / loader.world_size:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", help="a dataset file (.hrd)")
    parser.add_argument("--check", action="store_true", help="compare with one process and train nothing")
    options = parser.parse_args()

    dist.init_process_group("gloo")
    pipeline = hr.pipelines.imagenet_train(64)
    loader = hr.Loader(options.data, pipeline, GLOBAL_BATCH // dist.get_world_size())
    if options.check:
        check(loader, options.data, pipeline)
    else:
        train(loader, len(loader.dataset.classes()))
    dist.barrier()  # nobody leaves while another process is still connecting
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
