#!/usr/bin/python3
"""Writes src/test/resources/golden/optimization.safetensors: how PyTorch's optimizers train.

For each of OPTIMIZERS, in double precision, the values after the third step with the same batch of
training.py's network 0.5/64x64/9/same/relu6, a row for each as there. Rates are so
small, and epsilons so large, that float and double stay together: with those of the oracle's golden
file (sgd3 and so on) PyTorch's own values differ by as much as their size when it runs on two
threads instead of one.
Made with Debian 12's torch 1.13.
"""
import os
import sys

import torch
import torch.nn.functional as F

sys.path.append(os.path.join(os.path.dirname(__file__), "../../../../mobilenet/src/test/python"))
from formula import save, uniform
from training import CLASSES, Network, row, stored

OUT = os.path.join(os.path.dirname(__file__), "..", "resources", "golden", "optimization.safetensors")
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.005, momentum=0.9, weight_decay=4e-5),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.005, momentum=0.9, nesterov=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=2e-3, alpha=0.9, eps=0.1, momentum=0.9),
    "adamw": lambda p: torch.optim.AdamW(p, lr=3e-3, eps=0.1, weight_decay=0.05),
}


def train(make, dtype):
    network = Network(0.5, "same", "relu6")
    x = uniform("x", -2, 2, 9, 3, 64, 64).double()
    targets = uniform("targets", 0, 0.5, 9, CLASSES).double()
    network.logits(x)  # makes the values, and moves the statistics
    network.values = {
        n: v.detach().to(dtype).requires_grad_(n in network.trained) for n, v in network.values.items()}
    start = {n: v.detach().clone() for n, v in network.values.items()}
    x, targets = x.to(dtype), targets.to(dtype)
    optimizer = make([network.values[n] for n in network.trained])
    for _ in range(3):
        optimizer.zero_grad()
        (-(targets * F.log_softmax(network.logits(x), 1)).sum(1).mean()).backward()
        optimizer.step()
    changes = [((v - start[n]).abs().max() / v.abs().max()).item() for n, v in network.values.items()]
    return network.values, sorted(changes)[len(changes) // 2]


torch.set_num_threads(1)
tensors = {}
for name, make in OPTIMIZERS.items():
    values, change = train(make, torch.float64)
    single, _ = train(make, torch.float32)
    spread = max(((single[n].double() - v).abs().max() / v.abs().max()).item() for n, v in values.items())
    print(name, "changes by %.1e, float32 is off by %.1e" % (change, spread))
    tensors[name] = stored(torch.stack([row(n, v) for n, v in values.items()]))
save(OUT, tensors)
