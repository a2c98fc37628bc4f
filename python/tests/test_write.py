"""Writing dataset files from folders and from samples, and reading them sample by sample."""

import io
import os
import pathlib
import pickle
import shutil

import headrace as hr
import numpy
import pytest
from conftest import PHOTOS, numbered

ONE_PHOTO = PHOTOS / "cat" / "square.jpg"


def test_folder(photos_file):
    dataset = hr.Dataset(photos_file)
    assert len(dataset) == 12
    assert [f[:2] for f in dataset.fields] == [("image", "image"), ("label", "i64"), ("key", "bytes")]
    assert dataset.classes() == ("astronaut", "cat", "coffee")
    for sample in dataset:
        path = PHOTOS / sample["key"].decode()
        assert sample["image"].jpeg() == path.read_bytes()
        assert dataset.classes()[sample["label"]] == path.parent.name


def test_report(tmp_path):
    report = hr.write(PHOTOS, tmp_path / "p.hrd", encoding="jpeg", progress=False)
    assert (report.samples, report.classes) == (12, ["astronaut", "cat", "coffee"])
    assert report.encodings == {"jpeg": 12}
    assert report.source_bytes == sum(p.stat().st_size for p in PHOTOS.rglob("*.jpg"))
    assert report.file_bytes == os.path.getsize(tmp_path / "p.hrd")


def test_orientations_are_counted(tmp_path):
    image = pytest.importorskip("PIL.Image").open(ONE_PHOTO)
    exif = image.getexif()
    exif[0x0112] = 6
    (tmp_path / "photos" / "cat").mkdir(parents=True)
    image.save(tmp_path / "photos" / "cat" / "turned.jpg", exif=exif)
    shutil.copy(ONE_PHOTO, tmp_path / "photos" / "cat")
    assert hr.write(tmp_path / "photos", tmp_path / "p.hrd", progress=False).oriented == 1


def test_threads_do_not_change_the_file(tmp_path):
    for threads in (1, 2, 5):
        hr.write(PHOTOS, tmp_path / f"{threads}.hrd", num_threads=threads, progress=False)
    files = [(tmp_path / f"{threads}.hrd").read_bytes() for threads in (1, 2, 5)]
    assert files[0] == files[1] == files[2]


def test_existing_files_stay(tmp_path):
    path = tmp_path / "p.hrd"
    path.write_text("mine")
    with pytest.raises(hr.Error) as raised:
        hr.write(PHOTOS, path, progress=False)
    assert raised.value.code == "data.exists" and path.read_text() == "mine"
    hr.write(PHOTOS, path, overwrite=True, progress=False)
    assert len(hr.Dataset(path)) == 12


def test_bad_files_of_a_folder(tmp_path):
    shutil.copytree(PHOTOS, tmp_path / "photos")
    (tmp_path / "photos" / "cat" / "broken.jpg").write_bytes(ONE_PHOTO.read_bytes()[:2000])
    with pytest.raises(hr.Error) as raised:
        hr.write(tmp_path / "photos", tmp_path / "p.hrd", progress=False)
    assert raised.value.code == "import.damaged" and raised.value.where.endswith("cat/broken.jpg")
    assert not (tmp_path / "p.hrd").exists()
    report = hr.write(tmp_path / "photos", tmp_path / "p.hrd", on_error="skip", progress=False)
    assert report.samples == 12 and [d.code for d in report.skipped] == ["import.damaged"]


def test_progress_is_told(tmp_path):
    seen = []
    hr.write(PHOTOS, tmp_path / "p.hrd", progress=lambda *facts: seen.append(facts))
    done, total, source_bytes, seconds = seen[-1]
    assert (done, total) == (12, 12) and source_bytes > 0 and seconds > 0


def test_progress_line(tmp_path, capsys):
    hr.write(PHOTOS, tmp_path / "p.hrd", progress=True)
    line = capsys.readouterr().err
    assert "12 of 12 files (100 %)" in line and line.endswith("\r")


@pytest.mark.parametrize("source", ["folder", "samples"])
def test_an_exception_in_progress_stops_and_leaves_nothing(tmp_path, source):
    def stop(done, *_):
        if done >= 1:
            raise KeyError("enough")

    what = PHOTOS if source == "folder" else list(numbered(5))
    with pytest.raises(KeyError, match="enough"):
        hr.write(what, tmp_path / "p.hrd", progress=stop)
    assert os.listdir(tmp_path) == []


# --- samples from memory ---


def test_every_kind_of_value(tmp_path):
    pil = pytest.importorskip("PIL.Image").open(ONE_PHOTO)
    gray = numpy.arange(12, dtype=numpy.uint8).reshape(3, 4)
    sample = {
        "bytes": ONE_PHOTO.read_bytes(),
        "path": ONE_PHOTO,
        "pil": pil,
        "array": numpy.zeros((2, 3, 3), numpy.uint8),
        "gray": gray,
        "number": numpy.int32(-7),
        "flag": True,
        "real": numpy.float32(0.5),
        "text": "grüß",
        "blob": b"\0\1",
    }
    hr.write([sample], tmp_path / "p.hrd", progress=False)
    dataset = hr.Dataset(tmp_path / "p.hrd")
    kinds = {f.name: f.kind for f in dataset.fields}
    assert kinds == {
        "bytes": "image",
        "path": "image",
        "pil": "image",
        "array": "image",
        "gray": "image",
        "number": "i64",
        "flag": "i64",
        "real": "f64",
        "text": "bytes",
        "blob": "bytes",
    }
    read = dataset[0]
    assert read["bytes"].encoding == read["path"].encoding == "packed"
    assert read["bytes"].jpeg() == read["path"].jpeg() == ONE_PHOTO.read_bytes()
    assert read["pil"].encoding == "rgb" and (read["pil"].width, read["pil"].height) == pil.size
    assert numpy.array_equal(numpy.asarray(read["pil"].pil()), numpy.asarray(pil.convert("RGB")))
    assert numpy.array_equal(numpy.asarray(read["gray"].pil())[:, :, 1], gray)
    assert (read["number"], read["flag"], read["real"]) == (-7, 1, 0.5)
    assert (read["text"].decode(), read["blob"]) == ("grüß", b"\0\1")


def test_fields_and_names_of_values(tmp_path):
    samples = [{"what": ONE_PHOTO.read_bytes()[:1500], "label": 1}]
    with pytest.raises(hr.Error) as raised:
        hr.write(samples, tmp_path / "p.hrd", progress=False)
    assert raised.value.code == "import.damaged" and raised.value.where == 'sample 0, field "what"'
    hr.write(
        samples,
        tmp_path / "p.hrd",
        fields={"what": "bytes", "label": "i64"},
        value_names={"label": ["cat", "dog"]},
        progress=False,
    )
    dataset = hr.Dataset(tmp_path / "p.hrd")
    assert dataset[0]["what"] == samples[0]["what"] and dataset.classes() == ("cat", "dog")


def test_samples_stay_in_order_whatever_the_threads(tmp_path):
    photos = sorted(PHOTOS.rglob("*.jpg"))
    for threads in (1, 3):
        hr.write(
            ({"image": photos[i % 12], "label": i} for i in range(200)),
            tmp_path / f"{threads}.hrd",
            num_threads=threads,
            progress=False,
        )
    assert (tmp_path / "1.hrd").read_bytes() == (tmp_path / "3.hrd").read_bytes()
    dataset = hr.Dataset(tmp_path / "1.hrd")
    assert [s["label"] for s in dataset] == list(range(200))
    assert dataset[137]["image"].jpeg() == photos[137 % 12].read_bytes()


def test_samples_that_cannot_be_packed(tmp_path):
    good = {"image": ONE_PHOTO.read_bytes()}
    bad = {"image": ONE_PHOTO.read_bytes()[:1500]}
    with pytest.raises(hr.Error) as raised:
        hr.write([good, good, bad], tmp_path / "p.hrd", fields={"image": "image"}, progress=False)
    assert raised.value.where == 'sample 2, field "image"' and os.listdir(tmp_path) == []
    report = hr.write([good, bad, good], tmp_path / "p.hrd", on_error="skip", progress=False)
    assert (report.samples, report.skipped_samples) == (2, 1)


@pytest.mark.parametrize(
    "samples, code, where, message",
    [
        (
            [{"a": 1}, {"b": 1}],
            "write.sample",
            "sample 1",
            "has the fields b; expected a, as in the first sample",
        ),
        ([{"a": 1}, 5], "write.sample", "sample 1", "expected a dict of fields, found int"),
        (
            [{"a": 1}, {"a": 0.5}],
            "write.value",
            "sample 1, field 'a'",
            "expected an integer of 64 bits, found 0.5",
        ),
        ([{"a": 0.5}, {"a": "x"}], "write.value", "sample 1, field 'a'", "expected a number, found 'x'"),
        (
            [{"a": 2**70}],
            "write.value",
            "sample 0, field 'a'",
            f"expected an integer of 64 bits, found {2**70}",
        ),
        (
            [{"a": object}],
            "write.field",
            "field 'a'",
            "type cannot be stored; expected an image (bytes of a file, a path, a "
            "PIL image, a uint8 array of height x width x 3), an integer, a float, a str or bytes",
        ),
        (
            [{"a": numpy.zeros((2, 2, 4), numpy.uint8)}],
            "write.value",
            "sample 0, field 'a'",
            "an image array must be uint8 of "
            "height x width x 3 (or x 1, or height x width), not uint8 of 2 x 2 x 4",
        ),
    ],
)
def test_wrong_samples_are_named(tmp_path, samples, code, where, message):
    with pytest.raises(hr.Error) as raised:
        hr.write(samples, tmp_path / "p.hrd", progress=False)
    assert raised.value.errors == [(code, where, message)]
    assert os.listdir(tmp_path) == []


def test_no_samples(tmp_path):
    with pytest.raises(hr.Error, match="there are no samples"):
        hr.write([], tmp_path / "p.hrd")
    with pytest.raises(TypeError, match="a folder or an iterable of dicts; its first item is 3"):
        hr.write([3], tmp_path / "p.hrd")


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"encoding": "png"}, r'error\[python.encoding\] "png" is no encoding; expected "auto"'),
        ({"on_error": "ignore"}, "on_error must be one of 'raise', 'skip', not 'ignore'"),
        ({"num_threads": 0}, "num_threads must be at least 1, not 0"),
        ({"max_side": 10}, "images can only be shrunk with the encoding rgb"),
        ({"fields": {"image": "image"}}, "a folder's fields are fixed"),
    ],
)
def test_wrong_arguments(tmp_path, arguments, message):
    with pytest.raises((hr.Error, TypeError, ValueError), match=message):
        hr.write(PHOTOS, tmp_path / "p.hrd", progress=False, **arguments)


# --- reading ---


def test_indexing(numbers_file):
    dataset = hr.Dataset(numbers_file)
    assert dataset[-1]["label"] == dataset[49]["label"] == 49
    for wrong in (50, -51):
        with pytest.raises((IndexError, ValueError)):
            dataset[wrong]
    with pytest.raises(TypeError):
        dataset["image"]


def test_info_and_verify(photos_file, tmp_path):
    dataset = hr.Dataset(photos_file)
    info = dataset.info()
    assert info["samples"] == 12 and info["fields"][0]["payloads"]["packed"]["samples"] == 12
    assert info["fields"][1]["values"] == {"astronaut": 4, "cat": 4, "coffee": 4}
    assert info["fingerprint"] == dataset.fingerprint and info["file_bytes"] == os.path.getsize(photos_file)
    dataset.verify()
    damaged = bytearray(pathlib.Path(photos_file).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "damaged.hrd").write_bytes(damaged)
    with pytest.raises(hr.Error) as raised:
        hr.Dataset(tmp_path / "damaged.hrd").verify()
    assert "data.page" in {e.code for e in raised.value.errors}


def test_datasets_can_be_pickled(numbers_file):
    again = pickle.loads(pickle.dumps(hr.Dataset(numbers_file)))
    assert again[3]["label"] == 3 and again.fingerprint == hr.Dataset(numbers_file).fingerprint


def test_images_as_pil(photos_file):
    image = pytest.importorskip("PIL.Image")
    for sample in hr.Dataset(photos_file):
        file = image.open(io.BytesIO(sample["image"].jpeg())).convert("RGB")
        assert numpy.array_equal(numpy.asarray(sample["image"].pil()), numpy.asarray(file))


def test_limits_on_images(tmp_path):
    with pytest.raises(hr.Error) as raised:
        hr.write(PHOTOS, tmp_path / "none.hrd", progress=False, max_pixels=1000)
    assert raised.value.code == "import.limit"
    assert "max_pixels" in str(raised.value)
    assert not (tmp_path / "none.hrd").exists()
