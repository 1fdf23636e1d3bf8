#!/usr/bin/python3
"""TensorFlow.js without TensorFlow.js, whose converter cannot be installed beside today's TensorFlow.

tfjs.py          writes src/test/resources/tfjs: sigmoid.h5 of ../keras as a layers model, in two files
tfjs.py judge MODEL.json X.safetensors Y.safetensors
                 prints the largest difference between y, logits, and what Keras computes of x (NCHW)
                 with the layers of a file and the weights beside it, before its last activation

Made with Keras 3.15.
"""
import json
import os
import sys

sys.path.pop(0)  # keras.py is beside this file.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
from safetensors.numpy import load_file

RESOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources")


def layers(model):
    for layer in model.layers:
        yield from layers(layer) if hasattr(layer, "layers") else [layer]


def write():
    model = keras.models.load_model(os.path.join(RESOURCES, "keras", "sigmoid.h5"), compile=False)
    out = os.path.join(RESOURCES, "tfjs")
    os.makedirs(out, exist_ok=True)
    weights, data = [], b""
    for layer in layers(model):
        for variable in layer.weights:
            value = np.asarray(variable)
            if value.dtype == np.float32:
                weights.append({
                    "name": f"{layer.name}/{variable.name}",
                    "shape": list(value.shape),
                    "dtype": "float32",
                })
                data += value.tobytes()
    middle = len(data) // 2 + 1
    names = ["group1-shard1of2.bin", "group1-shard2of2.bin"]
    for name, part in zip(names, (data[:middle], data[middle:])):
        with open(os.path.join(out, name), "wb") as f:
            f.write(part)
    topology = {"keras_version": keras.__version__, "model_config": json.loads(model.to_json())}
    with open(os.path.join(out, "model.json"), "w") as f:
        manifest = [{"paths": names, "weights": weights}]
        json.dump({"format": "layers-model", "modelTopology": topology, "weightsManifest": manifest}, f)


def judge(path, x, y):
    with open(path) as f:
        file = json.load(f)
    from keras.src.legacy.saving import saving_utils

    model = saving_utils.model_from_config(file["modelTopology"]["model_config"])
    tensors = {}
    for group in file["weightsManifest"]:
        data = b"".join(
            open(os.path.join(os.path.dirname(path), name), "rb").read() for name in group["paths"]
        )
        at = 0
        for weight in group["weights"]:
            assert weight["dtype"] == "float32"
            count = int(np.prod(weight["shape"]))
            values = np.frombuffer(data, "<f4", count, at).reshape(weight["shape"])
            tensors[weight["name"]] = values
            at += 4 * count
        assert at == len(data)
    for layer in layers(model):
        for variable in layer.weights:
            name = f"{layer.name}/{variable.name}"
            # As Keras 2 and TensorFlow.js call the kernel of a DepthwiseConv2D.
            other = name.replace("/kernel", "/depthwise_kernel")
            variable.assign(tensors.pop(name if name in tensors else other))
    assert not tensors, tensors.keys()
    logits = keras.Model(model.input, model.layers[-2].output)
    x = load_file(x)["x"].transpose(0, 2, 3, 1)
    print(np.abs(logits.predict(x, verbose=0) - load_file(y)["logits"]).max())


judge(*sys.argv[2:]) if sys.argv[1:2] == ["judge"] else write()
