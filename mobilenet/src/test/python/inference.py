#!/usr/bin/python3
"""Writes src/test/resources/golden/inference.safetensors: what PyTorch computes with MobileNet V1.

For each width multiplier, input size, padding and activation, under "0.3/97x131/same/relu6/":
  classifier     [2,7], the logits
  pool           [C], the features of the first picture
  stem, block1.depthwise, block1.pointwise, ...
                 [9]: the largest magnitude of the output, then its values at 8 places of [2,C,H,W]

And variants.safetensors, under "0.3/33x47/same/relu6/1/2/": the same of networks with so many input
channels and such a stride of the stem.

Weights, input and places follow from a formula (formula.py), so that they need not be stored.
Made with Debian 12's torch 1.13 and numpy 1.24; variants.safetensors with torch 2.13.
"""
import itertools
import os

import numpy as np
import torch
import torch.nn.functional as F

from formula import ROWS, kernel, numbers, padded, save, uniform

FOLDER = os.path.join(os.path.dirname(__file__), "..", "resources", "golden")
VARIANTS = [
    (0.3, (33, 47), "same", "relu6", 1, 2),
    (0.3, (32, 32), "symmetric", "relu", 3, 1),
    (0.3, (32, 45), "same", "relu6", 1, 1),
    (0.3, (97, 131), "asymmetric", "relu6", 3, 2),
    (0.3, (100, 150), "asymmetric", "relu", 3, 2),
    (0.3, (33, 63), "asymmetric", "relu6", 1, 1),
]
ALPHAS = [0.3, 0.5, 1.0]
SIZES = [(32, 32), (97, 131), (160, 160)]
CLASSES = 7
BATCH = 2
PLACES = 8
EPSILON = 1e-5


class Network:
    def __init__(self, alpha, padding, activation, channels=3, stride=2):
        self.alpha, self.padding, self.activation = alpha, padding, activation
        self.input, self.stride = channels, stride

    def channels(self, n):
        return max(8, int(n * self.alpha))

    def convolve(self, x, name, number, shape, stride=1, groups=1):
        x, symmetric = padded(x, shape[2], stride, self.padding)
        w = kernel(f"{name}.{number}.weight", *shape)
        x = F.conv2d(x, w, None, stride, symmetric, 1, groups)
        norm, k = f"{name}.{number + 1}.", shape[0]
        x = F.batch_norm(
            x,
            uniform(norm + "running_mean", -0.2, 0.2, k),
            uniform(norm + "running_var", 0.6, 1.4, k),
            uniform(norm + "weight", 0.7, 1.3, k),
            uniform(norm + "bias", -0.2, 0.2, k),
            eps=EPSILON,
        )
        return F.relu6(x) if self.activation == "relu6" else F.relu(x)

    def outputs(self, x):
        at = self.channels(32)
        x = self.convolve(x, "model.0", 0, (at, self.input, 3, 3), self.stride)
        yield "stem", x
        for i, (out, stride) in enumerate(ROWS, 1):
            x = self.convolve(x, f"model.{i}", 0, (at, 1, 3, 3), stride, at)
            yield f"block{i}.depthwise", x
            x = self.convolve(x, f"model.{i}", 3, (self.channels(out), at, 1, 1))
            at = self.channels(out)
            yield f"block{i}.pointwise", x
        x = x.mean((2, 3))
        yield "pool", x
        bias = uniform("fc.bias", -0.2, 0.2, CLASSES)
        yield "classifier", F.linear(x, kernel("fc.weight", CLASSES, at), bias)


def stored(name, y):
    if name == "classifier":
        return y
    if name == "pool":
        return y[0]
    places = (numbers("places." + name, PLACES) * y.numel()).astype(np.int64)
    return torch.cat([y.abs().max().reshape(1), y.flatten()[torch.from_numpy(places)]])


def write(file, cases):
    tensors = {}
    for alpha, (height, width), padding, activation, *variant in cases:
        network = Network(alpha, padding, activation, *variant)
        x = uniform("x", -2, 2, BATCH, network.input, height, width)
        for name, y in network.outputs(x):
            case = [alpha, f"{height}x{width}", padding, activation, *variant, name]
            key = "/".join(str(part) for part in case)
            tensors[key] = np.ascontiguousarray(stored(name, y).numpy())
    save(os.path.join(FOLDER, file), tensors)


torch.set_num_threads(1)
write("inference.safetensors", itertools.product(ALPHAS, SIZES, ["symmetric", "same"], ["relu", "relu6"]))
write("variants.safetensors", VARIANTS)
