#!/usr/bin/env python3
"""Asks PyTorch about class activation maps and receptive fields; ClassActivationMapTest and ReceptiveFieldTest
read what it writes: ../resources/golden/class-activation.csv and receptive-fields.csv.

The network of the maps is that of tiny_models.py, ../resources/weights/tutorial.safetensors, on an input of 65x97
that a formula gives. A map is what the classifier computes at each place, as a 1x1 convolution; behind a hidden
layer, whose weights a formula gives, it is the gradient of the logit times the activation. A receptive field is
where the gradient of a unit is not zero, with all weights 1, the activations left out and inputs that are padded as
TensorFlow's and PyTorch's documentation says.
"""
import pathlib

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
HERE = pathlib.Path(__file__).parent
GOLDEN = HERE.parent / "resources" / "golden"
SOURCE = f"# PyTorch {torch.__version__}, mobilenet/src/test/python/explanation.py"


def normalized(convolution):
    return [convolution, nn.BatchNorm2d(8), nn.ReLU()]


def block(stride):
    depthwise = nn.Conv2d(8, 8, 3, stride, 1, groups=8, bias=False)
    return nn.Sequential(*normalized(depthwise), *normalized(nn.Conv2d(8, 8, 1, bias=False)))


def class_activation():
    model = nn.Sequential(nn.Sequential(*normalized(nn.Conv2d(3, 8, 3, 2, 1, bias=False))), *map(block, STRIDES))
    state = {k.removeprefix("module."): v for k, v in
             load_file(HERE.parent / "resources" / "weights" / "tutorial.safetensors").items()}
    model.load_state_dict({k.removeprefix("model."): v for k, v in state.items() if k.startswith("model.")})
    model.double().eval()
    n = torch.arange(65 * 97 * 3, dtype=torch.float64)
    x = torch.sin(0.37 * n * n % 6.28).float().double().reshape(1, 65, 97, 3).permute(0, 3, 1, 2)
    weight, bias = state["fc.weight"].double(), state["fc.bias"].double()
    lines = [SOURCE, "head,name,values"]

    def write(head, name, values):
        lines.append(f"{head},{name}," + " ".join(f"{v:.9g}" for v in values.detach().reshape(-1).tolist()))

    a = model(x).detach().requires_grad_()
    write("linear", "logits", F.linear(a.mean((2, 3)), weight, bias))
    write("linear", "maps", F.conv2d(a, weight[:, :, None, None]))

    i = torch.arange(8 * 6, dtype=torch.float64).reshape(8, 6)
    w1 = torch.sin(1.3 * i + 0.5).float().double()
    b1 = (0.3 * torch.cos(torch.arange(6, dtype=torch.float64))).float().double()
    j = torch.arange(6 * 3, dtype=torch.float64).reshape(6, 3)
    w2 = torch.cos(0.7 * j).float().double()
    hidden = torch.relu(a.mean((2, 3)) @ w1 + b1)
    print("active hidden units:", (hidden > 0).sum().item(), "of 6")
    logits = hidden @ w2 + bias
    write("hidden", "logits", logits)
    area = a.shape[2] * a.shape[3]
    maps = [(torch.autograd.grad(logits[0, c], a, retain_graph=True)[0] * a).sum(1) * area for c in range(3)]
    write("hidden", "maps", torch.stack(maps))
    (GOLDEN / "class-activation.csv").write_text("\n".join(lines) + "\n")


def padded(x, name, stride):
    """Zeros around x, so that a convolution without padding does the rest."""
    sides = []
    for size in (x.shape[3], x.shape[2]):
        if name == "SYMMETRIC" or stride == 1:
            sides += [1, 1]
        elif name == "ASYMMETRIC":
            sides += [0, 1]
        else:  # tf.nn: "if input % stride == 0: max(filter - stride, 0) else: max(filter - input % stride, 0)"
            total = max(3 - stride, 0) if size % stride == 0 else max(3 - size % stride, 0)
            sides += [total // 2, total - total // 2]
    return F.pad(x, sides)


def receptive_fields():
    lines = [SOURCE, "padding,height,width,stem_stride,layer,row,column,top,bottom,left,right"]
    ones = torch.ones(1, 1, 3, 3, dtype=torch.float64)
    for name in ("SYMMETRIC", "SAME", "ASYMMETRIC"):
        for height, width, stem in ((224, 224, 2), (97, 131, 2), (64, 75, 1), (33, 32, 2)):
            x = torch.ones(1, 1, height, width, dtype=torch.float64, requires_grad=True)
            y = x
            outputs = {}
            for layer, stride in enumerate([stem, *STRIDES]):
                y = F.conv2d(padded(y, name, stride), ones, stride=stride)
                outputs["stem" if layer == 0 else f"block{layer}.depthwise"] = y
            outputs["block13.pointwise"] = y
            outputs["pool"] = y.mean((2, 3), keepdim=True)
            for layer in ("stem", "block2.depthwise", "block6.depthwise", "block9.depthwise", "block13.pointwise", "pool"):
                y = outputs[layer]
                rows, columns = y.shape[2:]
                for row, column in sorted({(0, 0), (rows // 2, columns // 3), (rows - 1, columns - 1)}):
                    (gradient,) = torch.autograd.grad(y[0, 0, row, column], x, retain_graph=True)
                    seen = gradient[0, 0].nonzero()
                    top, left = seen.min(0).values.tolist()
                    bottom, right = seen.max(0).values.tolist()
                    assert len(seen) == (bottom - top + 1) * (right - left + 1)
                    lines.append(",".join(map(str, (
                        name, height, width, stem, layer, row, column, top, bottom, left, right))))
    (GOLDEN / "receptive-fields.csv").write_text("\n".join(lines) + "\n")


class_activation()
receptive_fields()
