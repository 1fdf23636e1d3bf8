#!/usr/bin/python3
"""Writes src/test/resources/torch: checkpoints of trainings, with the weights of timm.safetensors.

objects-2.pth, objects-4.pth   beside the weights objects of many classes, in two protocols of pickle
whole.pth, scripted.pt, traced.ptl   a network of modules, whole: pickled in DataParallel, and as TorchScript
functions.pth                  one whose activations are in forward, which no reader can know
nested.pth                     the weights in dictionaries of dictionaries, in two sets: their moving
                               average is right, the others are multiplied by 1.5

Made with torch 2.13 and numpy 2.
"""
import argparse
import collections
import datetime
import os
import pathlib
import random
import struct
import sys
import types

import numpy as np
import torch
from safetensors.torch import load
from torch import nn

OUT = os.path.join(os.path.dirname(__file__), "..", "resources", "torch")


def weights():
    import json

    with open(os.path.join(OUT, "timm.safetensors"), "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    tensors = collections.OrderedDict()
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            values = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32)
            tensors[name] = values.reshape(entry["shape"]).clone()
    return tensors


def foreign(module, name, base):
    """A class of a library that need not be there."""
    made = type(name, (base,), {"__module__": module, "__qualname__": name})
    parts = module.split(".")
    for i in range(len(parts)):
        sys.modules.setdefault(".".join(parts[: i + 1]), types.ModuleType(parts[i]))
    setattr(sys.modules[module], name, made)
    return made


class Modules(nn.Module):
    """What timm's network computes, of modules alone; registered in their order."""

    def __init__(self, state, activation=nn.ReLU6):
        super().__init__()
        # By block, the depthwise kernel before the pointwise.
        kernels = sorted((k for k, v in state.items() if v.dim() == 4), key=lambda k: (k[0] == "b", k))
        norms = [k[: -len("running_mean")] for k in state if k.endswith("running_mean")]
        norms.sort(key=lambda n: kernels.index(next(k for k in kernels if pair(k) == n)))
        layers = []
        for kernel, norm in zip(kernels, norms):
            values = state[kernel]
            side, groups = values.shape[2], C if "conv_dw" in kernel else 1
            stride = 2 if kernel in STRIDED else 1
            conv = nn.Conv2d(values.shape[1] * groups, C, side, stride, side // 2, groups=groups, bias=False)
            conv.weight.data = values
            batch = nn.BatchNorm2d(C)
            batch.load_state_dict({k: state[norm + k] for k in ("weight", "bias", "running_mean", "running_var")}, strict=False)
            layers += [conv, batch, activation()]
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(C, 3)
        self.classifier.weight.data = state["classifier.weight"]
        self.classifier.bias.data = state["classifier.bias"]

    def forward(self, x):
        return self.classifier(self.pool(self.features(x)).flatten(1))


def pair(kernel):
    """What the BatchNorm of a kernel of timm is called."""
    if kernel == "conv_stem.weight":
        return "bn1."
    return kernel.replace("conv_dw.weight", "bn1.").replace("conv_pw.weight", "bn2.")


C = 8
STRIDED = {"conv_stem.weight"} | {f"blocks.{i}.0.conv_dw.weight" for i in range(1, 5)}


def whole(state):
    net = Modules(state).eval()
    with open(os.path.join(OUT, "expected.safetensors"), "rb") as f:
        expected = load(f.read())
    difference = (net(expected["x"]) - expected["timm"]).abs().max()
    assert difference < 1e-5, difference
    torch.save(
        nn.DataParallel(net),
        os.path.join(OUT, "whole.pth"),
        _use_new_zipfile_serialization=False,
    )
    torch.save(
        Modules(state, nn.Identity).eval(),
        os.path.join(OUT, "functions.pth"),
        _use_new_zipfile_serialization=False,
    )
    torch.jit.script(net).save(os.path.join(OUT, "scripted.pt"))
    torch.jit.trace(net, expected["x"])._save_for_lite_interpreter(os.path.join(OUT, "traced.ptl"))


def main():
    state = weights()
    whole(state)
    attributes = foreign("lightning_fabric.utilities.data", "AttributeDict", dict)
    ordered = foreign("somebody.config", "OrderedConfig", collections.OrderedDict)
    keywords = foreign("somebody.config", "Keywords", object)
    keywords.__getnewargs_ex__ = lambda self: ((1,), {"depth": 2})
    objects = {
        "epoch": 12,
        "args": argparse.Namespace(lr=0.1, mean=None, aug=[1, 2]),
        "best": np.float64(91.25),
        "history": np.arange(6.0).reshape(2, 3),
        "numpy": np.random.RandomState(1).get_state(),
        "python": random.Random(1).getstate(),
        "torch": torch.get_rng_state(),
        "folder": pathlib.PurePosixPath("runs/a"),
        "when": datetime.datetime(2024, 1, 2),
        "took": datetime.timedelta(seconds=5),
        "counts": collections.defaultdict(list, {"loss": [1.0, 0.5]}),
        "letters": collections.Counter("abc"),
        "hyper_parameters": attributes(lr=0.1),
        "config": ordered(a=1),
        "keywords": keywords(),
        "done": {1, 2, 3},
        "frozen": frozenset({4, 5}),
        "pairs": {(1, 2): "a", None: "b", b"c": "d", 1.5: "e", True: "f"},
        "kind": (torch.float32, torch.device("cpu"), torch.Size([3, 64, 64]), torch.strided),
        "more": (1 + 2j, slice(1, 2), range(3), bytearray(b"xyz")),
        "state_dict": ordered(state),
    }
    for protocol in (2, 4):
        torch.save(
            objects,
            os.path.join(OUT, f"objects-{protocol}.pth"),
            pickle_protocol=protocol,
            _use_new_zipfile_serialization=False,
        )
    other = {k: v * 1.5 for k, v in state.items()}
    torch.save(
        {"checkpoint": {"model": {"state_dict": other}}, "ema": {"module": state, "decay": 0.999}},
        os.path.join(OUT, "nested.pth"),
        _use_new_zipfile_serialization=False,
    )


main()
