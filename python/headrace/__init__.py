"""headrace compiles training-data pipelines.

import headrace as hr              # batches of numpy arrays; headrace.torch gives torch tensors

hr.write("photos/", "train.hrd")
loader = hr.Loader("train.hrd", hr.pipelines.imagenet_train(224), batch_size=64)
for images, labels in loader: ...
"""

from headrace import pipelines
from headrace._errors import Diagnostic, Error, SpecError
from headrace._native import code_generator
from headrace._native import version as __version__
from headrace.chain import Chain, Compose, JsonOp, Op, Python
from headrace.dataset import Dataset, FieldInfo, StoredImage
from headrace.loader import Loader
from headrace.mixing import CutMix, LabelSmoothing, MixUp, OneHot, RandomChoice
from headrace.ops import (
    Call,
    CenterCrop,
    Convert,
    ConvertImageDtype,
    Crop,
    Decode,
    Field,
    HorizontalFlip,
    Layout,
    Map,
    Normalize,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
    Resize,
    Shared,
    ToDtype,
    ToTensor,
    VerticalFlip,
)
from headrace.pipeline import Pipeline
from headrace.writing import WriteReport, write

__all__ = [
    "Call",
    "CenterCrop",
    "Chain",
    "Compose",
    "Convert",
    "ConvertImageDtype",
    "Crop",
    "CutMix",
    "Dataset",
    "Decode",
    "Diagnostic",
    "Error",
    "Field",
    "FieldInfo",
    "HorizontalFlip",
    "JsonOp",
    "LabelSmoothing",
    "Layout",
    "Loader",
    "Map",
    "MixUp",
    "Normalize",
    "OneHot",
    "Op",
    "Pipeline",
    "Python",
    "RandomChoice",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomVerticalFlip",
    "Resize",
    "Shared",
    "SpecError",
    "StoredImage",
    "ToDtype",
    "ToTensor",
    "VerticalFlip",
    "WriteReport",
    "__version__",
    "code_generator",
    "pipelines",
    "write",
]
