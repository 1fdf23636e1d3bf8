#!/usr/bin/env python3
"""Counts MobileNet V1's parameters and multiply-adds with PyTorch, by building and running it.

Writes ../resources/golden/costs.csv and layers.csv, which the tests of the package network read.
Needs torch; any version will do. Run from anywhere:  python3 costs.py
"""
import math
import pathlib

import torch
from torch import nn

torch.set_num_threads(1)
GOLDEN = pathlib.Path(__file__).parent.parent / "resources" / "golden"

STRIDES = {64: 1, 128: 2, 256: 2, 512: 2, 1024: 2}
BLOCKS = [64] + [128] * 2 + [256] * 2 + [512] * 6 + [1024] * 2


def floor_min_8(channels):
    return max(math.floor(channels), 8)


def nearest_8(channels):
    multiple = max(math.floor(channels / 8 + 0.5), 1)
    return 8 * (multiple if 8 * multiple >= 0.9 * channels else multiple + 1)


ROUNDINGS = {"FLOOR_MIN_8": floor_min_8, "NEAREST_8": nearest_8}


def unit(name, c, k, size, stride, groups=1):
    return [
        (name, nn.Conv2d(c, k, size, stride, size // 2, groups=groups, bias=False)),
        (name + ".norm", nn.BatchNorm2d(k)),
        (name + ".activation", nn.ReLU6()),
    ]


def network(alpha, rounding, classes, body):
    """Returns (name, module) pairs, in order."""
    width = lambda channels: ROUNDINGS[rounding](channels * alpha)
    blocks = BLOCKS if body != "SHALLOW" else [k for i, k in enumerate(BLOCKS) if not 6 <= i <= 10]
    c = width(32)
    modules = unit("stem", 3, c, 3, 2)
    before = 32
    for i, channels in enumerate(blocks, 1):
        stride = STRIDES[channels] if channels != before else 1
        k = width(channels)
        if body == "STANDARD":
            modules += unit(f"block{i}.standard", c, k, 3, stride)
        else:
            modules += unit(f"block{i}.depthwise", c, c, 3, stride, groups=c)
            modules += unit(f"block{i}.pointwise", c, k, 1, 1)
        c, before = k, channels
    return modules + [
        ("pool", nn.AdaptiveAvgPool2d(1)),
        ("flatten", nn.Flatten()),
        ("classifier", nn.Linear(c, classes)),
    ]


def measure(modules, height, width):
    """Runs a picture through and returns name, stride, output shape, macs, parameters of each layer.

    A multiply-add is counted for each output value, channel it reads, and kernel position.
    """
    x = torch.zeros(1, 3, height, width)
    rows = []
    with torch.no_grad():
        for name, module in modules:
            x = module.eval()(x)
            if isinstance(module, nn.Conv2d):
                macs = x.numel() * (module.in_channels // module.groups) * math.prod(module.kernel_size)
                rows.append([name, module.stride[0], *x.shape[2:], x.shape[1], macs])
            elif isinstance(module, nn.Linear):
                rows.append([name, 1, 1, 1, x.shape[1], x.numel() * module.in_features])
    return rows


def parameters(modules):
    trainable = sum(p.numel() for _, m in modules for p in m.parameters())
    # num_batches_tracked is a counter of PyTorch's, not a value of the network.
    statistics = sum(b.numel() for _, m in modules for n, b in m.named_buffers() if n.startswith("running"))
    return trainable, trainable + statistics


def write(name, header, rows):
    source = f"# PyTorch {torch.__version__}, mobilenet/src/test/python/costs.py"
    lines = [source, ",".join(header)] + [",".join(map(str, row)) for row in rows]
    (GOLDEN / name).write_text("\n".join(lines) + "\n")


CASES = [(a, r, r, 1000, "SEPARABLE") for a in (0.25, 0.5, 0.75, 1.0) for r in (128, 160, 192, 224)]
CASES += [(a, h, w, 10, "SEPARABLE") for a in (0.1, 0.3, 1.3) for h, w in ((97, 131), (32, 33))]
CASES += [(1.25, 224, 224, 1000, "SEPARABLE"), (1.0, 224, 224, 1001, "SEPARABLE")]
CASES += [(a, 224, 224, 1000, b) for a in (0.3, 1.0) for b in ("SHALLOW", "STANDARD")]

if __name__ == "__main__":
    costs, layers = [], []
    for alpha, height, width, classes, body in CASES:
        for rounding in ROUNDINGS:
            modules = network(alpha, rounding, classes, body)
            rows = measure(modules, height, width)
            case = [alpha, rounding, height, width, classes, body]
            costs.append(case + [len(rows), sum(row[-1] for row in rows), *parameters(modules)])
            if (alpha, height) in ((0.3, 97), (1.0, 224)) and classes != 1001:
                layers += [case + row for row in rows]
    case = ["alpha", "rounding", "height", "width", "classes", "body"]
    write("costs.csv", case + ["weighted_layers", "macs", "trainable", "total"], costs)
    write("layers.csv", case + ["layer", "stride", "out_height", "out_width", "out_channels", "macs"], layers)
