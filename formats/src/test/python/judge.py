#!/usr/bin/python3
"""Prints the largest difference between a network's logits in expected.safetensors and those that
PyTorch computes with the weights of a file.

judge.py timm|timm_head|hugging_face FILE.pth
"""
import json
import os
import struct
import sys

import torch

import foreign

NETWORKS = {
    "timm": lambda: foreign.Timm(False),
    "timm_head": lambda: foreign.Timm(True),
    "hugging_face": foreign.HuggingFace,
}


def main(name, path):
    with open(os.path.join(foreign.OUT, "expected.safetensors"), "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()

    def tensor(key):
        begin, end = header[key]["data_offsets"]
        values = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32)
        return values.reshape(header[key]["shape"])

    net = NETWORKS[name]().eval()
    net.load_state_dict(torch.load(path, weights_only=True))
    with torch.no_grad():
        print(float((net(tensor("x")) - tensor(name)).abs().max()))


main(*sys.argv[1:])
