#!/usr/bin/python3
"""Writes src/test/resources/golden/bfloat16.safetensors and bfloat16_layer.safetensors: pointwise
convolutions whose products are of bfloat16 values, forward and backward, all else in double precision.
Activations and kernel are rounded, and so is the gradient of the output, as PyTorch rounds floats.
The first are training.py's results of whole networks. The second are of one layer, from block 1 of a
network of width 0.5, between its BatchNorms: of z, its output, and of dw and da, the gradients by the
kernel and the activations before, the largest magnitude and then 200 values, channels last.
Made with torch 2.13.
"""
import os

import torch
import torch.nn.functional as F

from training import EPSILON, FOLDER, SHIFT, Network, row, stored, write
from formula import kernel, save, uniform

CASES = [
    (0.3, (97, 131, 3), "symmetric", "relu"),
    (0.5, (64, 64, 9), "same", "relu6"),
]


def rounded(x):
    return x.float().bfloat16().to(x.dtype)


class Pointwise(torch.autograd.Function):
    @staticmethod
    def forward(context, x, values):
        x, values = rounded(x), rounded(values)
        context.save_for_backward(x, values)
        return F.conv2d(x, values)

    @staticmethod
    def backward(context, gradient):
        x, values = context.saved_tensors
        gradient = rounded(gradient)
        return torch.nn.grad.conv2d_input(x.shape, values, gradient), torch.nn.grad.conv2d_weight(
            x, values.shape, gradient)


class Rounded(Network):
    def convolution(self, x, values, stride, symmetric, groups):
        if values.shape[2] == 1:
            return Pointwise.apply(x, values)
        return super().convolution(x, values, stride, symmetric, groups)


def normalized(x, name):
    channels = x.shape[1]
    weight = uniform(name + "weight", 0.7, 1.3, channels).double()
    bias = SHIFT + uniform(name + "bias", -0.2, 0.2, channels).double()
    return F.relu6(F.batch_norm(x, None, None, weight, bias, True, 0, EPSILON))


def layer():
    a = normalized(uniform("z", -2, 2, 1, 16, 16, 16).double(), "model.1.1.").requires_grad_()
    w = kernel("model.1.3.weight", 32, 16, 1, 1).double().requires_grad_()
    z = Pointwise.apply(a, w)
    y = normalized(z, "model.1.4.")
    dw, da = torch.autograd.grad((y * uniform("dy", -1, 1, 1, 32, 16, 16).double()).sum(), [w, a])
    values = {"z": z, "dw": dw, "da": da}
    last = {n: v.permute(2, 3, 1, 0) if n == "dw" else v.permute(0, 2, 3, 1) for n, v in values.items()}
    tensors = {n: stored(row(n, v.reshape(-1), 200)) for n, v in last.items()}
    save(os.path.join(FOLDER, "bfloat16_layer.safetensors"), tensors)


if __name__ == "__main__":
    torch.set_num_threads(1)
    layer()
    write("bfloat16.safetensors", CASES, make=Rounded)
