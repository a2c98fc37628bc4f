"""Operations of the user's own: expressions, and C functions from libraries that the Loader names."""

import shutil
import subprocess

import headrace as hr
import numpy
import pytest
from conftest import ROOT

SOURCE = """
#include "headrace/user_op.h"

int halve(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call) {
  for (int64_t i = 0; i < rows * cols * channels; ++i) ((float*)out)[i] = 0.5f * ((const uint8_t*)in)[i];
  return call->sample == 3 ? 17 : 0;
}
"""


def images(photos_file, *ops, batch_size=12, **options):
    pipeline = hr.Pipeline(image=hr.Compose([hr.Decode(), hr.Resize((24, 32)), *ops]))
    loader = hr.Loader(photos_file, pipeline, batch_size, order="sequential", num_threads=1, **options)
    return numpy.concatenate([batch[0].copy() for batch in loader])


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("library")
    (folder / "filters.c").write_text(SOURCE)
    command = [compiler, "-shared", "-fPIC", f"-I{ROOT / 'include'}", "-o", "filters.so", "filters.c"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "filters.so"


def test_maps_compute_what_they_say(photos_file):
    plain = images(photos_file)
    inverted = images(photos_file, hr.Map("255 - x"))
    assert inverted.dtype == numpy.uint8 and (inverted == 255 - plain).all()
    scaled = images(photos_file, hr.Map("x * 0.25", "float32"))
    assert scaled.dtype == numpy.float32 and (scaled == plain.astype(numpy.float32) * 0.25).all()
    swapped = images(photos_file, hr.Map("select(c == 0, b, select(c == 1, g, r))"))
    assert (swapped == plain[..., ::-1]).all()


def test_another_type_goes_by_what_a_map_gives(photos_file):
    plain = images(photos_file)
    bytes_, floats = hr.Map("255 - x"), hr.Map("x * 0.25", "float32")
    assert (images(photos_file, bytes_, dtype="float32") == (255 - plain) * numpy.float32(1 / 255)).all()
    assert (images(photos_file, floats, dtype="float16") == plain * numpy.float16(0.25)).all()


def test_a_mistake_names_the_operation():
    with pytest.raises(hr.SpecError) as raised:
        hr.Pipeline(image=hr.Decode() | hr.Resize((8, 8)) | hr.Map("x + clmap(1)"))
    assert str(raised.value) == (
        'error[spec.expression] /outputs/image/2/expr: column 5: unknown function "clmap"; '
        'did you mean "clamp"? (Map, argument expr)'
    )


def test_calls_need_their_library(photos_file, library):
    call = hr.Call("filters.so", "halve", out="float32")
    with pytest.raises(hr.Error, match=r"library\.not_named"):
        images(photos_file, call)
    with pytest.raises(hr.Error, match=r'sample\.call.*"halve" of "filters\.so" returned 17'):
        images(photos_file, call, libraries=[library])
    plain = images(photos_file, limit=3, batch_size=3)
    halved = images(photos_file, call, libraries=[library], limit=3, batch_size=3)
    assert halved.dtype == numpy.float32 and (halved == plain * numpy.float32(0.5)).all()
    with pytest.raises(TypeError, match="libraries must be a sequence"):
        images(photos_file, call, libraries=str(library))


@pytest.mark.skipif(not hr.code_generator(), reason="built without a compiler")
def test_explain_calls_them_too(photos_file, library):
    call = hr.Call("filters.so", "halve", out="float32")
    pipeline = hr.Pipeline(image=hr.Decode() | hr.Resize((24, 32)) | call)
    with pytest.raises(hr.Error, match=r"library\.not_named"):
        pipeline.explain(photos_file)
    with pytest.raises(hr.Error, match=r'sample\.call.*"halve" of "filters\.so" returned 17'):
        pipeline.explain(photos_file, libraries=[library])


def test_they_go_to_json_and_back():
    call = hr.Call("f.so", "g", per="row", in_="f32", out="u8")
    pipeline = hr.Pipeline(image=hr.Decode() | hr.Resize((8, 8)) | hr.Map("x * 2", "float32") | call)
    again = hr.Pipeline.from_spec(pipeline.to_json())
    assert again == pipeline and repr(again) == repr(pipeline)
    assert "Map(expr='x * 2', dtype='f32')" in repr(again)
