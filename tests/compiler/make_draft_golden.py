"""Writes draft_golden.txt: small JPEGs, decoded smaller by Pillow's draft() and resized from the box that gives.
Usage: make_draft_golden.py > draft_golden.txt. Pillow 12.0.0 with libjpeg-turbo."""
import io
import sys

import PIL
from PIL import Image, features

if int(PIL.__version__.split(".")[0]) >= 13 or not features.check_feature("libjpeg_turbo"):
    sys.exit(f"Pillow {PIL.__version__} does not always resize horizontally first, or has another libjpeg")

# Width, height, subsampling, reduction, then width and height of the result: the reduction that "auto" chooses.
CASES = [
    (61, 45, "4:2:0", 2, 15, 11), (61, 45, "4:2:2", 2, 14, 9), (61, 45, "4:4:4", 2, 9, 7), (61, 45, "gray", 2, 15, 8),
    (70, 53, "4:2:0", 4, 8, 6), (70, 53, "4:2:2", 4, 7, 5), (70, 53, "4:4:4", 4, 8, 6), (70, 53, "gray", 4, 6, 6),
    (99, 83, "4:2:0", 8, 6, 5), (99, 83, "4:2:2", 8, 6, 4), (99, 83, "4:4:4", 8, 5, 5), (99, 83, "gray", 8, 3, 4),
]


def source(width, height, gray):
    """Waves of three lengths, which JPEG keeps small."""
    data = bytearray()
    for y in range(height):
        for x in range(width):
            for c in range(1 if gray else 3):
                data.append((x * (3 + c) + y * (5 - c) + (x * y >> 4) * (c + 1)) % 220 + 18)
    return Image.frombytes("L" if gray else "RGB", (width, height), bytes(data))


def main():
    print(f"# Pillow {PIL.__version__}, libjpeg-turbo {features.version_feature('libjpeg_turbo')}; written by make_draft_golden.py.")
    print("# width height sampling reduction to-width to-height, the JPEG, then the result's bytes, row by row")
    for width, height, sampling, reduction, to_width, to_height in CASES:
        gray = sampling == "gray"
        file = io.BytesIO()
        source(width, height, gray).save(file, "JPEG", quality=35, optimize=True, **({} if gray else {"subsampling": sampling}))
        image = Image.open(io.BytesIO(file.getvalue()))
        _, box = image.draft(None, (width // reduction, height // reduction))
        assert box == (0, 0, width / reduction, height / reduction), box
        image = image.convert("RGB")
        result = image.resize((to_width, to_height), Image.Resampling.BILINEAR, box=box).tobytes()
        print(width, height, sampling, reduction, to_width, to_height)
        print(file.getvalue().hex())
        for y in range(to_height):
            print(result[y * to_width * 3:(y + 1) * to_width * 3].hex())


if __name__ == "__main__":
    main()
