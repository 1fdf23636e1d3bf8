"""The threshold of the bundled model: below it are at most 8 % of photographs of what a model of 202 classes knows.

python threshold.py OFFICIAL.safetensors MODEL.safetensors PHOTOS NUMBERS LAUNCHER

OFFICIAL.safetensors is what convert made of mobilenet_v1_0.75_192_quant.tflite, MODEL.safetensors the model without a
threshold, PHOTOS a folder of photographs called NUMBER_name.JPEG by their WordNet numbers, NUMBERS the file
imagenet-wordnet.txt, LAUNCHER the mobilenet4j command.

No photograph of the model's own classes is looked at. The others are of ImageNet's classes too: of 300 random sets of 202
classes each, those in it are taken for known, the rest for unknown. The features are MODEL's, the columns of the set and
those of as many others as MODEL has, most like the set's, are the official ones; the last output for others is MODEL's.
Needs numpy, safetensors and pillow.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from others import classifier, likeness, nearest, own_numbers
from PIL import Image

official, model, photos, numbers, launcher = sys.argv[1:]
column = {n: i + 1 for i, n in enumerate(pathlib.Path(numbers).read_text().split())}
own = own_numbers()


def cropped(file):
    image = Image.open(file).convert("RGB")
    scale = 219 / min(image.size)
    image = image.resize([round(side * scale) for side in image.size], Image.BILINEAR)
    left, top = ((side - 192) // 2 for side in image.size)
    return np.asarray(image.crop((left, top, left + 192, top + 192))).transpose(2, 0, 1)


def log_sum(z):
    most = z.max(1)
    return most + np.log(np.exp(z - most[:, None]).sum(1))


files = sorted(f for f in pathlib.Path(photos).glob("n*.JPEG") if f.name.split("_")[0] not in own)
labels = np.array([column[f.name.split("_")[0]] for f in files])
with tempfile.TemporaryDirectory() as folder:
    x, y = folder + "/x.npy", folder + "/y.npy"
    np.save(x, np.ascontiguousarray(np.stack([cropped(f) for f in files])))
    run = [launcher, "logits", "--embeddings", "--model", model, "--input", x, "--output", y]
    subprocess.run(run, check=True)
    features = np.load(y).reshape(len(files), -1)

kernel, bias = classifier(official)
logits = features @ kernel + bias
alike = likeness(kernel)
their_kernel, their_bias = classifier(model)
theirs = features @ their_kernel + their_bias
nothing = theirs[:, -1:]
count = theirs.shape[1] - len(own) - 1
random = np.random.default_rng(1)
known, unknown, largest, first, five = [], [], [], [], []
for _ in range(300):
    classes = random.choice(np.arange(1, 1001), len(own), replace=False)
    z = logits[:, classes]
    others = np.concatenate([logits[:, nearest(alike, classes, count)], nothing], 1)
    evidence = z.max(1) - log_sum(others)
    inside = np.isin(labels, classes)
    known.append(evidence[inside])
    unknown.append(evidence[~inside])
    largest.append(z[inside].max(1))
    rank = (z[inside] > logits[inside, labels[inside]][:, None]).sum(1)
    first.append(rank == 0)
    five.append(rank < 5)
known, unknown, largest, first, five = map(np.concatenate, (known, unknown, largest, first, five))
threshold = np.quantile(known, 0.08)
real = theirs[:, : len(own)].max(1) - log_sum(theirs[:, len(own) :])
print(f"8 % of the largest logits of the known are below {np.quantile(largest, 0.08):.2f}")
print(f"the known of random sets named correctly: {first.mean():.3f}, among five {five.mean():.3f}")
print(f"threshold {threshold:.2f}")
print(f"found out of photographs of other things: {(unknown < threshold).mean():.3f} of random sets,"
      f" {(real < threshold).mean():.3f} of the model's")
