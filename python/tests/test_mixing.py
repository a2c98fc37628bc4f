"""Vectors of labels, and operations that mix pairs of samples."""

import headrace as hr
import numpy
import pytest
from conftest import numbered

IMAGE = hr.Decode() | hr.CenterCrop(4) | hr.ToDtype("f32")


def labels(classes=50):
    return hr.Field("label") | hr.OneHot(classes)


def mixing(*ops, **outputs):
    return hr.Pipeline({"image": IMAGE, "label": labels(), **outputs}, batch=ops)


@pytest.mark.parametrize(
    "op, expected",
    [
        (hr.MixUp(), {"op": "mixup", "alpha": 1.0, "p": 1.0, "outputs": ["image", "label"]}),
        (
            hr.CutMix(alpha=0.2, p=0.5, outputs=["image"]),
            {"op": "cutmix", "alpha": 0.2, "p": 0.5, "outputs": ["image"]},
        ),
        (
            hr.RandomChoice([hr.MixUp(), hr.CutMix(p=0.5)], p=[1, 3]),
            {
                "op": "random_choice",
                "ops": [
                    {"op": "mixup", "alpha": 1.0, "p": 1.0, "outputs": ["image", "label"]},
                    {"op": "cutmix", "alpha": 1.0, "p": 0.5, "outputs": ["image", "label"]},
                ],
                "weights": [1, 3],
            },
        ),
    ],
)
def test_json_of_an_operation(op, expected):
    pipeline = mixing(op)
    assert pipeline.to_spec()["batch"] == [expected]
    again = hr.Pipeline.from_spec(pipeline.to_json())
    assert again == pipeline and type(again.batch[0]) is type(op)
    assert pipeline != hr.Pipeline(image=IMAGE, label=labels())


def test_changes_keep_the_mixing():
    pipeline = mixing(hr.MixUp())
    for changed in (pipeline.with_(dtype="f16"), pipeline._with_default_layout("NCHW")):
        assert changed.batch == pipeline.batch and changed != pipeline


def test_a_description_keeps_what_python_has_no_name_for():
    spec = mixing(hr.MixUp()).to_spec()
    spec["batch"][0].pop("alpha")  # left to its default
    assert hr.Pipeline.from_spec(spec) == mixing(hr.MixUp())


def test_errors_name_operation_and_argument():
    with pytest.raises(hr.SpecError) as raised:
        hr.Pipeline(
            image=IMAGE,
            label=hr.Field("label"),
            batch=[
                hr.MixUp(alpha=-1),
                hr.RandomChoice([hr.MixUp(outputs=["image"]), hr.CutMix(p=2, outputs=["image"])], p=[1]),
            ],
        )
    assert [(e.where, e.message.rsplit("(")[-1]) for e in raised.value.errors] == [
        ("/batch/0/alpha", "MixUp, argument alpha)"),
        ("/batch/0/outputs/1", "MixUp, argument outputs)"),
        ("/batch/1/ops/1/p", "CutMix, argument p)"),
        ("/batch/1/weights", "RandomChoice, argument p)"),
    ]


def test_errors_of_shared_operations_name_them():
    with pytest.raises(hr.SpecError) as raised:
        hr.Pipeline(image=hr.Decode() | hr.Shared("crop", hr.RandomResizedCrop(8, ratio=(2, 1))))
    assert raised.value.where == "/shared/crop/ratio"
    assert str(raised.value).endswith("(RandomResizedCrop, argument ratio)")


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: hr.MixUp(alpha="1"), "MixUp: alpha must be a number, not '1'"),
        (lambda: hr.CutMix(outputs="image"), "CutMix: outputs must be a sequence, not 'image'"),
        (
            lambda: hr.RandomChoice([hr.CenterCrop(4)]),
            "RandomChoice: transforms must be MixUp and CutMix, not CenterCrop(size=[4, 4])",
        ),
        (
            lambda: mixing(hr.RandomHorizontalFlip()),
            "batch must be made of MixUp, CutMix and RandomChoice, not of RandomHorizontalFlip()",
        ),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(TypeError) as raised:
        make()
    assert str(raised.value) == message


def test_mixed_batches(tmp_path):
    path = tmp_path / "numbers.hrd"
    hr.write(list(numbered(50)), path, progress=False)
    pipeline = mixing(hr.MixUp())
    compiled, interpreted = (hr.Loader(path, pipeline, 10, engine=e) for e in ("jit", "interp"))
    for (images, classes), (same_images, same_classes) in zip(compiled, interpreted):
        assert images.tobytes() == same_images.tobytes() and classes.tobytes() == same_classes.tobytes()
        assert classes.shape == (10, 50) and numpy.allclose(classes.sum(axis=1), 1)
        # Pixels are their sample's number, so they are the mean of the classes.
        assert numpy.allclose(images[:, 0, 0, 0], classes @ numpy.arange(50), atol=1e-3)
        assert (classes > 0).sum() == 20  # each row has two classes: its own and its partner's
