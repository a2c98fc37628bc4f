"""tf.data: threads of one process; the crop is drawn before the JPEG is decoded."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf
from jobs import MEAN, RATIO, SCALE, SHORT_SIDE, SIZE, STD, Job

# Of numpy: threads cannot be chosen once TensorFlow has made a tensor.
MEAN_255 = np.asarray(MEAN, "float32") * 255
STD_255 = np.asarray(STD, "float32") * 255
WHOLE = np.asarray([[[0, 0, 1, 1]]], "float32")


def train_image(data):
    begin, size, _ = tf.image.sample_distorted_bounding_box(
        tf.image.extract_jpeg_shape(data),
        WHOLE,
        min_object_covered=0.0,
        aspect_ratio_range=RATIO,
        area_range=SCALE,
        max_attempts=10,
        use_image_if_no_bounding_boxes=True,
    )
    window = tf.stack([begin[0], begin[1], size[0], size[1]])
    pixels = tf.image.decode_and_crop_jpeg(data, window, channels=3)
    return tf.image.random_flip_left_right(tf.image.resize(pixels, [SIZE, SIZE], antialias=True))


def center_image(data):
    pixels = tf.image.decode_jpeg(data, channels=3)
    shape = tf.shape(pixels)
    short = tf.minimum(shape[0], shape[1])
    height, width = SHORT_SIDE * shape[0] // short, SHORT_SIDE * shape[1] // short
    image = tf.image.resize(pixels, tf.stack([height, width]), antialias=True)
    top = tf.cast(tf.round((height - SIZE) / 2), tf.int32)
    left = tf.cast(tf.round((width - SIZE) / 2), tf.int32)
    return tf.image.crop_to_bounding_box(image, top, left, SIZE, SIZE)


def dataset(job: Job, train: bool):
    tf.config.threading.set_intra_op_parallelism_threads(job.threads)
    tf.config.threading.set_inter_op_parallelism_threads(job.threads)
    files = [str(file) for file in job.files()]
    make = train_image if job.train else center_image

    def load(file, label):
        normal = (make(tf.io.read_file(file)) - MEAN_255) / STD_255
        return tf.transpose(normal, [2, 0, 1]), label

    data = tf.data.Dataset.from_tensor_slices((files, list(range(len(files)))))
    if train:
        data = data.shuffle(len(files)).repeat()
    options = tf.data.Options()
    options.threading.private_threadpool_size = job.threads
    data = data.map(load, num_parallel_calls=job.threads, deterministic=False)
    return data.batch(job.batch, drop_remainder=train).prefetch(2).with_options(options)


def batches(job: Job):
    return dataset(job, True).as_numpy_iterator()


def in_order(job: Job):
    return dataset(job, False).as_numpy_iterator()


def versions() -> dict[str, str]:
    return {"tensorflow": tf.__version__}
