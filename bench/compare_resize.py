#!/usr/bin/env python3
"""Distance of exact and fast resizing on packed data to Pillow and OpenCV: whole images to 224 x 224, u8.

usage: compare_resize.py HEADRACE PHOTOS      (PHOTOS: a folder with one subfolder of JPEGs per class)

Needs numpy, pillow (10 to 12) and opencv-python-headless. Prints mean, 99.9th percentile and largest difference.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

import cv2
import numpy as np
from PIL import Image

SIZE = (224, 224)


def run(headrace, dataset, folder, images, resize, numerics):
    spec = os.path.join(folder, "spec.json")
    out = os.path.join(folder, numerics + resize["filter"] + str(resize.get("antialias")))
    ops = [{"op": "decode", "field": "image"}, {"op": "resize", "size": list(SIZE), **resize}, {"op": "layout", "layout": "NHWC"}]
    with open(spec, "w") as f:
        json.dump({"headrace": 1, "numerics": numerics, "loader": {"order": "sequential", "tail": "drop"}, "outputs": {"image": ops}}, f)
    subprocess.run([headrace, "run", spec, dataset, "--batch-size", str(images), "--save", out], check=True, capture_output=True)
    arrays = [np.load(p) for p in sorted(glob.glob(out + "/**/*.npy", recursive=True)) if "image" in os.path.basename(p)]
    return np.concatenate(arrays).astype(np.int32)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    headrace, photos = sys.argv[1:]
    files = sorted(glob.glob(photos + "/*/*.jpg"))
    pixels = [cv2.cvtColor(cv2.imread(f, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION), cv2.COLOR_BGR2RGB) for f in files]
    opencv = lambda how: np.stack([cv2.resize(p, SIZE, interpolation=how) for p in pixels]).astype(np.int32)
    pillow = np.stack([np.asarray(Image.open(f).convert("RGB").resize(SIZE, Image.BILINEAR)) for f in files]).astype(np.int32)
    cases = [
        ("Pillow BILINEAR", pillow, {"filter": "bilinear", "antialias": True}),
        ("OpenCV INTER_AREA", opencv(cv2.INTER_AREA), {"filter": "area"}),
        ("OpenCV INTER_LINEAR", opencv(cv2.INTER_LINEAR), {"filter": "bilinear", "antialias": False}),
    ]
    with tempfile.TemporaryDirectory() as folder:
        dataset = os.path.join(folder, "photos.hrd")
        subprocess.run([headrace, "write", photos, "-o", dataset, "--no-shuffle"], check=True, capture_output=True)
        for name, reference, resize in cases:
            for numerics in ("exact", "fast"):
                d = np.abs(run(headrace, dataset, folder, len(files), resize, numerics) - reference)
                print(f"{numerics:6} {name:20} mean {d.mean():.3f}  99.9 % {np.quantile(d, 0.999):.1f}  largest {d.max()}")


main()
