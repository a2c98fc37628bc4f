"""Writes resize_golden.txt: what Pillow and OpenCV make of small images. Usage: make_resize_golden.py > resize_golden.txt

Pillow 12.0.0 (10.4.0 and 11.3.0 give the same) and OpenCV 4.12.0. Pillow 13 resizes some images vertically
first, which changes the rounding between the passes, so it is refused.
"""
import sys

import cv2
import numpy as np
import PIL
from PIL import Image

if int(PIL.__version__.split(".")[0]) >= 13:
    sys.exit(f"Pillow {PIL.__version__} does not always resize horizontally first; use 12.0.0")

# Source width, height, result width, height.
ANY = [
    (1, 1, 1, 1), (1, 1, 5, 3), (1, 7, 1, 3), (7, 1, 3, 1), (5, 4, 1, 1), (2, 2, 3, 3), (3, 3, 2, 2), (3, 2, 2, 3),
    (2, 5, 9, 5), (8, 8, 8, 8), (8, 8, 8, 5), (8, 8, 5, 8), (4, 4, 8, 8), (5, 7, 11, 13), (13, 11, 7, 5),
    (16, 16, 8, 8), (17, 9, 6, 12), (9, 17, 12, 6), (10, 10, 9, 11), (12, 20, 13, 19), (33, 31, 16, 15),
    (97, 3, 10, 4), (3, 97, 4, 10), (64, 48, 7, 5), (101, 67, 10, 7), (255, 254, 8, 6), (511, 3, 3, 2),
    (2, 900, 2, 3), (640, 480, 5, 4), (1500, 20, 4, 9), (31, 33, 20, 18),
]
# Then left, top, right, bottom of a box in eighths of a pixel, which lies in the outermost pixels: what is
# resized of an image that was decoded smaller.
BOXES = [
    (9, 7, 4, 3, 4, 0, 72, 52), (9, 7, 4, 3, 0, 4, 68, 56), (8, 8, 2, 2, 6, 2, 62, 60), (20, 15, 5, 7, 7, 1, 153, 113),
    (17, 17, 8, 8, 1, 1, 135, 135), (33, 12, 1, 1, 3, 5, 259, 91), (5, 6, 2, 3, 2, 6, 38, 44), (100, 80, 9, 6, 4, 4, 796, 636),
    (40, 41, 20, 20, 0, 0, 320, 324), (64, 64, 30, 31, 5, 7, 505, 507), (12, 300, 3, 2, 1, 0, 96, 2399),
]
KEPT_FOR_OTHERS = [c for c in ANY if c[2] * c[3] <= 160]


def source(width, height, seed, kind):
    """The image that resize_golden_test.cc makes of the same arguments."""
    out = bytearray()
    state = seed
    for _ in range(width * height * 3):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        byte = state >> 24
        out.append(byte if kind == "noise" else 255 if byte > 127 else 0)
    return bytes(out)


def pillow(data, w, h, to_w, to_h, method):
    image = Image.frombytes("RGB", (w, h), data)
    return image.resize((to_w, to_h), method).tobytes()


def pillow_box(data, w, h, to_w, to_h, *box):
    image = Image.frombytes("RGB", (w, h), data)
    return image.resize((to_w, to_h), Image.Resampling.BILINEAR, box=tuple(edge / 8 for edge in box)).tobytes()


def opencv(data, w, h, to_w, to_h, method):
    image = np.frombuffer(data, np.uint8).reshape(h, w, 3)
    return cv2.resize(image, (to_w, to_h), interpolation=method).tobytes()


def main():
    print(f"# Pillow {PIL.__version__}, OpenCV {cv2.__version__}; written by make_resize_golden.py.")
    print("# filter from-width from-height to-width to-height seed kind [box], then the result's bytes, row by row")
    runs = [
        ("bilinear", ANY, lambda *a: pillow(*a, Image.Resampling.BILINEAR)),
        ("nearest", KEPT_FOR_OTHERS, lambda *a: pillow(*a, Image.Resampling.NEAREST)),
        ("area", KEPT_FOR_OTHERS, lambda *a: opencv(*a, cv2.INTER_AREA)),
        ("bilinear_point", KEPT_FOR_OTHERS, lambda *a: opencv(*a, cv2.INTER_LINEAR)),
        ("bilinear_box", BOXES, pillow_box),
    ]
    seed = 1
    for name, cases, resize in runs:
        for case in cases:
            for kind in ("noise", "extremes") if case[2] * case[3] <= 64 else ("noise",):
                data = source(case[0], case[1], seed, kind)
                result = resize(data, *case)
                print(name, *case[:4], seed, kind, *case[4:])
                row = case[2] * 3
                for y in range(case[3]):
                    print(result[y * row:(y + 1) * row].hex())
                seed += 1


if __name__ == "__main__":
    main()
