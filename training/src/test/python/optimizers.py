#!/usr/bin/python3
"""PyTorch's optimizers and schedules, for OptimizerTest and ScheduleTest.

  optimizers.py optimizers > ../resources/golden/optimizers.json
  optimizers.py schedules > ../resources/golden/schedules.csv

TensorFlow's RMSprop is not in PyTorch: its kernel's formula (tensorflow/core/kernels/training_ops.cc,
ApplyRMSProp), with the slot's first value 1 (tensorflow/python/training/rmsprop.py), in NumPy.
"""
import json
import sys
import warnings

import numpy as np
import torch

warnings.simplefilter("ignore")

OPTIMIZERS = {
    "sgd-0": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgd-0.9": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "sgd-0.9-decay": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "sgd-0.9-nesterov": lambda p: torch.optim.SGD(
        p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "rmsprop-pytorch": lambda p: torch.optim.RMSprop(
        p, lr=0.01, alpha=0.9, eps=1e-3, momentum=0.9, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-2, betas=(0.9, 0.999), weight_decay=0.05),
}


def tensorflow(w, gradients, rate=0.01, decay=0.9, momentum=0.9, epsilon=1.0):
    one = np.float32(1)
    rate, decay, momentum, epsilon = map(np.float32, (rate, decay, momentum, epsilon))
    w, square, moment = w.copy(), np.ones_like(w), np.zeros_like(w)
    for g in gradients:
        square += (g * g - square) * (one - decay)
        moment = moment * momentum + (g * rate) / np.sqrt(square + epsilon)
        w -= moment
    return w


def optimizers():
    random = np.random.default_rng(1)
    w = random.normal(size=24).astype(np.float32)
    gradients = [random.normal(size=24).astype(np.float32) for _ in range(6)]
    results = {}
    for name, make in OPTIMIZERS.items():
        for clip in (False, True):
            p = torch.nn.Parameter(torch.from_numpy(w.copy()))
            optimizer = make([p])
            for g in gradients:
                p.grad = torch.from_numpy(g.copy())
                if clip:
                    torch.nn.utils.clip_grad_norm_([p], 1.0)
                optimizer.step()
            results[name + ("-clip" if clip else "")] = p.detach().numpy().tolist()
    results["rmsprop-tensorflow"] = tensorflow(w, gradients).tolist()
    json.dump({
        "values": w.tolist(),
        "gradients": [g.tolist() for g in gradients],
        "results": results,
    }, sys.stdout)


def schedules():
    """20 steps an epoch, 6 epochs, 2 of them warm-up where it says so."""
    lr = torch.optim.lr_scheduler

    def warm(o, after):
        rise = lr.LambdaLR(o, lambda step: (step + 1) / 40)
        return lr.SequentialLR(o, [rise, after], [40])

    kinds = {
        "constant": lambda o: lr.LambdaLR(o, lambda step: 1.0),
        "cosine": lambda o: lr.CosineAnnealingLR(o, T_max=120),
        "cosine-floor": lambda o: lr.CosineAnnealingLR(o, T_max=120, eta_min=0.1),
        "cosine-warm-up": lambda o: warm(o, lr.CosineAnnealingLR(o, T_max=80)),
        "step": lambda o: lr.StepLR(o, step_size=50, gamma=0.94),
        "exponential": lambda o: lr.ExponentialLR(o, gamma=0.94 ** (1 / 50)),
    }
    rows = {}
    for name, make in kinds.items():
        p = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
        o = torch.optim.SGD([p], lr=1.0)
        s = make(o)
        rows[name] = []
        for _ in range(120):
            rows[name].append(o.param_groups[0]["lr"])
            o.step()
            s.step()
    print("step," + ",".join(kinds))
    for step in range(120):
        print(",".join([str(step)] + ["%.12f" % rows[name][step] for name in kinds]))


if __name__ == "__main__":
    {"optimizers": optimizers, "schedules": schedules}[sys.argv[1]]()
