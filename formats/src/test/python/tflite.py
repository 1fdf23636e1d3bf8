#!/usr/bin/env python3
"""Writes src/test/resources/tflite: keras.applications.MobileNet, small, as TensorFlow converts it.

Weights are random, and BatchNorm's statistics those of the images, so that outputs depend on every
layer. expected.safetensors has the images x, uint8 [2, 64, 32, 3], and of each file NAME.y, what
TensorFlow Lite's reference kernels compute of them: probabilities of top_*, else logits.

top_*           with top, by the converter's defaults, as float16, in int8; fed [-1, 1]
rescaling_*     Rescaling(1/127.5, -1) in front: MUL and ADD
pixels_f32      Rescaling(1/255) in front, which the converter multiplies into the stem's kernel
normalization_f32
                Normalization by ImageNet's mean and variance of pixels in front: SUB and MUL
fractions_f32   the same of pixels / 255
uint8_f32       uint8 pixels: CAST, then preprocess_input
any_f32         any height and width
int16           activations of 16 bits
grey_int8       one channel, the first: the stem is a DEPTHWISE_CONV_2D
hidden_f32      Dense with ReLU, then Dense of one sigmoid
stem1_f32       the first convolution has stride 1

Made with TensorFlow 2.21, Keras 3.
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
SHAPE = (64, 32, 3)
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
rng = np.random.default_rng(1)
coarse = rng.uniform(0, 255, (2, 8, 4, 3))
images = np.clip(np.kron(coarse, np.ones((1, 8, 8, 1))) + rng.normal(0, 20, (2, *SHAPE)), 0, 255)
images = images.astype("uint8")
signed = images.astype("float32") / np.float32(127.5) - 1
expected = {"x": images}


class Width(float):
    """A width multiplier that leaves eight channels, as this library's do."""

    def __rmul__(self, channels):
        return max(8, int(channels * float(self)))


ALPHA = Width(sys.argv[2] if len(sys.argv) > 2 else 1 / 128)


def mobilenet(**settings):
    return keras.applications.MobileNet(
        **{**dict(alpha=ALPHA, weights=None, input_shape=SHAPE, include_top=False), **settings})


def behind(*front):
    inputs = keras.Input(SHAPE)
    x = inputs
    for layer in front:
        x = layer(x)
    return dense(inputs, mobilenet()(x))


def dense(inputs, features):
    return keras.Model(inputs, layers.Dense(5)(layers.GlobalAveragePooling2D()(features)))


def bytes_in():
    inputs = keras.Input(SHAPE, dtype="uint8")
    scaled = layers.Lambda(lambda v: tf.cast(v, tf.float32) / 127.5 - 1.0)(inputs)
    return dense(inputs, mobilenet()(scaled))


def any_size():
    network = mobilenet(input_shape=(None, None, 3))
    return dense(network.input, network.output)


def hidden():
    network = mobilenet(pooling="avg")
    x = layers.Dense(6, activation="relu")(network.output)
    return keras.Model(network.input, layers.Dense(1, activation="sigmoid")(x))


def small_steps():
    settings = mobilenet(pooling="avg").get_config()
    next(s for s in settings["layers"] if s["name"] == "conv1")["config"]["strides"] = (1, 1)
    network = keras.Model.from_config(settings)
    return keras.Model(network.input, layers.Dense(5)(network.output))


def all_layers(model):
    for layer in model.layers:
        yield from all_layers(layer) if hasattr(layer, "layers") else [layer]


def lively(model, x):
    """Random weights whose every layer has outputs of mean about 0 and deviation about 1."""
    norms = []
    for layer in all_layers(model):
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
            size = layer.gamma.shape
            layer.gamma.assign(rng.uniform(0.8, 1.6, size))
            layer.beta.assign(rng.uniform(-0.2, 0.8, size))
            norms.append(layer)
        elif layer.weights and not isinstance(layer, layers.Normalization):
            for v in layer.weights:
                fan = 9 if "depthwise" in v.path else max(1, np.prod(v.shape[:-1]))
                v.assign(rng.normal(0, (2 / fan) ** 0.5, v.shape))
    model(x, training=True)
    for layer in norms:
        layer.moving_variance.assign(layer.moving_variance + 0.05)
    return model


def write(name, model, x, kind="f32"):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind != "f32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "f16":
        converter.target_spec.supported_types = [tf.float16]
    if "int" in kind:
        converter.representative_dataset = lambda: [[x[i:i + 1]] for i in range(len(x))]
        ops = tf.lite.OpsSet
        converter.target_spec.supported_ops = [
            ops.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            if kind == "int16" else ops.TFLITE_BUILTINS_INT8]
    if kind == "int8":
        converter.inference_input_type = converter.inference_output_type = tf.int8
    content = converter.convert()
    with open(os.path.join(OUT, name + ".tflite"), "wb") as f:
        f.write(content)
    run = tf.lite.Interpreter(
        model_content=content,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    entry = run.get_input_details()[0]
    run.resize_tensor_input(entry["index"], (1, *x.shape[1:]))
    run.allocate_tensors()
    entry, exit = run.get_input_details()[0], run.get_output_details()[0]
    rows = []
    for image in x:
        value = image[None]
        if entry["dtype"] != value.dtype:
            scale, zero = entry["quantization"]
            limits = np.iinfo(entry["dtype"])
            value = np.clip(np.round(value / scale + zero), limits.min, limits.max)
        run.set_tensor(entry["index"], value.astype(entry["dtype"]))
        run.invoke()
        y = run.get_tensor(exit["index"])
        scale, zero = exit["quantization"]
        rows.append(y if scale == 0 else (y.astype("float32") - zero) * np.float32(scale))
    y = np.concatenate(rows).astype("float32")
    expected[name + ".y"] = y
    off = np.abs(y - np.asarray(model(x, training=False))).max()
    print(name, len(content), "off Keras by %.1e" % off, y[0], y[1], file=sys.stderr)


os.makedirs(OUT, exist_ok=True)
grey = signed[..., :1]
model = mobilenet(include_top=True, classes=5, input_shape=grey.shape[1:])
write("grey_int8", lively(model, grey), grey, "int8")
top = lively(mobilenet(include_top=True, classes=5), signed)
for kind in ("f32", "f16", "int8"):
    write("top_" + kind, top, signed, kind)
write("int16", top, signed, "int16")
pixels = images.astype("float32")
model = lively(behind(layers.Rescaling(1 / 127.5, offset=-1)), pixels)
write("rescaling_f32", model, pixels)
write("rescaling_int8", model, pixels, "int8")
write("pixels_f32", lively(behind(layers.Rescaling(1 / 255.0)), pixels), pixels)
model = lively(behind(layers.Normalization(mean=255 * MEAN, variance=(255 * STD) ** 2)), pixels)
write("normalization_f32", model, pixels)
write("fractions_f32", lively(behind(layers.Normalization(mean=MEAN, variance=STD**2)), pixels / 255), pixels / 255)
write("uint8_f32", lively(bytes_in(), images), images)
write("any_f32", lively(any_size(), signed), signed)
write("hidden_f32", lively(hidden(), signed), signed)
write("stem1_f32", lively(small_steps(), signed), signed)
save_file(expected, os.path.join(OUT, "expected.safetensors"))
