"""Means of a trained network's weights and the official ones, with an output for nothing at all.

python mean.py OFFICIAL.safetensors TRAINED.safetensors SHARE NOTHING OUT.safetensors

OFFICIAL are the integers that convert --classes --others wrote, TRAINED are floats of a training that began with them,
both with the same classes in the same order. SHARE is TRAINED's part, 0 to 1, of every kernel, and of BatchNorm as a factor
and a summand (Wortsman et al., Robust fine-tuning of zero-shot models, arXiv:2109.01903). The classifier's columns of
the classes are TRAINED's, those of the others OFFICIAL's, and the last of the others does not look at the image: its logit
is always NOTHING.

Needs numpy and safetensors.
"""

import json
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

official, trained, share, nothing, out = sys.argv[1:]
share, nothing = float(share), float(nothing)
integers, floats = safe_open(official, "np"), safe_open(trained, "np")
facts = json.loads(integers.metadata()["quantization"])
zero = facts["layers"]
metadata = integers.metadata()
classes = int(metadata["classes"])
if floats.metadata()["labels"] != metadata["labels"]:
    sys.exit("expected the same classes in the same order: convert --classes makes them so")


def mean(values, name):
    theirs = floats.get_tensor(name).astype(np.float64)
    return np.ascontiguousarray((1 - share) * values.reshape(theirs.shape) + share * theirs, np.float32)


tensors = {}
scale = facts["input"]["scale"]
names = ["stem"] + [f"block{i}.{k}" for i in range(1, 14) for k in ("depthwise", "pointwise")] + ["classifier"]
for name in names:
    scales = integers.get_tensor(name + ".scales").astype(np.float64).ravel()
    kernel = (integers.get_tensor(name + ".kernel").astype(np.float64) - zero[name]["zero_point"]) * scales
    if name == "classifier":
        scale = facts["pooled"]["scale"]
    bias = integers.get_tensor(name + ".bias").astype(np.float64) * scale * scales
    if name == "classifier":
        for values, key in (kernel.reshape(-1, bias.size), name + ".kernel"), (bias, name + ".bias"):
            ours = floats.get_tensor(key)[..., :classes]
            tensors[key] = np.concatenate([ours, values[..., classes:]], -1).astype(np.float32)
        continue
    tensors[name + ".kernel"] = mean(kernel, name + ".kernel")
    scale = zero[name]["output"]["scale"]
    # Folded, BatchNorm is a factor of 1 and a summand.
    moving, variance = (floats.get_tensor(f"{name}.{k}") for k in ("mean", "variance"))
    epsilon = float(floats.metadata()["epsilon"])
    tensors[name + ".gamma"] = mean(np.sqrt(variance.astype(np.float64) + epsilon), name + ".gamma")
    tensors[name + ".beta"] = mean(bias + moving, name + ".beta")
    tensors[name + ".mean"], tensors[name + ".variance"] = moving, variance
tensors["classifier.kernel"] = np.ascontiguousarray(np.pad(tensors["classifier.kernel"], ((0, 0), (0, 1))))
tensors["classifier.bias"] = np.append(tensors["classifier.bias"], np.float32(nothing))
described = dict(floats.metadata())
for key in ("classes", "labels", "facts"):
    described[key] = metadata[key]
described |= {"others": str(int(metadata["others"]) + 1), "mobilenet4j": "2"}
for key in ("temperature", "threshold"):
    described.pop(key, None)
save_file(tensors, out, metadata=described)
