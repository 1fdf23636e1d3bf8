#!/usr/bin/python3
"""Writes src/test/resources/torch: MobileNet V1 as timm and transformers save it, and PyTorch's answers.

The modules have the attributes of the originals, so that the names in the files are PyTorch's own:
state_dict() of timm's EfficientNet (mobilenetv1_100, mobilenetv1_100h) and of transformers'
MobileNetV1ForImageClassification. Eight channels a layer, three classes.

timm, timm_head, hugging_face.safetensors   the three networks
*.onnx                                      ways in which PyTorch exports them
expected.safetensors                        x [2,3,33,47] (NCHW) and the logits [2,3] of each
*.pth                                       the ways to save the weights of timm
evil-*.pth                                  calls os.system when Python loads it
module.pth                                  a whole module, which is code

Made with Debian 12's torch 1.13 and numpy 1.24.
"""
import collections
import copy
import json
import os
import struct

import torch
import torch.nn.functional as F
from torch import nn

OUT = os.path.join(os.path.dirname(__file__), "..", "resources", "torch")
C = 8


class TimmBlock(nn.Module):
    def __init__(self, stride):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 3, stride, 1, groups=C, bias=False)
        self.bn1 = nn.BatchNorm2d(C)
        self.conv_pw = nn.Conv2d(C, C, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(C)

    def forward(self, x):
        x = F.relu6(self.bn1(self.conv_dw(x)))
        return F.relu6(self.bn2(self.conv_pw(x)))


class Timm(nn.Module):
    def __init__(self, head):
        super().__init__()
        self.conv_stem = nn.Conv2d(3, C, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(C)
        stages = [(1, 1), (2, 2), (2, 2), (6, 2), (2, 2)]  # blocks, stride of the first
        self.blocks = nn.Sequential(
            *[nn.Sequential(*[TimmBlock(s if i == 0 else 1) for i in range(n)]) for n, s in stages]
        )
        if head:
            self.conv_head = nn.Conv2d(C, C, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(C)
        self.head = head
        self.classifier = nn.Linear(C, 3)

    def forward(self, x):
        x = self.blocks(F.relu6(self.bn1(self.conv_stem(x))))
        if self.head:
            x = F.relu6(self.bn2(self.conv_head(x)))
        return self.classifier(x.mean((2, 3)))


def same(x, k, s):
    """TensorFlow's SAME, from the size of the input."""
    pads = []
    for n in (int(x.shape[3]), int(x.shape[2])):  # int: constants in an ONNX file
        total = max((-(-n // s) - 1) * s + k - n, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


class HuggingFaceConv(nn.Module):
    def __init__(self, i, o, kernel, stride=1, groups=1):
        super().__init__()
        self.convolution = nn.Conv2d(i, o, kernel, stride, 0, groups=groups, bias=False)
        self.normalization = nn.BatchNorm2d(o, eps=0.001)

    def forward(self, x):
        convolution = self.convolution
        x = same(x, convolution.kernel_size[0], convolution.stride[0])
        return F.relu6(self.normalization(convolution(x)))


class HuggingFaceBody(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_stem = HuggingFaceConv(3, C, 3, 2)
        self.layer = nn.ModuleList()
        for s in [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]:
            self.layer.append(HuggingFaceConv(C, C, 3, s, C))
            self.layer.append(HuggingFaceConv(C, C, 1))

    def forward(self, x):
        x = self.conv_stem(x)
        for layer in self.layer:
            x = layer(x)
        return x


class HuggingFace(nn.Module):
    def __init__(self):
        super().__init__()
        self.mobilenet_v1 = HuggingFaceBody()
        self.classifier = nn.Linear(C, 3)

    def forward(self, x):
        return self.classifier(self.mobilenet_v1(x).mean((2, 3)))


def initialize(net):
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.7, 1.3)
            module.bias.data.uniform_(-0.2, 0.5)
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.6, 1.4)
    return net.eval()


def safetensors(name, tensors):
    types = {torch.float32: "F32", torch.int64: "I64"}
    header, at = {}, 0
    for key, value in tensors.items():
        end = at + value.numel() * value.element_size()
        header[key] = {
            "dtype": types[value.dtype],
            "shape": list(value.shape),
            "data_offsets": [at, end],
        }
        at = end
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head)
        for value in tensors.values():
            f.write(value.numpy().tobytes())


def pth(name, value, **options):
    torch.save(value, os.path.join(OUT, name), **options)


def onnx(name, net, x, **options):
    path = os.path.join(OUT, name)
    options = {"opset_version": 17, **options}
    torch.onnx.export(net, x, path, input_names=["x"], dynamic_axes={"x": {0: "n"}}, **options)


class View(nn.Module):
    """timm's network with the pooling and the flattening of the tutorial's."""

    def __init__(self, net):
        super().__init__()
        self.net = net
        self.pool = nn.AvgPool2d((2, 2))

    def forward(self, x):
        net = self.net
        x = self.pool(net.blocks(F.relu6(net.bn1(net.conv_stem(x)))))
        return net.classifier(x.view(x.size(0), -1))


def typed(state, dtype):
    return {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}


def shared(state):
    """All floats in one storage, each tensor a view of it."""
    floats = {k: v for k, v in state.items() if v.is_floating_point()}
    flat = torch.cat([v.flatten() for v in floats.values()])
    views = flat.split([v.numel() for v in floats.values()])
    return {k: view.view(v.shape) for (k, v), view in zip(floats.items(), views)}


def strided(state):
    """Kernels with channels last or transposed, vectors as every second of twice as many values."""
    out = {}
    for key, value in state.items():
        if value.dim() == 4:
            out[key] = value.contiguous(memory_format=torch.channels_last)
        elif value.dim() == 2:
            out[key] = value.t().contiguous().t()
        elif value.dim() == 1:
            out[key] = value.repeat_interleave(2)[::2]
        else:
            out[key] = value
    return out


class Evil:
    def __reduce__(self):
        return os.system, ("touch evil-was-here",)


def main():
    torch.manual_seed(2)
    os.makedirs(OUT, exist_ok=True)
    x = torch.randn(2, 3, 33, 47)
    expected = {"x": x}
    nets = {"timm": Timm(False), "timm_head": Timm(True), "hugging_face": HuggingFace()}
    for name, net in nets.items():
        initialize(net)
        with torch.no_grad():
            expected[name] = net(x)
        safetensors(name + ".safetensors", net.state_dict())
        onnx(name + ".onnx", net, x)
    pth("timm.pth", nets["timm"].state_dict())
    safetensors("expected.safetensors", expected)
    training = torch.onnx.TrainingMode.PRESERVE
    onnx("kept.onnx", nets["timm"], x, training=training, do_constant_folding=False)
    onnx("opset-9.onnx", nets["hugging_face"], x, opset_version=9)
    onnx("view.onnx", View(nets["timm"]), x)

    net = nets["timm"]
    state = net.state_dict()
    parameters = collections.OrderedDict(net.named_parameters())
    parameters.update(net.named_buffers())
    pth("legacy.pth", state, _use_new_zipfile_serialization=False)
    pth("protocol-4.pth", state, pickle_protocol=4)
    pth("legacy-protocol-4.pth", state, pickle_protocol=4, _use_new_zipfile_serialization=False)
    pth("parameters.pth", parameters)
    pth("f16.pth", typed(state, torch.float16))
    pth("bf16.pth", typed(state, torch.bfloat16))
    pth("f64.pth", typed(state, torch.float64))
    pth("shared.pth", shared(state))
    pth("shared-legacy.pth", shared(state), _use_new_zipfile_serialization=False)
    pth("strided.pth", strided(state))
    checkpoint(net, x)
    pth("evil-zip.pth", {"epoch": Evil()})
    pth("evil-legacy.pth", {"epoch": Evil()}, _use_new_zipfile_serialization=False)
    pth("module.pth", nn.Linear(1, 1))


def checkpoint(net, x):
    """A training checkpoint with the weights of net as they are, and an optimizer that has run."""
    trained = copy.deepcopy(net)
    optimizer = torch.optim.SGD(trained.parameters(), lr=0.1, momentum=0.9)
    trained(x).sum().backward()
    optimizer.step()
    value = {
        "epoch": 7,
        "arch": "mobilenetv1_100",
        "model": {"_orig_mod.module." + k: v for k, v in net.state_dict().items()},
        "optimizer": optimizer.state_dict(),
        "best": torch.tensor(68.8),
        "history": [(1, 0.5), (2, None)],
    }
    pth("checkpoint.pth", value)


if __name__ == "__main__":
    main()
