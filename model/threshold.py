"""The threshold of the bundled model: below it are at most 8 % of photographs of what a model of 202 classes knows.

python threshold.py OFFICIAL.tflite PHOTOS NUMBERS LAUNCHER

OFFICIAL.tflite is mobilenet_v1_0.75_192_quant.tflite, PHOTOS a folder of photographs called NUMBER_name.JPEG by
their WordNet numbers, NUMBERS the file imagenet-wordnet.txt, LAUNCHER the mobilenet4j command.

No photograph of the model's own classes is looked at. The others are of ImageNet's classes too: of 300 random sets
of 202 classes each, those in it are taken for known, the others for unknown, and the columns of the set decide.
Needs numpy and pillow.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

official, photos, numbers, launcher = sys.argv[1:]
column = {n: i + 1 for i, n in enumerate(pathlib.Path(numbers).read_text().split())}
own = {line.split("\t")[0] for line in open(pathlib.Path(__file__).with_name("classes.tsv"))}
images, labels = [], []
for file in sorted(pathlib.Path(photos).glob("n*.JPEG")):
    number = file.name.split("_")[0]
    if number in own:
        continue
    image = Image.open(file).convert("RGB")
    scale = 219 / min(image.size)
    image = image.resize([round(side * scale) for side in image.size], Image.BILINEAR)
    left, top = ((side - 192) // 2 for side in image.size)
    images.append(np.asarray(image.crop((left, top, left + 192, top + 192))).transpose(2, 0, 1))
    labels.append(column[number])
labels = np.array(labels)
with tempfile.TemporaryDirectory() as folder:
    x, y = folder + "/x.npy", folder + "/y.npy"
    np.save(x, np.ascontiguousarray(np.stack(images)))
    subprocess.run([launcher, "logits", "--model", official, "--input", x, "--output", y], check=True)
    logits = np.load(y)

random = np.random.default_rng(1)
known, unknown = [], []
for _ in range(300):
    classes = random.choice(np.arange(1, 1001), 202, replace=False)
    largest = logits[:, classes].max(1)
    inside = np.isin(labels, classes)
    known.append(largest[inside])
    unknown.append(largest[~inside])
known, unknown = np.concatenate(known), np.concatenate(unknown)
threshold = np.quantile(known, 0.08)
real = logits[:, [column[n] for n in sorted(own)]].max(1)
print(f"threshold {threshold:.2f}")
print(f"found out of photographs of other things: {(unknown < threshold).mean():.3f} of random sets,"
      f" {(real < threshold).mean():.3f} of the model's")
