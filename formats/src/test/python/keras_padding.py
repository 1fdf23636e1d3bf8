#!/usr/bin/python3
"""Writes src/test/resources/keras/padding.zip: networks of eight channels that take images of any size,
in files of Keras and TensorFlow, and padding.safetensors, what Keras computes with the first image of
heads.safetensors (33x47: odd sides go into four of the convolutions of stride 2).

applications.*   ZeroPadding2D(((0, 1), (0, 1))) before depthwise convolutions of stride 2, as in
                 keras.applications.MobileNet
older.*          also before the first convolution, as in Keras 2.2 to TensorFlow 2.3
same.*           the same weights, padding "same"

Of each a whole model, its weights alone, TensorFlow Lite and a frozen graph.
Made with Keras 3.15 and TensorFlow 2.21.
"""
import os
import sys
import tempfile
import zipfile

sys.path.pop(0)  # keras.py is beside this file.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import keras
import numpy as np
import tensorflow as tf
from keras import layers as L
from safetensors.numpy import load_file, save_file
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources", "keras")
C = 8
STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
NETWORKS = {"applications": [L.DepthwiseConv2D], "older": [L.DepthwiseConv2D, L.Conv2D], "same": []}
RNG = np.random.default_rng(5)


def network(zeros):
    def convolve(kind, stride, *arguments):
        if stride == 2 and kind in zeros:
            layers.append(L.ZeroPadding2D(((0, 1), (0, 1))))
        padding = "valid" if stride == 2 and kind in zeros else "same"
        layers.append(kind(*arguments, strides=stride, padding=padding, use_bias=False))
        layers.extend([L.BatchNormalization(), L.ReLU(6.0)])

    layers = [keras.Input((None, None, 3))]
    convolve(L.Conv2D, 2, C, 3)
    for stride in STRIDES:
        convolve(L.DepthwiseConv2D, stride, 3)
        convolve(L.Conv2D, 1, C, 1)
    return keras.Sequential(layers + [L.GlobalAveragePooling2D(), L.Dense(4)])


def value(v):
    if "var" in v.path.rsplit("/")[-1] or "gamma" in v.path:
        return RNG.uniform(0.7, 1.3, v.shape)
    kernel = len(v.shape) > 1
    return RNG.normal(0, 0.4 if kernel else 0.2, v.shape)


def main():
    x = load_file(os.path.join(OUT, "heads.safetensors"))["x"][:1].transpose(0, 2, 3, 1)
    weights, expected = None, {}
    archive = zipfile.ZipFile(os.path.join(OUT, "padding.zip"), "w", zipfile.ZIP_DEFLATED)
    with archive, tempfile.TemporaryDirectory() as folder:
        for name, zeros in NETWORKS.items():
            model = network(zeros)
            weights = weights or [value(v) for v in model.weights]
            model.set_weights(weights)
            expected[name] = model.predict(x, verbose=0)
            os.chdir(folder)
            model.save(name + ".keras")
            model.save_weights(name + ".weights.h5")
            with open(name + ".tflite", "wb") as f:
                f.write(tf.lite.TFLiteConverter.from_keras_model(model).convert())
            concrete = tf.function(lambda image: model(image, training=False)).get_concrete_function(
                tf.TensorSpec((None, None, None, 3), tf.float32))
            with open(name + ".pb", "wb") as f:
                f.write(convert_variables_to_constants_v2(concrete).graph.as_graph_def().SerializeToString())
            for file in (name + end for end in (".keras", ".weights.h5", ".tflite", ".pb")):
                archive.write(file)
    print(expected)
    save_file(expected, os.path.join(OUT, "padding.safetensors"))


if __name__ == "__main__":
    main()
