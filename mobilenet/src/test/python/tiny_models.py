#!/usr/bin/python3
"""Writes src/test/resources/weights: two tiny networks with PyTorch's answers.

tutorial.safetensors  the tutorial's network as PyTorch names it, behind DataParallel's prefix
model.safetensors     the same weights as a model file, in this project's names and layouts
expected.safetensors  x [2,3,33,47] (NCHW) and PyTorch's logits [2,3]

Width multiplier 0.008: every layer has 8 channels. Made with Debian 12's torch 1.13 and numpy 1.24.
"""
import json
import os
import struct

import numpy as np
import torch
from torch import nn

OUT = os.path.join(os.path.dirname(__file__), "..", "resources", "weights")
STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]


def save(name, metadata, tensors):
    types = {"float32": "F32", "int64": "I64"}
    header, at = {"__metadata__": metadata}, 0
    for key, value in tensors.items():
        end = at + value.nbytes
        header[key] = {
            "dtype": types[str(value.dtype)],
            "shape": list(value.shape),
            "data_offsets": [at, end],
        }
        at = end
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head)
        for value in tensors.values():
            f.write(value.tobytes())


def normalized(convolution):
    return [convolution, nn.BatchNorm2d(8), nn.ReLU()]


def block(stride):
    depthwise = nn.Conv2d(8, 8, 3, stride, 1, groups=8, bias=False)
    return nn.Sequential(*normalized(depthwise), *normalized(nn.Conv2d(8, 8, 1, bias=False)))


class Tutorial(nn.Module):
    def __init__(self):
        super().__init__()
        stem = nn.Sequential(*normalized(nn.Conv2d(3, 8, 3, 2, 1, bias=False)))
        self.model = nn.Sequential(stem, *map(block, STRIDES), nn.AdaptiveAvgPool2d(1))
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        return self.fc(self.model(x).flatten(1))


def canonical(net):
    """The same weights by this project's names, in this project's layouts."""
    tensors = {}

    def put(name, convolution, norm, axes):
        kernel = convolution.weight.detach().numpy().transpose(2, 3, 1, 0)
        tensors[name + ".kernel"] = np.ascontiguousarray(kernel.reshape(axes))
        for role, value in {
            "gamma": norm.weight,
            "beta": norm.bias,
            "mean": norm.running_mean,
            "variance": norm.running_var,
        }.items():
            tensors[name + "." + role] = value.detach().numpy()

    put("stem", net.model[0][0], net.model[0][1], (3, 3, 3, 8))
    for i in range(1, 14):
        put("block%d.depthwise" % i, net.model[i][0], net.model[i][1], (3, 3, 8))
        put("block%d.pointwise" % i, net.model[i][3], net.model[i][4], (8, 8))
    tensors["classifier.kernel"] = np.ascontiguousarray(net.fc.weight.detach().numpy().T)
    tensors["classifier.bias"] = net.fc.bias.detach().numpy()
    return tensors


METADATA = {
    "mobilenet4j": "1",
    "architecture": "mobilenet_v1",
    "width_multiplier": "0.008",
    "width_rounding": "floor_min_8",
    "height": "33",
    "width": "47",
    "classes": "3",
    "activation": "relu",
    "padding": "symmetric",
    "epsilon": "1e-5",
    "dropout": "0.25",
    "body": "separable",
    "crop": "resize_then_crop",
    "crop_fraction": "0.875",
    "resampling": "bicubic",
    "mean": "[0.485, 0.456, 0.406]",
    "deviation": "[0.229, 0.224, 0.225]",
    "labels": json.dumps(["tench", "caf\u00e9 \"au\" lait", "\U0001F408"]),
    "facts": json.dumps({"origin": "tiny_models.py"}),
}


def main():
    torch.manual_seed(1)
    net = Tutorial()
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.7, 1.3)
            module.bias.data.uniform_(-0.2, 0.5)
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.6, 1.4)
    net.eval()
    x = torch.randn(2, 3, 33, 47)
    with torch.no_grad():
        logits = net(x)
    state = {"module." + key: value.numpy() for key, value in net.state_dict().items()}
    os.makedirs(OUT, exist_ok=True)
    save("tutorial.safetensors", {"format": "pt"}, state)
    save("model.safetensors", METADATA, canonical(net))
    save("expected.safetensors", {}, {"x": x.numpy(), "logits": logits.numpy()})


if __name__ == "__main__":
    main()
