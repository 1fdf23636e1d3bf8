#!/usr/bin/env python3
"""Writes src/test/resources/onnx: the tutorial's network, eight channels a layer, as people export it.

BatchNorm's statistics are those of the images, so that outputs depend on every layer.
expected.safetensors has the images x, uint8 [2, 3, 64, 32], and of each file NAME.y, what ONNX
Runtime computes of them, all optimisations off; where nothing is in front, of x by ImageNet's mean
and std. Of QDQ files it is what the float model computes with the weights that these stand for: what
rounding between the layers does is not imitated.

dynamo          PyTorch's own default: values in dynamo.onnx.data
symbolic        all axes symbolic, as optimum exports
pixels          (x / 255 - mean) / std in front
fractions       (x - mean) / std in front, of x / 255
uint8           uint8 [N, H, W, 3], then as pixels
log_softmax, sigmoid, binary, hidden
                behind the logits; one sigmoid; two fully connected layers and a softmax
typed           float16 in int32_data
unsorted        float16 between two Casts that stand last
grey            one channel, the first
qdq_channel     ONNX Runtime's QDQ, int8, a scale a channel
qdq_tensor      QDQ, uint8, a scale a tensor
qdq_six         QDQ of the network with ReLU6, whose Clips it leaves out
dynamic, operator, argmax, two_outputs, optimised
                refused: quantised as it runs, QOperator, the best class, two outputs, Nchwc

Made with PyTorch 2.13, ONNX Runtime 1.30, onnxscript 0.7.
"""
import os
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static)
from onnxruntime.transformers.float16 import convert_float_to_float16
from safetensors.numpy import save_file
from torch import nn

import onnx_network
from onnx_network import C

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../resources/onnx")
os.makedirs(OUT, exist_ok=True)
os.chdir(OUT)
torch.manual_seed(1)
rng = np.random.default_rng(1)
coarse = np.kron(rng.uniform(0, 255, (2, 3, 8, 4)), np.ones((1, 1, 8, 8)))
images = np.clip(coarse + rng.normal(0, 20, coarse.shape), 0, 255).astype("uint8")
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
pixels = torch.tensor(images).float()
x = (pixels / 255 - MEAN) / STD
expected = {"x": images}


def Net(*head, **settings):
    return onnx_network.Net(x, *head, **settings)


class With(nn.Module):
    def __init__(self, net, function):
        super().__init__()
        self.net, self.function = net, function

    def forward(self, v):
        return self.function(self.net, v)


def run(name, v):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(name + ".onnx", options)
    y = session.run(None, {session.get_inputs()[0].name: v})[0]
    expected[name + ".y"] = y
    print(name, os.path.getsize(name + ".onnx"), *y, file=sys.stderr)


def export(name, model, v, **settings):
    settings = {**dict(dynamo=False, opset_version=17), **settings}
    torch.onnx.export(model, (v,), name + ".onnx", **settings)
    run(name, v.numpy())


class Images(CalibrationDataReader):
    def __init__(self, name):
        self.left = [{name: x[i:i + 1].numpy()} for i in range(2)]

    def get_next(self):
        return self.left.pop() if self.left else None


net = Net()
torch.onnx.export(net, (x,), "dynamo.onnx", verbose=False)
run("dynamo", x.numpy())
names = {0: "batch_size", 1: "num_channels", 2: "height", 3: "width"}
export("symbolic", net, x, dynamic_axes={"x": names}, input_names=["x"])
export("pixels", With(net, lambda n, v: n((v / 255 - MEAN) / STD)), pixels)
export("fractions", With(net, lambda n, v: n((v - MEAN) / STD)), pixels / 255)
nhwc = torch.tensor(images.transpose(0, 2, 3, 1).copy())
export("uint8", With(net, lambda n, v: n((v.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD)), nhwc)
export("log_softmax", With(net, lambda n, v: n(v).log_softmax(1)), x)
export("sigmoid", With(net, lambda n, v: n(v).sigmoid()), x)
export("binary", Net(nn.Linear(C, 1), nn.Sigmoid()), x)
export("hidden", Net(nn.Linear(C, 6), nn.ReLU(), nn.Linear(6, 5), nn.Softmax(1)), x)
export("grey", Net(c=1), x[:, :1].contiguous())
export("argmax", With(net, lambda n, v: n(v).argmax(1)), x)
export("two_outputs", With(net, lambda n, v: (n(v), n.model[:-1](v))), x)
del expected["argmax.y"], expected["two_outputs.y"]

model = convert_float_to_float16(onnx.load("symbolic.onnx"), keep_io_types=True)
onnx.save(model, "unsorted.onnx")
run("unsorted", x.numpy())
model = convert_float_to_float16(onnx.load("symbolic.onnx"))
for i, t in enumerate(model.graph.initializer):
    if t.data_type == TensorProto.FLOAT16:
        values = numpy_helper.to_array(t)
        model.graph.initializer[i].CopyFrom(
            helper.make_tensor(t.name, TensorProto.FLOAT16, values.shape, values.flatten()))
onnx.save(model, "typed.onnx")
run("typed", x.numpy().astype("float16"))
expected["typed.y"] = expected["typed.y"].astype("float32")

def quantize(name, source, **settings):
    quantize_static(source, name + ".onnx", Images("x"), **settings)
    stored = {t.name: numpy_helper.to_array(t) for t in onnx.load(name + ".onnx").graph.initializer}
    model = onnx.load(source)
    changed = 0
    for i, t in enumerate(model.graph.initializer):
        q = t.name + "_quantized"
        if q not in stored:
            continue
        base = t.name if t.name + "_scale" in stored else q
        scale, zero = stored[base + "_scale"], stored[base + "_zero_point"].astype("float64")
        shape = (-1,) + (1,) * (stored[q].ndim - 1) if scale.size > 1 else ()
        values = (stored[q] - zero.reshape(shape)) * scale.reshape(shape).astype("float64")
        changed += 1
        model.graph.initializer[i].CopyFrom(
            numpy_helper.from_array(values.astype("float32"), t.name))
    assert changed == 56, changed
    with tempfile.TemporaryDirectory() as folder:
        onnx.save(model, os.path.join(folder, "float.onnx"))
        run(os.path.join(folder, "float"), x.numpy())
        expected[name + ".y"] = expected.pop(os.path.join(folder, "float.y"))


signed = dict(weight_type=QuantType.QInt8, activation_type=QuantType.QInt8)
unsigned = dict(weight_type=QuantType.QUInt8, activation_type=QuantType.QUInt8)
quantize("qdq_channel", "symbolic.onnx", quant_format=QuantFormat.QDQ, per_channel=True, **signed)
quantize("qdq_tensor", "symbolic.onnx", quant_format=QuantFormat.QDQ, **unsigned)
quantize_static(
    "symbolic.onnx", "operator.onnx", Images("x"), quant_format=QuantFormat.QOperator, **unsigned)
quantize_dynamic("symbolic.onnx", "dynamic.onnx")
with tempfile.TemporaryDirectory() as folder:
    six = os.path.join(folder, "six.onnx")
    torch.onnx.export(
        Net(activation=nn.ReLU6), (x,), six, dynamo=False, opset_version=17, input_names=["x"],
        dynamic_axes={"x": {0: "n"}})
    quantize("qdq_six", six, quant_format=QuantFormat.QDQ, **signed)
options = onnxruntime.SessionOptions()
options.optimized_model_filepath = "optimised.onnx"
onnxruntime.InferenceSession("symbolic.onnx", options)
save_file(expected, "expected.safetensors")
