#!/usr/bin/python3
"""Writes src/test/resources/golden/fake-quantization.safetensors: how PyTorch rounds in training.

By torch.fake_quantize_per_tensor_affine and torch.fake_quantize_per_channel_affine, forward and backward:
  x, tensor/y, tensor/dx           [n]: activations in [-1, 3.5] with 25 % beyond, 8 bits, zero point RANGE's
  kernel, channel/y, factor/y      [72,5]: a kernel per channel; and multiplied by FACTORS, rounded with one
                                   scale and divided by them
and in double precision, for the network of training.py (0.3, 32x32, 11 images, SAME, ReLU6) with
kernels and activations rounded, under "channel/" and "tensor/" (what shares a scale):
  settled/logits, settled/gradients   with running statistics, mean 0 and σ 1, and ranges RANGES; the gradient is
                                      that of batch renormalisation (arXiv:1702.03275)
  ranges                              [layers]: their upper ends after another step, with the statistics of the
                                      batch: they move by 0.01 to what the batch has
gradients has a row for each parameter as training.safetensors has. All scales are powers of two, and all
values multiples of such (grid): forward, every sum is exact in float32 too, so that each rounding is the same.
"""
import os

import torch
import torch.nn.functional as F

from training import FOLDER, Network, row, stored
from formula import kernel, padded, save, uniform

RANGE = (-1.0, 3.5)
FACTORS = torch.tensor([1.0, 0.02, 3.0, 0.4, 0.1])
RANGES = {"conv": [0.0, 255 / 64], "pool": [0.0, 255 / 64], "logits": [-4.0, 127 / 32]}
CLASSES = 7
EPSILON = 2**-10


def affine(low, high):
    scale = float(torch.tensor((high - low) / 255))
    return scale, int(max(-128, min(127, round(-128 - low / scale))))


def rounded(x, low, high):
    return torch.fake_quantize_per_tensor_affine(x, *affine(low, high), -128, 127)


def rounded_kernel(w, axis, factors=None):
    """Per channel; with factors by one scale once they are multiplied in."""
    if factors is None:
        largest = w.detach().abs().transpose(0, axis).flatten(1).amax(1)
        scales = (largest / 127).float()
        zeros = torch.zeros(len(scales), dtype=torch.int32)
        return torch.fake_quantize_per_channel_affine(w.float(), scales, zeros, axis, -127, 127).to(w.dtype)
    shape = [1] * w.dim()
    shape[axis] = -1
    factors = factors.detach().reshape(shape)
    product = w * factors
    scale = float(product.detach().abs().max() / 127)
    return torch.fake_quantize_per_tensor_affine(product, scale, 0, -127, 127) / factors


def grid(name, *shape):
    """A kernel, of n/128 and one 127/128 in each output channel."""
    w = torch.round(kernel(name, *shape).double() * 45).clamp(-126, 126)
    w.flatten(1)[:, 0] = 127
    return w / 128


def halves(k):
    return torch.tensor([0.5 if c % 2 else 1.0 for c in range(k)])


class Rounded(Network):
    def __init__(self, per_tensor):
        super().__init__(0.3, "same", "relu6")
        self.per_tensor, self.settled, self.ranges = per_tensor, True, {}

    def round(self, kind, name, x):
        range_ = self.ranges.setdefault(name, list(RANGES[kind]))
        if not self.settled:
            range_[0] += 0.01 * (min(0.0, x.min().item()) - range_[0])
            range_[1] += 0.01 * (x.max().item() - range_[1])
        return rounded(x, *range_)

    def convolve(self, x, name, number, shape, stride=1, groups=1):
        x, symmetric = padded(x, shape[2], stride, self.padding)
        conv = f"{name}.{number}.weight"
        w = self.value(conv, lambda: grid(conv, *shape))
        norm, k = f"{name}.{number + 1}.", shape[0]
        weight = self.value(norm + "weight", lambda: halves(k))
        bias = self.value(norm + "bias", lambda: torch.round(uniform(norm + "bias", -16, 16, k)) / 64)
        mean = self.value(norm + "running_mean", lambda: torch.zeros(k), False)
        var = self.value(norm + "running_var", lambda: torch.full((k,), 1 - EPSILON), False)
        factors = weight / (var + EPSILON).sqrt() if self.per_tensor else None
        x = F.conv2d(x, rounded_kernel(w, 0, factors), None, stride, symmetric, 1, groups)
        if self.settled:
            y = F.batch_norm(x, mean, var, weight, bias, False, 1, EPSILON)
            own = x.detach().mean((0, 2, 3)), x.detach().var((0, 2, 3), unbiased=False)
            std, own_std = (var + EPSILON).sqrt(), (own[1] + EPSILON).sqrt()
            r, d = own_std / std, (own[0] - mean) / std
            x = F.batch_norm(x, None, None, None, None, True, 1, EPSILON)
            shape = (1, -1, 1, 1)
            renormed = (x * r.view(shape) + d.view(shape)) * weight.view(shape) + bias.view(shape)
            x = y.detach() + (renormed - renormed.detach())
        else:
            x = F.batch_norm(x, mean, var, weight, bias, True, 1, EPSILON)
        return self.round("conv", norm, F.relu6(x))

    def logits(self, x):
        def linear(features, weight, bias):
            F.linear = real
            factors = torch.ones(CLASSES) if self.per_tensor else None
            features = self.round("pool", "pool", features)
            y = F.linear(features, rounded_kernel(weight, 0, factors), bias)
            return self.round("logits", "logits", y)

        self.value("fc.weight", lambda: grid("fc.weight", CLASSES, self.channels(1024)))
        self.value("fc.bias", lambda: torch.round(uniform("fc.bias", -64, 16, CLASSES)) / 64)
        real, F.linear = F.linear, linear
        y = super().logits(x)
        self.trained = [n for n in self.trained if not n.startswith("fc.")] + ["fc.weight", "fc.bias"]
        return y


def main():
    torch.set_num_threads(1)
    tensors = {}
    x = uniform("activations", -1.8, 4.5, 500).float().requires_grad_()
    y = rounded(x, *RANGE)
    y.sum().backward()
    tensors.update({"tensor/y": stored(y), "tensor/dx": stored(x.grad)})
    w = uniform("kernel", -1, 1, 72, 5).float()
    tensors["channel/y"] = stored(rounded_kernel(w, 1))
    tensors["factor/y"] = stored(rounded_kernel(w, 1, FACTORS))
    images = torch.round(uniform("x", -128, 128, 11, 3, 32, 32).double()) / 64
    targets = uniform("targets", 0, 0.5, 11, CLASSES).double()
    for case in ["channel", "tensor"]:
        network = Rounded(case == "tensor")
        for mode in ["settled", "following"]:
            network.settled = mode == "settled"
            logits = network.logits(images)
            if network.settled:
                tensors[case + "/settled/logits"] = stored(logits)
                loss = -(targets * F.log_softmax(logits, 1)).sum(1).mean()
                print(case, loss.item())
                gradients = torch.autograd.grad(loss, [network.values[n] for n in network.trained])
                rows = [row(n, g) for n, g in zip(network.trained, gradients)]
                tensors[case + "/settled/gradients"] = stored(torch.stack(rows))
        tensors[case + "/ranges"] = stored(torch.tensor([r[1] for r in network.ranges.values()]))
    save(os.path.join(FOLDER, "fake-quantization.safetensors"), tensors)


if __name__ == "__main__":
    main()
