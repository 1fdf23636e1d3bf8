#!/usr/bin/env python3
"""Writes src/test/resources/onnx/integers*: a network of eight channels a layer, as
onnxruntime.quantization.quantize_static quantises it (QDQ).

integers.safetensors has the input x, float32 [4, 3, 64, 32], and of each file NAME.y, what ONNX
Runtime computes of it.

channel    uint8, kernels int8 with a scale a channel, the Clips kept, quantised softmax behind
tensor     uint8, kernels uint8 with a zero point, a MatMul and a sum for the classifier
signed     int8 around 0, kernels int8 as floats that are rounded in the graph, softmax of floats
reduced    uint8, kernels of 7 bits a channel, a hidden layer
ends       channel, without the quantisation of the logits: read as floats
bias       channel, with biases of floats: read as floats

Made with PyTorch 2.13, ONNX Runtime 1.30.
"""
import os
import tempfile

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from safetensors.numpy import save_file
from torch import nn

import onnx_network
from onnx_network import C

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../resources/onnx")
os.chdir(OUT)
torch.manual_seed(2)
rng = np.random.default_rng(2)
coarse = np.kron(rng.uniform(-1, 1, (4, 3, 8, 4)), np.ones((1, 1, 8, 8)))
x = np.clip(coarse + rng.normal(0, 0.15, coarse.shape), -1, 1).astype("float32")
expected = {"x": x}


class Sum(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(C, 5))
        self.bias = nn.Parameter(torch.randn(5))

    def forward(self, v):
        # PyTorch writes a MatMul and an Add of it.
        return torch.matmul(v, self.weight) + self.bias


def Net(*head, activation=nn.ReLU6):
    return onnx_network.Net(torch.tensor(x), *head, activation=activation)


class Images(CalibrationDataReader):
    def __init__(self):
        self.left = [{"x": x[i:i + 1]} for i in range(4)]

    def get_next(self):
        return self.left.pop() if self.left else None


def quantize(name, model, **settings):
    file = "integers_" + name + ".onnx"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "float.onnx")
        torch.onnx.export(
            model, (torch.tensor(x),), path, dynamo=False, opset_version=17, input_names=["x"],
            dynamic_axes={"x": {0: "n"}})
        quantize_static(path, file, Images(), quant_format=QuantFormat.QDQ, **settings)
    session = onnxruntime.InferenceSession(file)
    expected[name + ".y"] = session.run(None, {"x": x})[0]
    print(name, os.path.getsize(file), expected[name + ".y"])


S, U = QuantType.QInt8, QuantType.QUInt8
channel = dict(per_channel=True, weight_type=S, activation_type=U)
quantize("channel", Net(nn.Linear(C, 5), nn.Softmax(1)), **channel,
         extra_options={"QDQKeepRemovableActivations": True})
quantize("tensor", Net(Sum(), activation=nn.ReLU), weight_type=U, activation_type=U)
quantize("signed", Net(nn.Linear(C, 5), nn.Softmax(1)), weight_type=S, activation_type=S,
         op_types_to_quantize=["Conv", "Clip", "GlobalAveragePool", "Gemm"],
         extra_options={"ActivationSymmetric": True, "AddQDQPairToWeight": True})
quantize("reduced", Net(nn.Linear(C, 6), nn.ReLU(), nn.Linear(6, 5)), **channel, reduce_range=True)
quantize("ends", Net(), **channel,
         extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"]})
quantize("bias", Net(activation=nn.ReLU), **channel, extra_options={"QuantizeBias": False})
save_file(expected, "integers.safetensors")
