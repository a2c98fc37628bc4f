"""The rectangles that headrace draws, by docs/ir.md: random numbers are a function of seed, epoch, sample and
operation, so another pipeline can take the same crops."""

from __future__ import annotations

import functools
import math

_MASK32, _MASK64 = (1 << 32) - 1, (1 << 64) - 1


def _philox(counter: tuple[int, ...], key: tuple[int, int]) -> tuple[int, ...]:
    """Philox4x32-10."""
    c, k = counter, key
    for _ in range(10):
        low, high = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = ((high >> 32) ^ c[1] ^ k[0], high & _MASK32, (low >> 32) ^ c[3] ^ k[1], low & _MASK32)
        k = ((k[0] + 0x9E3779B9) & _MASK32, (k[1] + 0xBB67AE85) & _MASK32)
    return c


@functools.lru_cache
def _op_key(seed: int, op: str) -> tuple[int, int]:
    name = 0xCBF29CE484222325
    for byte in op.encode():
        name = (name ^ byte) * 0x100000001B3 & _MASK64
    words = _philox((name & _MASK32, name >> 32, 0x68726B79, 0), (seed & _MASK32, seed >> 32))
    return words[0], words[1]


def _uniform(a: int, b: int) -> float:
    return ((a >> 5) * 2**26 + (b >> 6)) / 2**53


class CropDraws:
    """Of one random_resized_crop, `op` being its JSON pointer in the spec."""

    def __init__(self, seed: int, op: str, scale: tuple[float, float], ratio: tuple[float, float]):
        self.key, self.scale, self.ratio = _op_key(seed, op), scale, ratio

    def rect(self, height: int, width: int, epoch: int, sample: int) -> tuple[int, int, int, int]:
        """Top, left, height, width."""

        def draw(number: int) -> tuple[int, ...]:
            return _philox((number, epoch & _MASK32, sample & _MASK32, sample >> 32), self.key)

        low, high = math.log(self.ratio[0]), math.log(self.ratio[1])
        for attempt in range(10):
            d = draw(attempt)
            area = height * width * (self.scale[0] + _uniform(d[0], d[1]) * (self.scale[1] - self.scale[0]))
            shape = math.exp(low + _uniform(d[2], d[3]) * (high - low))
            w, h = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
            if 1 <= w <= width and 1 <= h <= height:
                p = draw(16 + attempt)
                return p[0] * (height - h + 1) >> 32, p[1] * (width - w + 1) >> 32, h, w
        w, h = width, height
        if width / height < self.ratio[0]:
            h = min(max(round(width / self.ratio[0]), 1), height)
        elif width / height > self.ratio[1]:
            w = min(max(round(height * self.ratio[1]), 1), width)
        return (height - h) // 2, (width - w) // 2, h, w
