#!/usr/bin/env python3
"""Writes src/test/resources/tflite/integers_*: Keras MobileNets as TensorFlow quantises them to int8.

Weights are random, and BatchNorm's statistics those of the images. integers.safetensors has of each
file the bytes NAME.x [N, H, W, 3] that are fed, NAME.pooled and NAME.y, what TensorFlow Lite's
reference kernels make of them. Where a file takes or gives floats, bytes are those behind its first
QUANTIZE and before its last DEQUANTIZE, and NAME.floats and NAME.probabilities the floats.

integers_top      keras.applications with top: MEAN that keeps axes, a convolution of 1x1, softmax; int8
integers_dense    GlobalAveragePooling2D, Dense, softmax; floats in and out
integers_logits   the same without softmax; uint8 in and out
integers_sigmoid  Dense with ReLU, Dense with sigmoid; int8
integers_tensor   one scale for each kernel; int8

    tflite_integers.py [OUT [COUNT [large]]]

COUNT images of each; large: networks of usual widths and sizes, for a look at more.

Made with TensorFlow 2.21, Keras 3.15.
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.pop(0)  # keras.py lies beside this file
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from safetensors.numpy import save_file

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../resources/tflite")
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 2
LARGE = len(sys.argv) > 3
rng = np.random.default_rng(12)
expected = {}


class Width(float):
    """A width multiplier that leaves eight channels, as this library's do."""

    def __rmul__(self, channels):
        return max(8, int(channels * float(self)))


def images(count, height, width):
    coarse = rng.uniform(0, 255, (count, (height + 7) // 8, (width + 7) // 8, 3))
    blown = np.kron(coarse, np.ones((1, 8, 8, 1)))[:, :height, :width]
    pixels = np.clip(blown + rng.normal(0, 20, blown.shape), 0, 255).astype("uint8")
    return pixels.astype("float32") / np.float32(127.5) - 1


def mobilenet(alpha, height, width, **settings):
    return keras.applications.MobileNet(
        **{**dict(alpha=alpha if LARGE else Width(alpha), weights=None, input_shape=(height, width, 3),
                  include_top=False, pooling="avg"), **settings})


def dense(network, *units):
    x = network.output
    for n, activation in units:
        x = layers.Dense(n, activation=activation)(x)
    return keras.Model(network.input, x)


def lively(model, x):
    norms = []
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
            size = layer.gamma.shape
            layer.gamma.assign(rng.uniform(0.8, 1.6, size))
            layer.beta.assign(rng.uniform(-0.2, 0.8, size))
            norms.append(layer)
        else:
            for v in layer.weights:
                fan = 9 if "depthwise" in v.path else max(1, np.prod(v.shape[:-1]))
                v.assign(rng.normal(0, (2 / fan) ** 0.5, v.shape))
    model(x, training=True)
    for layer in norms:
        layer.moving_variance.assign(layer.moving_variance + 0.05)
    return model


def write(name, model, kind=tf.int8, per_tensor=False):
    height, width = model.input_shape[1:3]
    lively(model, images(8, height, width))
    calibration = images(8, height, width)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: [[calibration[i:i + 1]] for i in range(8)]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = kind
    converter._experimental_disable_per_channel = per_tensor
    content = converter.convert()
    with open(os.path.join(OUT, name + ".tflite"), "wb") as f:
        f.write(content)
    run = tf.lite.Interpreter(
        model_content=content,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    run.allocate_tensors()
    entry, exit = run.get_input_details()[0], run.get_output_details()[0]
    ops = run._get_ops_details()
    mean = next(op for op in ops if op["op_name"] == "MEAN")
    first = ops[0]["outputs"][0] if entry["dtype"] == np.float32 else entry["index"]
    last = ops[-1]["inputs"][0] if exit["dtype"] == np.float32 else exit["index"]
    rows = {"x": [], "pooled": [], "y": [], "floats": [], "probabilities": []}
    for image in images(COUNT, height, width):
        value = image[None]
        if entry["dtype"] != np.float32:
            scale, zero = entry["quantization"]
            limits = np.iinfo(entry["dtype"])
            value = np.clip(np.round(value / scale + zero), limits.min, limits.max).astype(entry["dtype"])
        run.set_tensor(entry["index"], value)
        run.invoke()
        rows["x"].append(run.get_tensor(first))
        rows["pooled"].append(run.get_tensor(mean["outputs"][0]).reshape(1, -1))
        rows["y"].append(run.get_tensor(last).reshape(1, -1))
        if entry["dtype"] == np.float32:
            rows["floats"].append(value)
            rows["probabilities"].append(run.get_tensor(exit["index"]))
    for what, values in rows.items():
        if values:
            expected[f"{name}.{what}"] = np.concatenate(values)
    print(name, len(content), [op["op_name"] for op in ops if "CONV" not in op["op_name"]],
          rows["y"][0], file=sys.stderr)


os.makedirs(OUT, exist_ok=True)
a, b, c = (0.5, 0.25, 0.75) if LARGE else (1 / 32, 1 / 16, 1 / 64)
m, n = (160, 128) if LARGE else (64, 32)
write("integers_top", mobilenet(a, m, n, include_top=True, pooling=None, classes=5))
write("integers_dense", dense(mobilenet(b, n, n), (7, "softmax")), tf.float32)
write("integers_logits", dense(mobilenet(c, 96, 96), (3, None)), tf.uint8)
write("integers_sigmoid", dense(mobilenet(a, m, m), (6, "relu"), (4, "sigmoid")))
write("integers_tensor", dense(mobilenet(c, m, n), (5, "softmax")), per_tensor=True)
save_file(expected, os.path.join(OUT, "integers.safetensors"))
