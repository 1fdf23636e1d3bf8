#!/usr/bin/python3
"""Writes src/test/resources/keras: networks of eight channels with heads and layers as tutorials have
them, saved by Keras itself, and what it computes.

hidden.keras     behind Resizing and Normalization, with a hidden layer, BatchNormalization before and
                 behind each Dense, and layers that do nothing when not training
sigmoid.h5       as a layer of another model, behind RandomCrop and Normalization of given numbers;
                 a sigmoid for each class
binary.keras     BatchNormalization and one output
linear.keras     two Dense with BatchNormalization between them, and no activation
heads.safetensors  x [2,3,33,47] (NCHW), which the network takes, and the outputs of each

Made with Keras 3.15 and TensorFlow 2.21.
"""
import os
import sys

sys.path.pop(0)  # keras.py is beside this file.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
from keras import layers as L
from safetensors.numpy import save_file

OUT = os.path.join(os.path.dirname(__file__), "..", "resources", "keras")
H, W, C = 33, 47, 8
STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
RNG = np.random.default_rng(1)


def convolutions():
    layers = [L.Conv2D(C, 3, 2, padding="same", use_bias=False), L.BatchNormalization(), L.ReLU(6.0)]
    for stride in STRIDES:
        layers += [
            L.DepthwiseConv2D(3, stride, padding="same", use_bias=False),
            L.BatchNormalization(),
            L.ReLU(6.0),
            L.Conv2D(C, 1, padding="same", use_bias=False),
            L.BatchNormalization(),
            L.ReLU(6.0),
        ]
    return layers


def randomise(layers):
    for layer in layers:
        values = layer.get_weights()
        if isinstance(layer, L.BatchNormalization):
            n = len(values[0])
            layer.set_weights([
                RNG.uniform(0.7, 1.3, n),
                RNG.normal(0, 0.2, n),
                RNG.normal(0, 0.2, n),
                RNG.uniform(0.5, 1, n),
            ])
        elif values and not isinstance(layer, L.Normalization):
            layer.set_weights([RNG.normal(0, 0.4, v.shape) for v in values])


def chain(x, layers):
    for layer in layers:
        x = layer(x)
    return x


def make(name, shape, front, head, x, nested=False):
    backbone = convolutions()
    picture = keras.Input(shape)
    middle = chain(picture, front)
    if nested:
        inner = keras.Input((H, W, 3))
        middle = keras.Model(inner, chain(inner, backbone), name="backbone")(middle)
    else:
        middle = chain(middle, backbone)
    model = keras.Model(picture, chain(middle, head))
    randomise(backbone + head)
    model.save(os.path.join(OUT, name))
    only = keras.Input((H, W, 3))
    return keras.Model(only, chain(only, backbone + head)).predict(x, verbose=0)


def main():
    x = RNG.normal(0, 1, (2, H, W, 3)).astype("f4")
    adapted = L.Normalization()
    adapted.adapt(np.linspace(0, 255, 48, dtype="f4").reshape(4, 2, 2, 3))
    out = {"x": np.ascontiguousarray(x.transpose(0, 3, 1, 2))}
    out["hidden"] = make(
        "hidden.keras",
        (None, None, 3),
        [L.RandomFlip(), L.Resizing(H, W), adapted, L.GaussianNoise(0.1)],
        [
            L.GlobalAveragePooling2D(),
            L.BatchNormalization(),
            L.Dense(6),
            L.BatchNormalization(),
            L.Activation("relu"),
            L.Dropout(0.5),
            L.BatchNormalization(),
            L.Dense(3),
            L.BatchNormalization(),
            L.Softmax(),
        ],
        x,
    )
    out["sigmoid"] = make(
        "sigmoid.h5",
        (H, W, 3),
        [L.RandomCrop(H, W), L.Normalization(mean=[100.0, 110, 120], variance=[50.0, 60, 70])],
        [L.SpatialDropout2D(0.1), L.GlobalAveragePooling2D(), L.Dense(3, activation="sigmoid")],
        x,
        nested=True,
    )
    out["binary"] = make(
        "binary.keras",
        (H, W, 3),
        [L.Rescaling(1 / 127.5, -1)],
        [L.GlobalAveragePooling2D(), L.BatchNormalization(), L.Dense(1, activation="sigmoid")],
        x,
    )
    out["linear"] = make(
        "linear.keras",
        (H, W, 3),
        [L.Rescaling(1 / 127.5, -1)],
        [
            L.GlobalAveragePooling2D(),
            L.Dense(5),
            L.BatchNormalization(),
            L.Dropout(0.2),
            L.Dense(3, use_bias=False),
            L.Softmax(),
        ],
        x,
    )
    save_file(out, os.path.join(OUT, "heads.safetensors"))


main()
