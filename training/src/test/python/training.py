#!/usr/bin/python3
"""Writes src/test/resources/golden/training.safetensors: how PyTorch trains MobileNet V1.

For each of CASES, under "0.3/97x131/3/same/relu6/" (width multiplier, input, batch, padding,
activation), in double precision:
  losses     [3]: of three steps of gradient descent with the same batch
  logits     [batch,7] of the first
  gradients  of the first, a row for each parameter in the order of the network (convolution,
             BatchNorm's weight and bias, ..., classifier, its bias)
  values     after the third, a row for each parameter and running statistic in the order of the
             network (convolution, weight, bias, running mean and variance, ...)
And variants.safetensors, under "0.3/32x32/5/same/relu6/1/1/": the same of networks with so many input
channels and such a stride of the stem. And fixed.safetensors: the same with the running statistics in place of the
batch's.
A row is the largest magnitude and then the values at 6 places.

Weights, input, targets and places follow from a formula (formula.py). The targets of a picture do
not sum to 1. SHIFT is added to the biases of BatchNorm: then hardly a value lies so near to one of
the activation's corners that another order of summation takes it to the other side, where its
gradient is another. Made with Debian 12's torch 1.13 and numpy 1.24; variants.safetensors with torch 2.13.
"""
import itertools
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

sys.path.append(os.path.join(os.path.dirname(__file__), "../../../../mobilenet/src/test/python"))
from formula import ROWS, kernel, numbers, padded, save, uniform

FOLDER = os.path.join(os.path.dirname(__file__), "..", "resources", "golden")
CASES = list(itertools.product([0.3], [(32, 32, 11), (97, 131, 3)], ["symmetric", "same"], ["relu", "relu6"]))
CASES += [(0.5, (64, 64, 9), "same", "relu6"), (1.0, (64, 64, 5), "symmetric", "relu")]
VARIANTS = [
    (0.3, (33, 47, 9), "same", "relu6", 1, 2),
    (0.3, (32, 32, 5), "symmetric", "relu", 3, 1),
    (0.3, (32, 45, 6), "same", "relu6", 1, 1),
    (0.3, (97, 131, 3), "asymmetric", "relu6", 3, 2),
    (0.3, (33, 63, 5), "asymmetric", "relu", 1, 1),
]
FIXED = [(0.3, (33, 47, 9), "same", "relu6", 3, 2)]
CLASSES = 7
PLACES = 6
EPSILON = 1e-5
MOMENTUM = 0.1
STEPS = 3
RATE = 0.002
SHIFT = 1.5


class Network:
    def __init__(self, alpha, padding, activation, channels=3, stride=2, fixed=False):
        self.alpha, self.padding, self.activation, self.fixed = alpha, padding, activation, fixed
        self.input, self.stride = channels, stride
        self.values, self.trained = {}, []

    def value(self, name, make, trained=True):
        if name not in self.values:
            self.values[name] = make().double().requires_grad_(trained)
            if trained:
                self.trained.append(name)
        return self.values[name]

    def channels(self, n):
        return max(8, int(n * self.alpha))

    def convolution(self, x, values, stride, symmetric, groups):
        return F.conv2d(x, values, None, stride, symmetric, 1, groups)

    def convolve(self, x, name, number, shape, stride=1, groups=1):
        x, symmetric = padded(x, shape[2], stride, self.padding)
        conv = f"{name}.{number}.weight"
        x = self.convolution(x, self.value(conv, lambda: kernel(conv, *shape)), stride, symmetric, groups)
        norm, k = f"{name}.{number + 1}.", shape[0]
        weight = self.value(norm + "weight", lambda: uniform(norm + "weight", 0.7, 1.3, k))
        bias = self.value(norm + "bias", lambda: SHIFT + uniform(norm + "bias", -0.2, 0.2, k))
        mean = self.value(
            norm + "running_mean", lambda: uniform(norm + "running_mean", -0.2, 0.2, k), False)
        var = self.value(
            norm + "running_var", lambda: uniform(norm + "running_var", 0.6, 1.4, k), False)
        x = F.batch_norm(x, mean, var, weight, bias, not self.fixed, MOMENTUM, EPSILON)
        return F.relu6(x) if self.activation == "relu6" else F.relu(x)

    def logits(self, x):
        at = self.channels(32)
        x = self.convolve(x, "model.0", 0, (at, self.input, 3, 3), self.stride)
        for i, (out, stride) in enumerate(ROWS, 1):
            x = self.convolve(x, f"model.{i}", 0, (at, 1, 3, 3), stride, at)
            x = self.convolve(x, f"model.{i}", 3, (self.channels(out), at, 1, 1))
            at = self.channels(out)
        weight = self.value("fc.weight", lambda: kernel("fc.weight", CLASSES, at))
        bias = self.value("fc.bias", lambda: uniform("fc.bias", -0.2, 0.2, CLASSES))
        return F.linear(x.mean((2, 3)), weight, bias)


def row(name, y, count=PLACES):
    y = y.detach()
    places = (numbers("places." + name, count) * y.numel()).astype(np.int64)
    return torch.cat([y.abs().max().reshape(1), y.flatten()[torch.from_numpy(places)]])


def stored(y):
    return np.ascontiguousarray(y.detach().float().numpy())


def write(file, cases, fixed=False, make=Network):
    tensors = {}
    for alpha, (height, width, batch), padding, activation, *variant in cases:
        parts = [alpha, f"{height}x{width}", batch, padding, activation, *variant, ""]
        case = "/".join(str(part) for part in parts)
        network = make(alpha, padding, activation, *variant, fixed=fixed)
        x = uniform("x", -2, 2, batch, network.input, height, width).double()
        targets = uniform("targets", 0, 0.5, batch, CLASSES).double()
        losses = []
        for step in range(STEPS):
            logits = network.logits(x)
            loss = -(targets * F.log_softmax(logits, 1)).sum(1).mean()
            trained = [network.values[name] for name in network.trained]
            gradients = torch.autograd.grad(loss, trained)
            losses.append(loss)
            if step == 0:
                tensors[case + "logits"] = stored(logits)
                rows = [row(n, g) for n, g in zip(network.trained, gradients)]
                tensors[case + "gradients"] = stored(torch.stack(rows))
            with torch.no_grad():
                for value, gradient in zip(trained, gradients):
                    value -= RATE * gradient
        tensors[case + "losses"] = stored(torch.stack(losses))
        tensors[case + "values"] = stored(torch.stack([row(n, v) for n, v in network.values.items()]))
        print(case, [round(l.item(), 4) for l in losses])
    save(os.path.join(FOLDER, file), tensors)


def main():
    torch.set_num_threads(1)
    write("training.safetensors", CASES)
    write("variants.safetensors", VARIANTS)
    write("fixed.safetensors", FIXED, fixed=True)


if __name__ == "__main__":
    main()
