"""Operations: their JSON, their way back from it, and that they are called as in torchvision."""

import enum
import inspect
import json
import pathlib
import re

import headrace as hr
import pytest
from headrace._native import canonical_spec

ROOT = pathlib.Path(__file__).resolve().parents[2]


def step(op):
    (only,) = op._steps()
    return only


@pytest.mark.parametrize(
    "op, expected",
    [
        (hr.Decode(), {"op": "decode", "field": "image"}),
        (hr.Decode("mask", "auto"), {"op": "decode", "field": "mask", "idct_scale": "auto"}),
        (hr.OneHot(), {"op": "one_hot"}),
        (hr.OneHot(1000), {"op": "one_hot", "classes": 1000}),
        (hr.LabelSmoothing(0.1), {"op": "label_smoothing", "epsilon": 0.1}),
        (hr.Field("key", 64), {"op": "field", "field": "key", "length": 64}),
        (
            hr.RandomResizedCrop(224),
            {
                "op": "random_resized_crop",
                "size": [224, 224],
                "scale": [0.08, 1.0],
                "ratio": [0.75, 4 / 3],
                "filter": "bilinear",
                "antialias": True,
            },
        ),
        (
            hr.RandomResizedCrop((32, 64), interpolation="nearest"),
            {
                "op": "random_resized_crop",
                "size": [32, 64],
                "scale": [0.08, 1.0],
                "ratio": [0.75, 4 / 3],
                "filter": "nearest",
            },
        ),
        (hr.Resize(256), {"op": "resize", "short_side": 256, "filter": "bilinear", "antialias": True}),
        (hr.Resize([256]), {"op": "resize", "short_side": 256, "filter": "bilinear", "antialias": True}),
        (hr.Resize((32, 48), "area"), {"op": "resize", "size": [32, 48], "filter": "area"}),
        (
            hr.Resize(8, antialias=False),
            {"op": "resize", "short_side": 8, "filter": "bilinear", "antialias": False},
        ),
        (hr.CenterCrop(224), {"op": "center_crop", "size": [224, 224]}),
        (hr.RandomCrop((3, 4)), {"op": "random_crop", "size": [3, 4]}),
        (hr.Crop(1, 2, 3, 4), {"op": "crop", "top": 1, "left": 2, "size": [3, 4]}),
        (hr.RandomHorizontalFlip(), {"op": "random_horizontal_flip", "p": 0.5}),
        (hr.RandomVerticalFlip(0.25), {"op": "random_vertical_flip", "p": 0.25}),
        (
            hr.Normalize((0.5, 0.5, 0.5), (1, 1, 1)),
            {"op": "normalize", "mean": [0.5, 0.5, 0.5], "std": [1, 1, 1], "range": [0, 1]},
        ),
        (hr.Convert("float16"), {"op": "convert", "dtype": "f16"}),
        (hr.ToDtype("float32", scale=True), {"op": "convert", "dtype": "f32", "scale": 1 / 255}),
        (hr.ToDtype("float32"), {"op": "convert", "dtype": "f32", "scale": 1}),
        (hr.Map("255 - x"), {"op": "map", "expr": "255 - x"}),
        (hr.Map("x / 255", "float32"), {"op": "map", "expr": "x / 255", "dtype": "f32"}),
        (
            hr.Call("filters.so", "sharpen", per="row", out="float32"),
            {
                "op": "call",
                "library": "filters.so",
                "symbol": "sharpen",
                "per": "row",
                "in": "u8",
                "out": "f32",
            },
        ),
        (hr.Layout("NCHW"), {"op": "layout", "layout": "NCHW"}),
        (hr.JsonOp("resize", size=[3, 4]), {"op": "resize", "size": [3, 4]}),
    ],
)
def test_json_of_an_operation(op, expected):
    assert step(op) == expected


def test_to_tensor_is_two_steps():
    assert hr.ToTensor()._steps() == [
        {"op": "convert", "dtype": "f32", "scale": 1 / 255},
        {"op": "layout", "layout": "NCHW"},
    ]


def test_floats_are_not_scaled_again():
    chain = (
        hr.Decode() | hr.CenterCrop(4) | hr.Normalize([0] * 3, [1] * 3) | hr.ToDtype("float16", scale=True)
    )
    assert chain.steps()[-1] == {"op": "convert", "dtype": "f16"}


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: hr.RandomResizedCrop("224"), "RandomResizedCrop: size must be an integer, not '224'"),
        (
            lambda: hr.RandomResizedCrop((1, 2, 3)),
            "RandomResizedCrop: size must be a number or (height, width), not (1, 2, 3)",
        ),
        (lambda: hr.Decode("image", "half"), "Decode: idct_scale must be one of 'none', 'auto', not 'half'"),
        (lambda: hr.OneHot(0), "OneHot: classes must be at least 1, not 0"),
        (lambda: hr.CenterCrop(0), "CenterCrop: size must be at least 1, not 0"),
        (lambda: hr.RandomResizedCrop(8, scale=0.5), "RandomResizedCrop: scale must be a sequence, not 0.5"),
        (lambda: hr.Normalize([0.5], [1, 1, 1]), "Normalize: mean must be 3 numbers, not 1: [0.5]"),
        (lambda: hr.RandomHorizontalFlip("no"), "RandomHorizontalFlip: p must be a number, not 'no'"),
        (
            lambda: hr.Convert("complex"),
            "Convert: dtype must be u8, f16, bf16, f32 or i64 (or torch's or numpy's), not 'complex'",
        ),
        (
            lambda: hr.Layout("NCWH"),
            "Layout: layout must be one of 'NHWC', 'NCHW', 'channels_last', not 'NCWH'",
        ),
        (
            lambda: hr.Resize(8, "lanczos"),
            'Resize: interpolation must be "bilinear", "nearest" or "area" (or torchvision\'s '
            "InterpolationMode of these), not 'lanczos'",
        ),
        (lambda: hr.Resize(8, max_size=9), "Resize: max_size=9 is not supported; leave it at None"),
        (lambda: hr.RandomCrop(8, padding=4), "RandomCrop: padding=4 is not supported; leave it at None"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises((TypeError, ValueError, NotImplementedError)) as raised:
        make()
    assert str(raised.value) == message


def test_chains():
    parts = [hr.Decode(), hr.CenterCrop(4), hr.RandomHorizontalFlip()]
    chain = parts[0] | parts[1] | parts[2]
    assert list(chain) == parts and chain == hr.Compose(parts) and len(chain) == 3
    assert (parts[0] | (parts[1] | parts[2])) == chain
    assert repr(chain) == "Decode() | CenterCrop(size=[4, 4]) | RandomHorizontalFlip()"
    assert repr(hr.RandomResizedCrop(8)) == "RandomResizedCrop(size=[8, 8])"
    assert repr(hr.JsonOp("resize", size=[3, 4])) == "JsonOp(op='resize', keys={'size': [3, 4]})"
    assert repr(hr.Decode("mask") | hr.Resize(8, "nearest")) == (
        "Decode(field='mask') | Resize(size=8, interpolation='nearest')"
    )
    with pytest.raises(TypeError, match="not of 3"):
        hr.Compose([hr.Decode(), 3])


# --- torchvision ---

# torchvision.transforms.v2 as of 0.28: names, order and defaults of arguments.
THEIR_ARGUMENTS = {
    "RandomResizedCrop": "size, scale=(0.08, 1.0), ratio=(0.75, 1.3333333333333333), "
    "interpolation='bilinear', antialias=True",
    "Resize": "size, interpolation='bilinear', max_size=None, antialias=True",
    "CenterCrop": "size",
    "RandomCrop": "size, padding=None, pad_if_needed=False, fill=0, padding_mode='constant'",
    "RandomHorizontalFlip": "p=0.5",
    "RandomVerticalFlip": "p=0.5",
    "Normalize": "mean, std, inplace=False",
    "ToDtype": "dtype, scale=False",
    "ConvertImageDtype": "dtype='float32'",
    "Compose": "transforms",
    "ToTensor": "",
}


def arguments_of(function):
    """As in THEIR_ARGUMENTS. Arguments by keyword only are our own."""
    texts = []
    for p in inspect.signature(function).parameters.values():
        if p.kind is not p.POSITIONAL_OR_KEYWORD:
            continue
        default = getattr(p.default, "value", p.default)  # of InterpolationMode
        if "torch." in str(default):
            default = str(default).rsplit(".", 1)[-1]
        texts.append(p.name if default is p.empty else f"{p.name}={default!r}")
    return ", ".join(texts)


def torchvision_v2():
    try:
        import torchvision.transforms.v2 as v2
    except (ImportError, RuntimeError) as e:
        pytest.skip(f"torchvision cannot be imported: {e}")
    return v2


@pytest.mark.parametrize("name", THEIR_ARGUMENTS)
def test_arguments_are_torchvisions(name):
    assert arguments_of(getattr(hr, name)) == THEIR_ARGUMENTS[name]


@pytest.mark.parametrize("name", THEIR_ARGUMENTS)
def test_torchvision_is_as_we_think(name):
    assert arguments_of(getattr(torchvision_v2(), name)) == THEIR_ARGUMENTS[name]


def test_torchvisions_interpolation_modes_are_understood():
    class Mode(enum.Enum):
        NEAREST, BILINEAR, BOX = "nearest", "bilinear", "box"

    assert hr.Resize(8, Mode.NEAREST) == hr.Resize(8, "nearest") == hr.Resize(8, 0)
    assert hr.Resize(8, Mode.BOX) == hr.Resize(8, "area")
    assert hr.RandomResizedCrop(8, interpolation=Mode.BILINEAR) == hr.RandomResizedCrop(8, interpolation=2)


# --- there and back ---


def specs_of_the_guide():
    text = (ROOT / "docs" / "spec.md").read_text()
    for block in re.findall(r"```json\n(.*?)```", text, re.S):
        parsed = json.loads(block)
        yield parsed if isinstance(parsed, dict) else {"headrace": 1, "outputs": {"x": parsed}}


@pytest.mark.parametrize("spec", list(specs_of_the_guide()), ids=lambda s: json.dumps(s)[-40:])
def test_every_spec_of_the_guide_comes_back(spec):
    pipeline = hr.Pipeline.from_spec(spec)
    again = hr.Pipeline.from_spec(pipeline.to_json())
    assert again == pipeline
    assert again.to_spec() == pipeline.to_spec()
    assert pipeline._canonical == canonical_spec(json.dumps(spec))  # nothing got lost on the way


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.json")), ids=lambda p: p.name)
def test_example_files_come_back(file):
    pipeline = hr.Pipeline.from_spec(file)
    assert hr.Pipeline.from_spec(pipeline.to_spec()) == pipeline
    assert canonical_spec(pipeline.to_json()) == canonical_spec(file.read_text())


def test_operations_keep_their_names_from_json():
    pipeline = hr.Pipeline.from_spec(ROOT / "examples" / "imagenet_eval.json")
    assert [type(op).__name__ for op in pipeline.outputs["image"]] == [
        "Decode",
        "Resize",
        "CenterCrop",
        "Normalize",
        "Convert",
        "Layout",
    ]


@pytest.mark.parametrize(
    "file, pipeline",
    [
        ("imagenet_train.json", hr.pipelines.imagenet_train(224)),
        ("imagenet_train_f16.json", hr.pipelines.imagenet_train(224, dtype="f16")),
        ("imagenet_eval.json", hr.pipelines.imagenet_eval()),
    ],
)
def test_pipelines_are_the_example_files(file, pipeline):
    assert pipeline.to_spec() == json.loads((ROOT / "examples" / file).read_text())
