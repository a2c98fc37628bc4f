"""The package as a whole: what an import costs, what it shows, its command."""

import ast
import pathlib
import pickle
import subprocess
import sys
import textwrap

import headrace as hr
import pytest


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120)


def test_import_brings_in_nothing_large():
    code = "import sys, headrace; print([m for m in ('numpy', 'torch', 'PIL') if m in sys.modules])"
    result = run("-c", code)
    assert result.stdout.strip() == "[]", result.stderr


def test_numpy_is_imported_while_the_compiler_works(photos_file):
    code = """
        import os, sys, headrace as hr
        loader = hr.Loader(sys.argv[1], hr.pipelines.imagenet_train(16), 4)
        if os.fork() == 0:  # which waits for the import, or numpy could never be imported here
            import numpy
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
        assert "numpy" in sys.modules
        print(next(iter(loader))[0].shape)
    """
    result = run("-c", textwrap.dedent(code), photos_file)
    assert result.stdout.strip() == "(4, 3, 16, 16)", result.stderr


def test_everything_named_is_there():
    assert all(hasattr(hr, name) for name in hr.__all__)


def test_version_is_that_of_the_project():
    text = (pathlib.Path(__file__).parents[2] / "CMakeLists.txt").read_text()
    assert f"project(headrace VERSION {hr.__version__} " in text


def test_types_are_shipped():
    package = pathlib.Path(hr.__file__).parent
    assert (package / "py.typed").exists()
    stub = ast.parse((package / "_native.pyi").read_text())
    classes = {node.name for node in stub.body if isinstance(node, ast.ClassDef)}
    assert {"Batch", "Dataset", "Loader", "LoaderOptions", "Program", "Writer"} <= classes


def test_module_runs_the_command():
    result = run("-m", "headrace", "--version")
    assert result.returncode == 0
    assert result.stdout.startswith(f"headrace {hr.__version__} ")


def test_command_passes_its_exit_code_on():
    result = run("-m", "headrace", "frobnicate")
    assert result.returncode == 2
    assert 'there is no subcommand "frobnicate"' in result.stderr


def test_error_says_code_place_and_message(tmp_path):
    missing = str(tmp_path / "none.hrd")
    with pytest.raises(hr.Error) as raised:
        hr.Dataset(missing)
    error = raised.value
    assert isinstance(error, RuntimeError)
    assert error.where == missing
    assert str(error) == f"error[{error.code}] {missing}: {error.errors[0].message}"


def test_errors_survive_pickling():
    with pytest.raises(hr.SpecError) as raised:
        hr.Pipeline(image=hr.Decode() | hr.CenterCrop(4) | hr.Normalize([9, 9, 9], [1, 1, 1]))
    again = pickle.loads(pickle.dumps(raised.value))
    assert type(again) is hr.SpecError and isinstance(again, ValueError)
    assert again.errors == raised.value.errors
