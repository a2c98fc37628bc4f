"""Prints the golden values of dataset_resize_test.cc: what Pillow makes of a synthetic image.

Made with Pillow 12.0.0; 10.4.0 and 11.3.0 give the same. Pillow 13 resizes some images vertically first,
which changes the rounding between the passes, so it is refused. Usage: python3 dataset_resize_golden.py
"""
import sys

import PIL
from PIL import Image

if int(PIL.__version__.split(".")[0]) >= 13:
    sys.exit(f"Pillow {PIL.__version__} does not always resize horizontally first; use 12.0.0")

CASES = [  # from width, height, to width, height
    (7, 5, 3, 2), (16, 16, 8, 8), (17, 513, 8, 256), (513, 17, 256, 8), (500, 375, 256, 192), (375, 500, 192, 256),
    (256, 3, 255, 3), (3, 256, 3, 100), (1000, 1, 10, 1), (1, 1000, 1, 3), (97, 89, 96, 89), (640, 480, 1, 1),
]


def pattern(width, height):
    return bytes(((x * 37 + y * 91 + c * 53 + x * y * 7) ^ (x * x >> 3)) & 255
                 for y in range(height) for x in range(width) for c in range(3))


def fnv1a(data):
    h = 0xCBF29CE484222325
    for b in data:
        h = (h ^ b) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return h


for w, h, tw, th in CASES:
    image = Image.frombytes("RGB", (w, h), pattern(w, h))
    out = image.resize((tw, th), Image.Resampling.BILINEAR).tobytes()
    print(f"    {{{{{w}, {h}}}, {{{tw}, {th}}}, 0x{fnv1a(out):016x}u}},")
image = Image.frombytes("RGB", (7, 5), pattern(7, 5))
print(list(image.resize((3, 2), Image.Resampling.BILINEAR).tobytes()))
