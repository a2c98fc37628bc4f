"""Prints the golden values of cmyk_test.cc, as Pillow computes them. Usage: make_cmyk_golden.py"""

import io

import PIL
from PIL import Image

# Inks and black in the polarity of the file (255: no ink), as libjpeg delivers them.
STORED = [(255, 255, 255, 255), (0, 0, 0, 0), (0, 128, 255, 255), (12, 200, 77, 130), (1, 254, 127, 128),
          (255, 0, 90, 3), (64, 65, 66, 254), (200, 100, 50, 25)]


def rows(values, per_line):
    lines = [", ".join(values[i:i + per_line]) for i in range(0, len(values), per_line)]
    return ",\n".join("    " + line for line in lines)


def main():
    print(f"// Pillow {PIL.__version__}")
    inks = bytes(255 - v for pixel in STORED for v in pixel)
    rgb = Image.frombytes("CMYK", (len(STORED), 1), inks).convert("RGB").tobytes()
    for i, pixel in enumerate(STORED):
        print("   ", pixel, "->", tuple(rgb[3 * i:3 * i + 3]))

    side = 6
    image = Image.new("CMYK", (side, side))
    image.putdata([(x * 40, y * 45, 255 - x * 30, (x + y) * 20) for y in range(side) for x in range(side)])
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90, optimize=True)
    decoded = Image.open(io.BytesIO(buffer.getvalue())).convert("RGB").tobytes()
    print("file:\n" + rows([f"0x{b:02x}" for b in buffer.getvalue()], 18))
    print("rgb:\n" + rows([str(b) for b in decoded], 18))


if __name__ == "__main__":
    main()
