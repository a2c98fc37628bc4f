"""Pipelines: what is checked, shown and changed."""

import json

import headrace as hr
import numpy
import pytest
from conftest import PLAIN

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def image(*ops):
    return hr.Compose([hr.Decode(), *ops])


def last_steps(pipeline):
    return pipeline.to_spec()["outputs"]["image"][2:]


def test_errors_name_operation_and_argument():
    with pytest.raises(hr.SpecError) as raised:
        hr.Pipeline(
            image=image(
                hr.RandomResizedCrop(8, scale=(0.5, 0.1)),
                hr.CenterCrop(99999),
                hr.ToTensor(),
                hr.RandomHorizontalFlip(2),
            )
        )
    assert [(e.code, e.where) for e in raised.value.errors] == [
        ("spec.bad_value", "/outputs/image/1/scale"),
        ("spec.bad_value", "/outputs/image/2/size/0"),
        ("spec.bad_value", "/outputs/image/2/size/1"),
        ("spec.bad_value", "/outputs/image/5/p"),
        ("spec.sequence", "/outputs/image/5"),
    ]
    assert raised.value.errors[0].message.endswith("found [0.5, 0.1] (RandomResizedCrop, argument scale)")
    assert raised.value.errors[1].message.endswith("(CenterCrop, argument size)")
    assert raised.value.errors[3].message.endswith("found 2 (RandomHorizontalFlip, argument p)")
    assert raised.value.errors[4].message.endswith("(RandomHorizontalFlip)")


def test_errors_in_json_have_their_place():
    with pytest.raises(hr.SpecError) as raised:
        hr.Pipeline.from_spec('{"headrace": 1, "outputs": {"x": [{"op": "decod", "field": "image"}]}}')
    assert raised.value.code == "spec.unknown_op" and raised.value.where == "/outputs/x/0/op"
    assert '"decode"' in str(raised.value)


def test_a_chain_needs_a_name(numbers_file):
    with pytest.raises(TypeError, match="named outputs"):
        hr.Loader(numbers_file, hr.Decode() | hr.CenterCrop(4))
    with pytest.raises(TypeError, match="output 'image' must be operations joined by"):
        hr.Pipeline(image=[hr.Decode()])


def test_equality_is_that_of_the_meaning():
    spec = {
        "headrace": 1,
        "outputs": {
            "image": [{"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [8, 8]}]
        },
    }
    assert hr.Pipeline.from_spec(spec) == hr.Pipeline(image=image(hr.RandomResizedCrop(8)))
    assert hr.Pipeline.from_spec(spec) != hr.Pipeline(image=image(hr.RandomResizedCrop(9)))
    assert hr.Pipeline.from_spec(spec) != hr.Pipeline(image=image(hr.RandomResizedCrop(8)), numerics="exact")
    assert len({hr.Pipeline.from_spec(spec), hr.Pipeline(image=image(hr.RandomResizedCrop(8)))}) == 1


def test_shared_operations():
    crop = hr.Shared("crop", hr.RandomResizedCrop(8))
    pipeline = hr.Pipeline(image=hr.Decode() | crop, mask=hr.Decode() | crop(interpolation="nearest"))
    assert pipeline.to_spec() == {
        "headrace": 1,
        "numerics": "fast",
        "shared": {"crop": hr.RandomResizedCrop(8)._steps()[0]},
        "outputs": {
            "image": [{"op": "decode", "field": "image"}, {"use": "crop"}],
            "mask": [{"op": "decode", "field": "image"}, {"use": "crop", "filter": "nearest"}],
        },
    }
    assert hr.Pipeline.from_spec(pipeline.to_spec()) == pipeline


NORMALIZED = hr.Pipeline(image=image(hr.CenterCrop(4), hr.Normalize(MEAN, STD)))
BYTES = hr.Pipeline(image=image(hr.CenterCrop(4)))
SCALED = hr.Pipeline(image=image(hr.CenterCrop(4), hr.ToTensor(), hr.Normalize(MEAN, STD)))


@pytest.mark.parametrize(
    "pipeline, dtype, expected",
    [
        (NORMALIZED, "f16", [NORMALIZED.to_spec()["outputs"]["image"][2], {"op": "convert", "dtype": "f16"}]),
        (BYTES, "f32", [{"op": "convert", "dtype": "f32", "scale": 1 / 255}]),
        (BYTES, "u8", []),
        (
            SCALED,
            "bf16",
            [
                *hr.ToTensor()._steps(),
                hr.Normalize(MEAN, STD)._steps()[0],
                {"op": "convert", "dtype": "bf16"},
            ],
        ),
    ],
)
def test_another_dtype(pipeline, dtype, expected):
    assert last_steps(pipeline.with_(dtype=dtype)) == expected


def test_another_dtype_twice_is_the_last():
    twice = NORMALIZED.with_(dtype="f16").with_(dtype=numpy.float32)
    assert last_steps(twice)[-1] == {"op": "convert", "dtype": "f32"} and len(last_steps(twice)) == 2


def test_another_layout():
    first = BYTES.with_(layout="NCHW")
    assert last_steps(first) == [{"op": "layout", "layout": "NCHW"}]
    assert last_steps(first.with_(layout="channels_last")) == [{"op": "layout", "layout": "channels_last"}]
    labels = hr.Pipeline(label=hr.Field("label"))
    assert labels.with_(layout="NCHW", dtype="f16") == labels


def test_stages_as_text(photos_file):
    pipeline = hr.pipelines.imagenet_train(32)
    assert pipeline.emit("graph").startswith("graph fast {")
    assert "strips" in pipeline.emit("graph-opt", photos_file)
    assert pipeline.emit("loop", photos_file, isa="x86-64-v3")
    with pytest.raises(ValueError, match="stage must be one of 'graph', 'graph-opt', 'loop'"):
        pipeline.emit("machine")


def brighter(images):
    return images


UNFUSED = hr.Pipeline(image=hr.Decode() | hr.CenterCrop(4) | hr.Python(brighter))
NOT_FUSED = "Python(brighter) is not fused: it runs in Python, on each finished batch"


def test_explain_tells_passes_and_what_is_not_fused():
    text = UNFUSED.explain()
    assert "pass fold-flips" in text and "graph fast {" in text
    assert text.endswith(f"output image: {NOT_FUSED}")
    with pytest.raises(ValueError, match="explain needs a dataset"):
        UNFUSED.explain(html=True)


@pytest.mark.skipif(not hr.code_generator(), reason="built without a compiler")
def test_explain_measures_on_a_dataset(photos_file):
    text = UNFUSED.explain(photos_file)
    assert "/outputs/image/1" in text and NOT_FUSED in text
    page = UNFUSED.explain(photos_file, html=True, isa="x86-64-v3")
    assert page.startswith("<!") and NOT_FUSED in page
    assert NOT_FUSED not in hr.Pipeline(image=hr.Decode() | hr.CenterCrop(4)).explain(photos_file)


def test_python_operations_stay_in_python(numbers_file, tmp_path):
    with pytest.raises(ValueError, match="cannot come after it"):
        hr.Decode() | hr.Python(lambda x: x) | hr.CenterCrop(4)
    pipeline = hr.Pipeline(
        image=hr.Decode() | hr.CenterCrop(4) | hr.Python(lambda x: x + 1, "plus_one"), label=hr.Field("label")
    )
    with pytest.raises(
        ValueError, match=r"output 'image': Python\(plus_one\) runs in Python and has no JSON form"
    ):
        pipeline.to_spec()
    with pytest.raises(ValueError, match="runs in Python"):
        pipeline.compile(tmp_path / "p.so")
    for images, labels in hr.Loader(numbers_file, pipeline, batch_size=10):
        assert (images[:, 0, 0, 0] == labels + 1).all()


def test_loader_takes_a_description_in_any_form(numbers_file, tmp_path):
    file = tmp_path / "plain.json"
    file.write_text(PLAIN.to_json(indent=1))
    for form in (PLAIN, PLAIN.to_spec(), PLAIN.to_json(), file, str(file)):
        (images, labels), *_ = hr.Loader(numbers_file, form, batch_size=50)
        assert sorted(labels.tolist()) == list(range(50))


def test_to_json_is_json():
    assert json.loads(PLAIN.to_json()) == PLAIN.to_spec()
