"""headrace with torch tensors.

    import headrace.torch as hr

    hr.write("photos/", "train.hrd")
    loader = hr.Loader("train.hrd", hr.pipelines.imagenet_train(224), batch_size=64)
    for images, labels in loader: ...

Everything of ``headrace``, with a Loader whose batches are torch tensors.
"""

from headrace import *  # noqa: F403
from headrace import __all__ as _all
from headrace import __version__ as __version__
from headrace.torch.loader import Loader as Loader

__all__ = [*_all]
