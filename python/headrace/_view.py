"""Contact sheets: what a pipeline makes, to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headrace import _native

if TYPE_CHECKING:
    from headrace.loader import Loader


def _pixel_scale(steps: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    """(gain, offset) per channel that lead from the values of an output back to 0..255."""
    gain, offset = [1.0] * 3, [0.0] * 3
    floating = False
    for step in steps:
        if step.get("op") == "convert":
            scale = step.get("scale", 1)
            gain, offset = [g * scale for g in gain], [o * scale for o in offset]
            floating = True
        elif step.get("op") == "normalize":
            unit = 1 if floating else step["range"][1] / 255
            for c in range(3):
                gain[c] = gain[c] * unit / step["std"][c]
                offset[c] = (offset[c] * unit - step["mean"][c]) / step["std"][c]
    return [1 / g for g in gain], [-o / g for g, o in zip(gain, offset)]


def _image_output(loader: "Loader", name: str | None) -> int:
    for i, output in enumerate(loader.outputs):
        if output.layout != "none" and (name is None or output.name == name):
            return i
    raise ValueError(
        f"the pipeline has no image output{'' if name is None else f' {name!r}'}; its outputs are "
        + ", ".join(o.name for o in loader.outputs)
    )


def _captions(loader: "Loader", batch: Any) -> list[str]:
    """Names of the classes where there are any, else the keys of the samples."""
    dataset, count = loader.dataset, batch.samples
    field = next((i for i, f in enumerate(dataset.fields) if f.kind == "i64" and f.value_names), None)
    captions = []
    for sample in batch.sample_ids(count, "numpy").tolist():
        if field is None:
            captions.append(dataset.key(sample))
            continue
        value, names = dataset._native.read(sample)[field], dataset.fields[field].value_names
        captions.append(names[value] if 0 <= value < len(names) else str(value))
    return captions


def contact_sheet(loader: "Loader", count: int, output: str | None, columns: int, max_side: int) -> Any:
    from PIL import Image

    index = _image_output(loader, output)
    pipeline = loader._prepared.pipeline
    steps = [] if pipeline is None else pipeline.outputs[loader.outputs[index].name].steps()
    gain, offset = _pixel_scale(steps)

    options = _native.LoaderOptions()
    options.batch_size = min(count, len(loader.dataset)) + (
        count % 2 if loader._prepared.program.mixes else 0
    )
    for same in (
        "seed",
        "order",
        "window_bytes",
        "filter",
        "subset",
        "weights",
        "weight_field",
        "balance_field",
    ):
        setattr(options, same, getattr(loader._options, same))
    options.limit = options.batch_size
    options.tail = "pad"
    options.on_error = "substitute"
    first = _native.Loader(loader.dataset._native, loader._prepared.program, options)
    first.start_epoch(0)
    batch = first.next()
    assert batch is not None  # an epoch has at least one batch, which is padded
    captions = _captions(loader, batch)[:count]
    width, height, pixels = _native.sheet(batch, index, captions, gain, offset, "", columns, max_side)
    first.close()
    return Image.frombytes("RGB", (width, height), pixels)
