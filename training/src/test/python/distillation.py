#!/usr/bin/python3
"""Writes src/test/resources/golden/distillation.safetensors: how PyTorch learns from a teacher.

For each of CASES, under "4.0/0.9/" (temperature, weight), in double precision, the losses, logits, gradients and
values of training.py's network 0.3/32x32/11/same/relu6, whose loss is (1 - weight) of the cross-entropy and weight
of temperature² times F.kl_div of both softmaxes at the temperature, a mean over the images. The teacher's logits
follow from a formula.

For each of SIZES, under "48x36/3/32x70/3/" (the student's size and channels, the teacher's), batch [2,C,H,W]: what
F.interpolate (bilinear, antialias) makes of a batch of images, in the teacher's numbers; every fifth
row and column. Grey is the luma of
ITU-R BT.601. Means and stds are MEAN and STD for the student, 0.5 and 0.25 for the teacher.
Made with torch 2.13 and numpy 2.5.
"""
import os

import torch
import torch.nn.functional as F

import training
from formula import save, uniform

CASES = [(1.0, 0.5), (4.0, 0.9), (2.5, 1.0)]
SIZES = [((48, 36), 3, (32, 70), 3), ((33, 40), 3, (40, 33), 1), ((33, 40), 1, (50, 40), 3), ((33, 33), 3, (33, 33), 3)]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
LUMA = [0.299, 0.587, 0.114]


def channels(values):
    return torch.tensor(values, dtype=torch.float64).view(1, -1, 1, 1)


def main():
    torch.set_num_threads(1)
    tensors = {}
    for temperature, weight in CASES:
        case = f"{temperature}/{weight}/"
        network = training.Network(0.3, "same", "relu6")
        x = uniform("x", -2, 2, 11, 3, 32, 32).double()
        targets = uniform("targets", 0, 0.5, 11, training.CLASSES).double()
        teacher = uniform("teacher", -5, 5, 11, training.CLASSES).double()
        losses = []
        for step in range(training.STEPS):
            logits = network.logits(x)
            hard = -(targets * F.log_softmax(logits, 1)).sum(1).mean()
            soft = F.kl_div(
                F.log_softmax(logits / temperature, 1),
                F.softmax(teacher / temperature, 1),
                reduction="batchmean",
            )
            loss = (1 - weight) * hard + weight * temperature**2 * soft
            trained = [network.values[name] for name in network.trained]
            gradients = torch.autograd.grad(loss, trained)
            losses.append(loss)
            if step == 0:
                tensors[case + "logits"] = training.stored(logits)
                rows = [training.row(n, g) for n, g in zip(network.trained, gradients)]
                tensors[case + "gradients"] = training.stored(torch.stack(rows))
            with torch.no_grad():
                for value, gradient in zip(trained, gradients):
                    value -= training.RATE * gradient
        tensors[case + "losses"] = training.stored(torch.stack(losses))
        rows = [training.row(n, v) for n, v in network.values.items()]
        tensors[case + "values"] = training.stored(torch.stack(rows))
    for size, own, wanted, others in SIZES:
        x = uniform("x", -2, 2, 2, own, *size).double()
        mean, std = (MEAN, STD) if own == 3 else ([0.45], [0.2])
        pixels = x * channels(std) + channels(mean)
        if others < own:
            pixels = (pixels * channels(LUMA)).sum(1, keepdim=True)
        pixels = F.interpolate(pixels, wanted, mode="bilinear", antialias=True).expand(-1, others, -1, -1)
        name = "{}x{}/{}/{}x{}/{}/batch".format(*size, own, *wanted, others)
        tensors[name] = training.stored((pixels[:, :, ::5, ::5] - 0.5) / 0.25)
    save(os.path.join(training.FOLDER, "distillation.safetensors"), tensors)


if __name__ == "__main__":
    main()
