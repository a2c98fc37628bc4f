"""Prints the golden rows of geometry_test.cc: random rectangles computed by a second implementation, with
Python's own math. Usage: python3 make_geometry_golden.py

The algorithm is that of torchvision's RandomResizedCrop.get_params and RandomCrop.get_params; the random
numbers are headrace's (Philox4x32-10 keyed by seed, epoch, sample and op).
"""
import math

MASK32, MASK64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        low, high = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(high >> 32) ^ c[1] ^ k[0], high & MASK32, (low >> 32) ^ c[3] ^ k[1], low & MASK32]
        k = [(k[0] + 0x9E3779B9) & MASK32, (k[1] + 0xBB67AE85) & MASK32]
    return c


def words(v):
    return v & MASK32, v >> 32


def fnv1a(text):
    h = 0xCBF29CE484222325
    for b in text.encode():
        h = (h ^ b) * 0x100000001B3 & MASK64
    return h


def draw(key, op, number):
    seed, epoch, sample = key
    op_key = philox([*words(fnv1a(op)), 0x68726B79, 0], words(seed))[:2]
    return philox([number, epoch & MASK32, *words(sample)], op_key)


def uniform(a, b):
    return ((a >> 5) * 2**26 + (b >> 6)) / 2**53


def below(word, n):
    return word * n >> 32


def resized_crop(height, width, scale, ratio, key, op):
    for attempt in range(10):
        d = draw(key, op, attempt)
        area = height * width * (scale[0] + uniform(d[0], d[1]) * (scale[1] - scale[0]))
        low, high = math.log(ratio[0]), math.log(ratio[1])
        aspect = math.exp(low + uniform(d[2], d[3]) * (high - low))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            p = draw(key, op, 16 + attempt)
            return below(p[0], height - h + 1), below(p[1], width - w + 1), h, w, attempt
    w, h = width, height
    if width / height < ratio[0]:
        h = min(max(round(width / ratio[0]), 1), height)
    elif width / height > ratio[1]:
        w = min(max(round(height * ratio[1]), 1), width)
    return (height - h) // 2, (width - w) // 2, h, w, 10


def random_crop(height, width, to_height, to_width, key, op):
    d = draw(key, op, 0)
    return below(d[0], height - to_height + 1), below(d[1], width - to_width + 1)


IMAGENET = ((0.08, 1.0), (0.75, 1.3333333333333333))


def main():
    print("// height, width, scale, ratio, seed, epoch, sample, then top, left, height, width; attempts that failed")
    cases = [(375, 500, *IMAGENET, (0, 0, i)) for i in range(6)]
    cases += [(500, 375, *IMAGENET, (7, 3, 123456789012)), (224, 224, *IMAGENET, (1 << 40, 1, 5))]
    cases += [(20, 400, *IMAGENET, (0, 0, 1)), (400, 20, *IMAGENET, (0, 0, 1)), (60, 100, *IMAGENET, (0, 0, 2))]
    cases += [(1, 1, *IMAGENET, (0, 0, 0)), (2, 3, (0.5, 0.5), (1.0, 1.0), (0, 0, 1)), (10, 1000, (1, 1), (3.0, 3.0), (0, 0, 1))]
    for h, w, scale, ratio, key in cases:
        *rect, attempts = resized_crop(h, w, scale, ratio, key, "/outputs/image/1")
        print(f"{{{h}, {w}, {{{scale[0]}, {scale[1]}}}, {{{ratio[0]}, {ratio[1]}}}, {{{key[0]}u, {key[1]}u, {key[2]}u}}, "
              f"{{{', '.join(map(str, rect))}}}, {attempts}}},")
    print("// random_crop of 40x48 to 32x30: sample, then top, left; random_bool's draw")
    for sample in range(5):
        top, left = random_crop(40, 48, 32, 30, (9, 2, sample), "/shared/crop")
        d = draw((9, 2, sample), "/shared/flip", 0)
        print(f"{{{sample}u, {top}, {left}, {uniform(d[0], d[1])!r}}},")


if __name__ == "__main__":
    main()
