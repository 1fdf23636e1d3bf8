#!/usr/bin/python3
"""Writes src/test/resources/keras: foreign.py's hugging_face network as Keras saves it.

h5py is the library that Keras writes with; paths and attributes are those of Keras 2 (h5) and
Keras 3 (keras), settings as in the configuration of a real model (MLPerf Tiny's vww_96.h5) and of
Keras 3. Its logits are in ../torch/expected.safetensors.

applications.h5   weights alone, in the layer names of keras.applications
whole.h5          a whole model with layers of other names, biases beside BatchNorm, ReLU layers
sequential.keras  a whole Sequential of Keras 3
applications.weights.h5
                  weights alone, of keras.applications in Keras 3
transfer.keras, transfer.h5
                  the network as a layer of a model that begins with preprocessing: Rescaling in
                  Keras 3, preprocess_input in Keras 2

Made with Debian 12's h5py 3.7 and numpy 1.24.
"""
import io
import json
import os
import struct
import zipfile

import h5py
import numpy as np

RESOURCES = os.path.join(os.path.dirname(__file__), "..", "resources")
OUT = os.path.join(RESOURCES, "keras")
STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
H, W, C, CLASSES = 33, 47, 8, 3


def weights():
    with open(os.path.join(RESOURCES, "torch", "hugging_face.safetensors"), "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            tensors[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    return tensors


def layers():
    """Yields kind, block, stride, kernel in Keras' layout, and BatchNorm's four vectors."""
    tensors = weights()
    rows = [("stem", 0, 2, "mobilenet_v1.conv_stem")]
    for i, stride in enumerate(STRIDES):
        rows.append(("dw", i + 1, stride, f"mobilenet_v1.layer.{2 * i}"))
        rows.append(("pw", i + 1, 1, f"mobilenet_v1.layer.{2 * i + 1}"))
    for kind, block, stride, name in rows:
        axes = (2, 3, 0, 1) if kind == "dw" else (2, 3, 1, 0)
        kernel = tensors[name + ".convolution.weight"].transpose(axes)
        norm = [
            tensors[name + ".normalization." + part]
            for part in ("weight", "bias", "running_mean", "running_var")
        ]
        yield kind, block, stride, np.ascontiguousarray(kernel), norm
    kernel = np.ascontiguousarray(tensors["classifier.weight"].T)
    yield "classifier", 14, 1, kernel, tensors["classifier.bias"]


NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def put(group, layer, names, values):
    """A layer of an h5 file: weight_names, and each tensor at its path."""
    own = group.create_group(layer)
    own.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in names]
    for name, value in zip(names, values):
        own.create_dataset(f"{layer}/{name}:0", data=value)


def head(group, names):
    group.attrs["layer_names"] = [name.encode() for name in names]
    group.attrs["backend"] = b"tensorflow"
    group.attrs["keras_version"] = b"2.4.0"


def applications():
    with h5py.File(os.path.join(OUT, "applications.h5"), "w") as f:
        names = ["input_1"]
        put(f, "input_1", [], [])
        for kind, block, stride, kernel, norm in layers():
            if kind == "classifier":
                put(f, "conv_preds", ["kernel", "bias"], [kernel[None, None], norm])
                names.append("conv_preds")
                continue
            name = "conv1" if kind == "stem" else f"conv_{kind}_{block}"
            put(f, name, ["depthwise_kernel" if kind == "dw" else "kernel"], [kernel])
            put(f, name + "_bn", NORM, norm)
            put(f, name + "_relu", [], [])
            names += [name, name + "_bn", name + "_relu"]
        head(f, names)


def whole():
    config, before = [], []

    def layer(class_name, name, **settings):
        inbound = [[[before[-1], 0, 0, {}]]] if before else []
        config.append({
            "class_name": class_name,
            "config": {"name": name, "trainable": True, "dtype": "float32", **settings},
            "name": name,
            "inbound_nodes": inbound,
        })
        before.append(name)

    with h5py.File(os.path.join(OUT, "whole.h5"), "w") as f:
        group = f.create_group("model_weights")
        layer("InputLayer", "picture", batch_input_shape=[None, H, W, 3])
        put(group, "picture", [], [])
        for kind, block, stride, kernel, norm in layers():
            name = f"layer_{kind}_{block}"
            if kind == "classifier":
                layer("GlobalAveragePooling2D", "mean", data_format="channels_last")
                layer("Dropout", "dropout", rate=0.001)
                layer("Dense", name, units=CLASSES, activation="softmax", use_bias=True)
                put(group, name, ["kernel", "bias"], [kernel, norm])
                continue
            common = dict(
                strides=[stride, stride],
                data_format="channels_last",
                dilation_rate=[1, 1],
                activation="linear",
                use_bias=True,
            )
            side = 1 if kind == "pw" else 3
            if stride == 2:
                h, w = (H, W) if block == 0 else size
                zeros = [[max((-(-n // 2) - 1) * 2 + 3 - n, 0) // 2, 1] for n in (h, w)]
                layer("ZeroPadding2D", name + "_pad", padding=zeros, data_format="channels_last")
            size = [-(-n // stride) for n in ((H, W) if block == 0 else size)]
            layer(
                "DepthwiseConv2D" if kind == "dw" else "Conv2D",
                name,
                kernel_size=[side, side],
                padding="valid" if stride == 2 else "same",
                **common,
            )
            bias = np.linspace(-0.1, 0.1, C, dtype="<f4")
            put(
                group,
                name,
                ["depthwise_kernel" if kind == "dw" else "kernel", "bias"],
                [kernel, bias],
            )
            gamma, beta, mean, variance = norm
            layer("BatchNormalization", name + "_norm", axis=[3], epsilon=0.001, momentum=0.99)
            put(group, name + "_norm", NORM, [gamma, beta, mean + bias, variance])
            layer("ReLU", name + "_six", max_value=6.0, negative_slope=0.0, threshold=0.0)
        for name in before:
            if name not in group:
                put(group, name, [], [])
        head(group, before)
        model = {"name": "model", "layers": config, "input_layers": [["picture", 0, 0]]}
        f.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": model}).encode()


class Keras3:
    """A model of Keras 3: the configuration of its layers, and their group in an HDF5 file."""

    CLASSES = {
        "Conv2D": "conv2d",
        "DepthwiseConv2D": "depthwise_conv2d",
        "BatchNormalization": "batch_normalization",
        "Dense": "dense",
        "ReLU": "re_lu",
        "ZeroPadding2D": "zero_padding2d",
        "Functional": "functional",
    }

    def __init__(self, group, named, chained=False):
        """Newer versions have a group for every layer, with its name; a Sequential is no chain."""
        self.group, self.named, self.chained = group, named, chained
        self.config, self.counts = [], {}

    def group_of(self, class_name):
        key = self.CLASSES[class_name]
        count = self.counts.get(key, 0)
        self.counts[key] = count + 1
        return self.group.create_group(f"layers/{key}_{count}" if count else f"layers/{key}")

    def layer(self, class_name, values=(), name=None, **settings):
        name = name or f"any_{len(self.config)}"
        self.add(class_name, name, {"name": name, "dtype": "float32", **settings})
        if values or (self.named and class_name in self.CLASSES):
            variables = self.group_of(class_name).create_group("vars")
            if self.named:
                variables.attrs["name"] = name
            for i, value in enumerate(values):
                variables.create_dataset(str(i), data=value)

    def model(self, name):
        """Adds a model as a layer."""
        inner = Keras3(self.group_of("Functional"), self.named, chained=True)
        self.add("Functional", name, {"name": name, "trainable": False, "layers": inner.config})
        return inner

    def add(self, class_name, name, config):
        entry = {
            "module": "keras.layers",
            "class_name": class_name,
            "config": config,
            "registered_name": None,
        }
        if self.chained:
            entry["name"] = name
            entry["inbound_nodes"] = [self.argument()] if self.config else []
        self.config.append(entry)

    def argument(self):
        history = [self.config[-1]["name"], 0, 0]
        tensor = {"shape": None, "dtype": "float32", "keras_history": history}
        return {"args": [{"class_name": "__keras_tensor__", "config": tensor}], "kwargs": {}}

    def convolution(self, kind, stride, kernel, norm):
        self.layer(
            "DepthwiseConv2D" if kind == "dw" else "Conv2D",
            [kernel],
            activation="linear",
            use_bias=False,
            strides=[stride, stride],
            padding="same",
            data_format="channels_last",
        )
        self.layer("BatchNormalization", norm, axis=-1, epsilon=0.001, scale=True, center=True)


def archive(file, config, weights):
    model = {"module": "keras", "class_name": "Sequential", "config": {"layers": config}}
    with zipfile.ZipFile(os.path.join(OUT, file), "w") as z:
        for name, value in (
            ("metadata.json", json.dumps({"keras_version": "3.5.0"})),
            ("config.json", json.dumps(model)),
            ("model.weights.h5", weights),
        ):
            z.writestr(zipfile.ZipInfo(name), value)


def sequential():
    content = io.BytesIO()
    with h5py.File(content, "w") as f:
        model = Keras3(f, named=False)
        model.layer("InputLayer", batch_shape=[None, H, W, 3])
        for kind, block, stride, kernel, norm in layers():
            if kind == "classifier":
                model.layer("GlobalAveragePooling2D", keepdims=True)
                model.layer(
                    "Conv2D",
                    [kernel[None, None], norm],
                    activation="linear",
                    use_bias=True,
                    strides=[1, 1],
                    padding="same",
                    data_format="channels_last",
                )
                model.layer("Flatten")
                model.layer("Activation", activation="softmax")
                continue
            model.convolution(kind, stride, kernel, norm)
            model.layer("Activation", activation="relu6")
    archive("sequential.keras", model.config, content.getvalue())


def alone():
    """What save_weights writes of keras.applications.MobileNet."""
    with h5py.File(os.path.join(OUT, "applications.weights.h5"), "w") as f:
        f.create_group("vars").attrs["name"] = "mobilenet"
        model = Keras3(f, named=True)
        for kind, block, stride, kernel, norm in layers():
            if kind == "classifier":
                model.layer("Conv2D", [kernel[None, None], norm], name="conv_preds")
                continue
            name = "conv1" if kind == "stem" else f"conv_{kind}_{block}"
            if kind == "dw" and stride == 2:
                model.layer("ZeroPadding2D", name=f"conv_pad_{block}")
            model.layer("DepthwiseConv2D" if kind == "dw" else "Conv2D", [kernel], name=name)
            model.layer("BatchNormalization", norm, name=name + "_bn")
            model.layer("ReLU", name=name + "_relu")


def transfer():
    """The network as a layer behind preprocessing and in front of a classifier of its own."""
    content = io.BytesIO()
    with h5py.File(content, "w") as f:
        model = Keras3(f, named=True)
        model.layer("InputLayer", batch_shape=[None, H, W, 3])
        model.layer("RandomFlip", mode="horizontal")
        model.layer("Rescaling", scale=1 / 127.5, offset=-1)
        base = model.model("mobilenet_1.00_224")
        base.layer("InputLayer", batch_shape=[None, H, W, 3])
        for kind, block, stride, kernel, norm in layers():
            if kind == "classifier":
                model.layer("GlobalAveragePooling2D", keepdims=False)
                model.layer("Dropout", rate=0.2)
                model.layer("Dense", [kernel, norm], units=CLASSES, activation="softmax")
                continue
            base.convolution(kind, stride, kernel, norm)
            base.layer("ReLU", max_value=6.0, negative_slope=0.0, threshold=0.0)
    archive("transfer.keras", model.config, content.getvalue())


def transfer_h5():
    """The same as Keras 2 saves it: a model that is a layer has one group for all its tensors."""

    def add(config, class_name, name, operand=None, **settings):
        node = [config[-1]["name"], 0, 0, {}] if config else []
        if operand is not None:
            node[3] = {"y": operand, "name": None}
        config.append({
            "class_name": class_name,
            "config": {"name": name, **settings},
            "name": name,
            "inbound_nodes": [] if not config else [node] if operand else [[node]],
        })

    with h5py.File(os.path.join(OUT, "transfer.h5"), "w") as f:
        group = f.create_group("model_weights")
        inner = group.create_group("mobilenet")
        paths = []
        outer, base = [], []
        add(outer, "InputLayer", "picture", batch_input_shape=[None, H, W, 3])
        add(outer, "TFOpLambda", "tf.math.truediv", operand=127.5, function="math.truediv")
        add(outer, "TFOpLambda", "tf.math.subtract", operand=1.0, function="math.subtract")
        add(outer, "Functional", "mobilenet", layers=base)
        add(base, "InputLayer", "input_1", batch_input_shape=[None, H, W, 3])
        for kind, block, stride, kernel, norm in layers():
            if kind == "classifier":
                add(outer, "GlobalAveragePooling2D", "pool")
                add(outer, "Dense", "dense", units=CLASSES, activation="softmax", use_bias=True)
                put(group, "dense", ["kernel", "bias"], [kernel, norm])
                continue
            name = "conv1" if kind == "stem" else f"conv_{kind}_{block}"
            class_name = "DepthwiseConv2D" if kind == "dw" else "Conv2D"
            strides = [stride, stride]
            add(base, class_name, name, strides=strides, padding="same", use_bias=False)
            add(base, "BatchNormalization", name + "_bn", epsilon=0.001)
            add(base, "ReLU", name + "_relu", max_value=6.0)
            values = {f"{name}/{'depthwise_' if kind == 'dw' else ''}kernel:0": kernel}
            values |= {f"{name}_bn/{part}:0": value for part, value in zip(NORM, norm)}
            for path, value in values.items():
                paths.append(path.encode())
                inner.create_dataset(path, data=value)
        inner.attrs["weight_names"] = paths
        put(group, "picture", [], [])
        put(group, "tf.math.truediv", [], [])
        put(group, "tf.math.subtract", [], [])
        put(group, "pool", [], [])
        head(group, [entry["name"] for entry in outer])
        model = {"name": "model", "layers": outer}
        f.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": model}).encode()


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    applications()
    whole()
    sequential()
    alone()
    transfer()
    transfer_h5()
