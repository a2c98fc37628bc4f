"""Trains a linear classifier with nothing but numpy: a folder of classes in, a falling loss out.

    python examples/numpy_only.py examples/photos

Needs numpy and headrace; no torch.
"""

import argparse
import os
import tempfile

import headrace as hr
import numpy


def softmax(scores: numpy.ndarray) -> numpy.ndarray:
    e = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def train(loader: hr.Loader, classes: int, epochs: int, rate: float) -> list[float]:
    """Softmax regression by gradient descent; the mean loss of each epoch."""
    (output, *_) = loader.outputs
    weights = numpy.zeros((int(numpy.prod(output.shape)), classes), numpy.float32)
    means = []
    for epoch in range(epochs):
        losses = []
        for images, labels in loader:
            x = images.reshape(len(images), -1)  # a view of the loader's memory: nothing is copied
            p = softmax(x @ weights)
            losses.append(-numpy.log(p[numpy.arange(len(p)), labels]).mean())
            p[numpy.arange(len(p)), labels] -= 1
            weights -= rate * (x.T @ p) / len(p)
        means.append(float(numpy.mean(losses)))
        print(f"epoch {epoch}: loss {means[-1]:.4f}")
    return means


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", help="a folder with one subfolder per class")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=4)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "photos.hrd")
        report = hr.write(options.photos, path)
        print(f"{report.samples} photographs in {len(report.classes)} classes: {', '.join(report.classes)}")
        with hr.Loader(path, hr.pipelines.imagenet_train(16), options.batch_size) as loader:
            train(loader, len(report.classes), options.epochs, rate=0.02)


if __name__ == "__main__":
    main()
