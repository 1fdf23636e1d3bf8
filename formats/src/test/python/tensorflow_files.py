#!/usr/bin/python3
"""Writes src/test/resources/tensorflow: frozen graphs and SavedModels of small MobileNets, each in a
zip, and in expected.safetensors what TensorFlow computes with them.

"pixels" (NHWC, 0 to 255) is the image. FOO.y is what FOO makes of it: fed the pixels as they are, or
in float32 pixels / 127.5 - 1 where the model has no scaling of its own; one channel is the first.

Made with TensorFlow 2.21 and Keras 3.15.
"""
import glob
import os
import shutil
import sys
import zipfile

sys.path.pop(0)  # keras.py is beside this file.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import keras
import numpy as np
import tensorflow as tf
from safetensors.numpy import save_file
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

RESOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources", "tensorflow")
STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
WIDTHS = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]
random = np.random.default_rng(7)
PIXELS = random.integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
expected = {"pixels": PIXELS}


def slim(v1, x, classes, padding, epsilon, bn, activation, pool, alpha=1 / 32, side=64, pads=False):
    """The graph as TF-Slim builds it, in TensorFlow 1's way."""
    width = lambda w: max(8, int(w * alpha))

    def variable(name, shape, low, high):
        value = random.uniform(low, high, shape).astype(np.float32)
        return v1.get_variable(name, initializer=value, use_resource=bn == "resource")

    def normalized(y, name, channels):
        gamma = variable(name + "/BatchNorm/gamma", [channels], 0.8, 1.2)
        beta = variable(name + "/BatchNorm/beta", [channels], -0.2, 0.6)
        mean = variable(name + "/BatchNorm/moving_mean", [channels], -0.2, 0.2)
        variance = variable(name + "/BatchNorm/moving_variance", [channels], 0.7, 1.3)
        if bn == "arithmetic":
            y = tf.nn.batch_normalization(y, mean, variance, beta, gamma, epsilon)
        else:
            y = v1.nn.fused_batch_norm(y, gamma, beta, mean, variance, epsilon, is_training=False)[0]
        return activation(y)

    def padded(y, stride):
        if pads and stride == 2:
            return tf.pad(y, [[0, 0], [1, 1], [1, 1], [0, 0]]), "VALID"
        return y, padding

    c = width(32)
    k = variable("MobilenetV1/Conv2d_0/weights", [3, 3, x.shape[-1], c], -0.4, 0.4)
    x, p = padded(x, 2)
    x = normalized(tf.nn.conv2d(x, k, [1, 2, 2, 1], p), "MobilenetV1/Conv2d_0", c)
    for i, (s, w) in enumerate(zip(STRIDES, WIDTHS), 1):
        name = f"MobilenetV1/Conv2d_{i}_depthwise"
        k = variable(name + "/depthwise_weights", [3, 3, c, 1], -0.6, 0.6)
        y, p = padded(x, s)
        x = normalized(tf.nn.depthwise_conv2d(y, k, [1, s, s, 1], p), name, c)
        name = f"MobilenetV1/Conv2d_{i}_pointwise"
        k = variable(name + "/weights", [1, 1, c, width(w)], -0.9 * (4 / c) ** 0.5, 0.9 * (4 / c) ** 0.5)
        c = width(w)
        x = normalized(tf.nn.conv2d(x, k, 1, "SAME"), name, c)
    size = side // 32
    if pool == "mean":
        x = tf.reduce_mean(x, [1, 2], keepdims=True)
    else:
        x = tf.nn.avg_pool2d(x, size, 2, "VALID")
    k = variable("MobilenetV1/Logits/Conv2d_1c_1x1/weights", [1, 1, c, classes], -0.3, 0.3)
    b = variable("MobilenetV1/Logits/Conv2d_1c_1x1/biases", [classes], -0.5, 0.5)
    x = tf.squeeze(tf.nn.bias_add(tf.nn.conv2d(x, k, 1, "SAME"), b), [1, 2], name="MobilenetV1/Logits/SpatialSqueeze")
    y = tf.nn.softmax(tf.reshape(x, [-1, classes]))
    return tf.reshape(y, tf.shape(x), name="MobilenetV1/Predictions/Reshape_1")


def data(kind, channels=3):
    x = PIXELS[..., :channels]
    if kind == "float":
        return x.astype(np.float32) / np.float32(127.5) - np.float32(1)
    return x if kind == "bytes" else x.astype(np.float32)


def packed(name):
    path = os.path.join(RESOURCES, name)
    folder = os.path.isdir(path)
    with zipfile.ZipFile(path.removesuffix(".pb") + ".zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in glob.glob(path + "/**", recursive=True) if folder else [path]:
            if os.path.isfile(part):
                archive.write(part, os.path.relpath(part, RESOURCES))
    shutil.rmtree(path) if folder else os.remove(path)


def slim_file(name, kind="float", saved=False, front=None, channels=3, shape=None, **how):
    v1 = tf.compat.v1
    settings = dict(classes=7, padding="SAME", epsilon=0.001, bn="fused", activation=tf.nn.relu6, pool="average")
    settings.update(how)
    graph = tf.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        given = shape or [None, 64, 64, channels]
        x = v1.placeholder(tf.uint8 if kind == "bytes" else tf.float32, given, name="input")
        z = front(x) if front else x
        y = slim(v1, z, **settings)
        session.run(v1.global_variables_initializer())
        value = data(kind, channels)
        expected[name + ".y"] = session.run(y, {x: value})
        if saved:
            folder = os.path.join(RESOURCES, name)
            v1.saved_model.simple_save(session, folder, {"images": x}, {"probabilities": y, "classes": tf.argmax(y, 1)})
        else:
            frozen = v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), [y.op.name])
            with open(os.path.join(RESOURCES, name + ".pb"), "wb") as f:
                f.write(frozen.SerializeToString())


def randomize(model):
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            randomize(layer)
        elif isinstance(layer, keras.layers.BatchNormalization):
            n = layer.gamma.shape
            layer.set_weights([random.uniform(*r, n) for r in ((0.8, 1.2), (-0.2, 0.6), (-0.2, 0.2), (0.7, 1.3))])


def applications(classes=5, rescale=True, activation="softmax", side=64):
    base = keras.applications.MobileNet((side, side, 3), Alpha(1 / 32), include_top=False, weights=None)
    x = i = keras.Input((side, side, 3))
    if rescale:
        x = keras.layers.Rescaling(1 / 127.5, -1)(x)
    x = base(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.2)(x)
    x = keras.layers.Dense(classes, activation=activation)(x)
    model = keras.Model(i, x)
    randomize(model)
    return model


class Alpha(float):
    """int(filters * alpha) is at least 8, as TF-Slim does it."""

    def __rmul__(self, filters):
        return max(8, int(filters * float(self)))

    __mul__ = __rmul__


def keras_files():
    keras.utils.set_random_seed(3)
    # As model.export writes it.
    model = applications()
    x = data("pixels")
    expected["exported.y"] = model.predict(x, verbose=0)
    model.export(os.path.join(RESOURCES, "exported"), verbose=False)
    # As tf.saved_model.save does.
    model = applications(1, False, "sigmoid")
    x = data("float")
    expected["saved.y"] = model.predict(x, verbose=0)
    tf.saved_model.save(model, os.path.join(RESOURCES, "saved"))
    # Frozen in TensorFlow 2's way.
    top = keras.applications.MobileNet((64, 64, 3), Alpha(1 / 32), weights=None, classes=6)
    randomize(top)
    x = data("float")
    expected["keras_top.y"] = top.predict(x, verbose=0)
    call = tf.function(lambda x: top(x, training=False))
    concrete = call.get_concrete_function(tf.TensorSpec([None, 64, 64, 3], tf.float32))
    frozen = convert_variables_to_constants_v2(concrete)
    with open(os.path.join(RESOURCES, "keras_top.pb"), "wb") as f:
        f.write(frozen.graph.as_graph_def().SerializeToString())


def main():
    shutil.rmtree(RESOURCES, ignore_errors=True)
    os.makedirs(RESOURCES)
    slim_file("slim")
    slim_file("bytes", "bytes", front=lambda x: (tf.cast(x, tf.float32) - 127.5) / 127.5, pool="mean")
    slim_file("arithmetic", bn="arithmetic", activation=tf.nn.relu)
    slim_file("padded", padding="SAME", pads=True, activation=tf.nn.relu, pool="mean", classes=4)
    slim_file("grey", channels=1, pool="mean")
    slim_file("session", saved=True)
    slim_file("resource", saved=True, bn="resource", pool="mean")
    slim_file("open", pool="mean", classes=3, shape=[None, None, None, 3])
    keras_files()
    for name in os.listdir(RESOURCES):
        packed(name)
    save_file({k: np.ascontiguousarray(v) for k, v in expected.items()}, os.path.join(RESOURCES, "expected.safetensors"))


main()
