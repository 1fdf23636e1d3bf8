#!/usr/bin/python3
"""Writes src/test/resources/torch: checkpoints of trainings, with the weights of timm.safetensors.

objects-2.pth, objects-4.pth   beside the weights objects of many classes, in two protocols of pickle
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


def main():
    state = weights()
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
