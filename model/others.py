"""Which of ImageNet's classes the bundled model has outputs for, beside its own: those most like one of its own.

python others.py OFFICIAL.safetensors NUMBERS LABELS COUNT

OFFICIAL.safetensors is what convert made of mobilenet_v1_0.75_192_quant.tflite, NUMBERS and LABELS are the files
imagenet-wordnet.txt and imagenet.txt, in which both have the order of ImageNet. Prints others.tsv.

Two classes are alike where the classifier's columns are, less the mean column: by the cosine between them. No image is
looked at. Needs numpy and safetensors.
"""

import json
import pathlib
import sys

import numpy as np
from safetensors import safe_open


def classifier(file):
    """Returns the kernel [features, outputs] and the biases of a file of integers."""
    tensors = safe_open(file, "np")
    facts = json.loads(tensors.metadata()["quantization"])
    scales = tensors.get_tensor("classifier.scales").astype(float).ravel()
    bias = tensors.get_tensor("classifier.bias").astype(float)
    kernel = tensors.get_tensor("classifier.kernel").astype(float).reshape(-1, bias.size)
    kernel = (kernel - facts["layers"]["classifier"]["zero_point"]) * scales
    return kernel, bias * facts["pooled"]["scale"] * scales


def likeness(kernel):
    """Returns the cosine of each two columns; the first column, the background, is no class."""
    columns = kernel - kernel[:, 1:].mean(1, keepdims=True)
    columns = columns / np.linalg.norm(columns, axis=0)
    return columns.T @ columns


def nearest(alike, own, count):
    """Returns so many of the other columns, those most like one of some."""
    others = np.setdiff1d(np.arange(1, len(alike)), own)
    return others[np.argsort(-alike[np.ix_(others, own)].max(1), kind="stable")[:count]]


def own_numbers():
    return [line.split("\t")[0] for line in open(pathlib.Path(__file__).with_name("classes.tsv"))]


if __name__ == "__main__":
    official, numbers, labels, count = sys.argv[1:]
    numbers = pathlib.Path(numbers).read_text().split()
    labels = pathlib.Path(labels).read_text().splitlines()
    own = np.array([numbers.index(n) + 1 for n in own_numbers()])
    for column in sorted(nearest(likeness(classifier(official)[0]), own, int(count))):
        print(f"{numbers[column - 1]}\t{labels[column - 1]}")
