"""OpenCV and numpy on threads of one process, without torch: OpenCV gives up the interpreter's lock."""

import collections
import concurrent.futures
import random

import cv2
import numpy as np
from jobs import MEAN, SIZE, STD, Job, center, random_crop, short_side_size

SCALE = (1 / (255 * np.asarray(STD, "float32"))).reshape(3, 1, 1)
OFFSET = (np.asarray(MEAN, "float32") / np.asarray(STD, "float32")).reshape(3, 1, 1)
cv2.setNumThreads(0)  # threads are those of the pool


def train_image(pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    top, left, height, width = random_crop(*pixels.shape[:2], rng)
    crop = pixels[top : top + height, left : left + width]
    # OpenCV's bilinear filter has no antialiasing; its area filter stands in where an image shrinks.
    shrinks = height > SIZE and width > SIZE
    image = cv2.resize(crop, (SIZE, SIZE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return cv2.flip(image, 1) if rng.random() < 0.5 else image


def center_image(pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    height, width = short_side_size(*pixels.shape[:2])
    shrinks = height < pixels.shape[0]
    image = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    top, left = center(height, width)
    return image[top : top + SIZE, left : left + SIZE]


class Filler:
    """Writes rows of a batch."""

    def __init__(self, job: Job):
        self.make = train_image if job.train else center_image

    def fill(self, batch: np.ndarray, row: int, file: str, seed: int) -> None:
        pixels = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR_RGB)
        image = self.make(pixels, random.Random(seed))
        np.multiply(image.transpose(2, 0, 1), SCALE, out=batch[row])
        batch[row] -= OFFSET


def stream(job: Job, items: list):
    filler = Filler(job)
    with concurrent.futures.ThreadPoolExecutor(job.threads) as pool:
        waiting: collections.deque = collections.deque()
        for start in range(0, len(items), job.batch):
            chosen = items[start : start + job.batch]
            batch = np.empty((len(chosen), 3, SIZE, SIZE), np.float32)
            rows = [
                pool.submit(filler.fill, batch, row, file, start + row)
                for row, (_, file) in enumerate(chosen)
            ]
            waiting.append((batch, np.array([label for label, _ in chosen]), rows))
            if len(waiting) == 3:
                yield finished(waiting.popleft())
        while waiting:
            yield finished(waiting.popleft())


def finished(entry):
    batch, labels, rows = entry
    for row in rows:
        row.result()
    return batch, labels


def items_of(job: Job) -> list:
    return [(label, str(file)) for label, file in enumerate(job.files())]


def batches(job: Job):
    items = job.repeated(items_of(job))
    while True:
        random.shuffle(items)
        yield from stream(job, items)


def in_order(job: Job):
    yield from stream(job, items_of(job))


def versions() -> dict[str, str]:
    return {"opencv": cv2.__version__, "numpy": np.__version__}
