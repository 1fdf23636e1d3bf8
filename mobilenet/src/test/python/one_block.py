#!/usr/bin/env python3
"""Runs one separable block in PyTorch; writes ../resources/golden/one-block.csv, which OneBlockTest reads.

Kernels and activations are written in the layouts of mobilenet4j: NHWC, [3,3,C], [C,K].
"""
import pathlib

import torch
from torch import nn

torch.manual_seed(1)
C, K = 3, 16
lines = [f"# PyTorch {torch.__version__}, mobilenet/src/test/python/one_block.py", "stride,side,name,values"]


def channels_last(x):
    return x[0].permute(1, 2, 0)


for stride, side in ((1, 5), (2, 7)):
    depthwise = nn.Conv2d(C, C, 3, stride, 1, groups=C, bias=False)
    pointwise = nn.Conv2d(C, K, 1, bias=False)
    norms = [nn.BatchNorm2d(C), nn.BatchNorm2d(K)]
    for norm in norms:
        norm.weight.data.uniform_(0.5, 2)
        norm.bias.data.uniform_(-1, 2)
        norm.running_mean.uniform_(-1, 1)
        norm.running_var.uniform_(0.1, 2)
    block = nn.Sequential(depthwise, norms[0], nn.ReLU6(), pointwise, norms[1], nn.ReLU6()).eval()
    x = torch.randn(1, C, side, side) * 2
    tensors = {
        "x": channels_last(x),
        "depthwise": depthwise.weight[:, 0].permute(1, 2, 0),
        "pointwise": pointwise.weight[:, :, 0, 0].T,
        "y": channels_last(block(x)),
    }
    for i, norm in enumerate(norms, 1):
        tensors |= {
            f"gamma{i}": norm.weight, f"beta{i}": norm.bias,
            f"mean{i}": norm.running_mean, f"variance{i}": norm.running_var,
        }
    for name, tensor in tensors.items():
        values = " ".join(f"{v:.9g}" for v in tensor.detach().reshape(-1).tolist())
        lines.append(f"{stride},{side},{name},{values}")

golden = pathlib.Path(__file__).parent.parent / "resources" / "golden"
(golden / "one-block.csv").write_text("\n".join(lines) + "\n")
