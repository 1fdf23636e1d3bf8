#!/usr/bin/env python3
"""What Pillow and numpy make of the steps of augmentation.

    python3 augmentation.py        # Python 3.11, Pillow 9.4.0, numpy 1.24.2

golden/colours.csv     change, factor, CRC-32 of the pixels of resize.png beside the tests of mobilenet
                       after it: ImageEnhance, and for the hue the H of Pillow's HSV shifted, as
                       torchvision's functional_pil.adjust_hue does it.
golden/affine.csv      degrees (clockwise), pixels right and down, the matrix from the result to the
                       source, CRC-32 of Image.transform with it, bilinear, filled with (10, 20, 30).
golden/sharpness.csv   factor, CRC-32 of the pixels after ImageEnhance.Sharpness.
golden/blur.csv        sigma, every ninth row and seventh column of torchvision 0.28's gaussian_blur of 13 × 13
                       pixels: values, since its sums are of floats in another order.
golden/trivial.csv     operation, number of its magnitude, magnitude and CRC-32 of the pixels after it: torchvision
                       0.28's TrivialAugmentWide on Pillow 12.3's images, bilinear, filled with (10, 20, 30);
                       for ROTATE pixels as in blur.csv, since cos and sin are the system's.
golden/quantiles.csv   what is drawn, then its quantiles 0.01, 0.02, … 0.99 in a million draws:
                       beta-α, and of torchvision's RandomResizedCrop.get_params, written down here
                       with numpy's random numbers, area, logarithm of the ratio, top and left as
                       parts of what they can be; crop-HEIGHTxWIDTH-minScale-maxRatio-what.
"""

import math
import os
import zlib

import numpy as np
from PIL import Image, ImageEnhance

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "resources", "golden")
SOURCE = Image.open(os.path.join(HERE, "../../../../mobilenet/src/test/resources/pictures/resize.png")).convert("RGB")


def crc(image):
    return f"{zlib.crc32(image.tobytes()):08x}"


def some(image):
    return " ".join(str(v) for v in np.asarray(image)[::9, ::7].reshape(-1))


def hue(image, turn):
    h, s, v = image.convert("HSV").split()
    shifted = (np.asarray(h).astype(int) + int(turn * 255)) % 256
    return Image.merge("HSV", (Image.fromarray(shifted.astype(np.uint8)), s, v)).convert("RGB")


with open(os.path.join(OUT, "colours.csv"), "w") as table:
    table.write("change,factor,crc32\n")
    for name, change in (
        ("BRIGHTNESS", lambda f: ImageEnhance.Brightness(SOURCE).enhance(f)),
        ("CONTRAST", lambda f: ImageEnhance.Contrast(SOURCE).enhance(f)),
        ("SATURATION", lambda f: ImageEnhance.Color(SOURCE).enhance(f)),
    ):
        for factor in 0, 0.3, 0.77, 1, 1.21, 1.9:
            table.write(f"{name},{factor},{crc(change(factor))}\n")
    for turn in -0.5, -0.2, -0.03, 0, 0.011, 0.1, 0.33, 0.5:
        table.write(f"HUE,{turn},{crc(hue(SOURCE, turn))}\n")

with open(os.path.join(OUT, "sharpness.csv"), "w") as table:
    table.write("factor,crc32\n")
    for factor in 0, 0.3, 1, 1.6, 3:
        table.write(f"{factor},{crc(ImageEnhance.Sharpness(SOURCE).enhance(factor))}\n")

try:
    from torchvision.transforms import functional

    with open(os.path.join(OUT, "blur.csv"), "w") as table:
        table.write("sigma,pixels\n")
        for sigma in 0.1, 0.8, 2.0:
            table.write(f"{sigma},{some(functional.gaussian_blur(SOURCE, [13, 13], [sigma, sigma]))}\n")

    from torchvision.transforms import InterpolationMode, autoaugment

    with open(os.path.join(OUT, "trivial.csv"), "w") as table:
        table.write("operation,number,magnitude,crc32\n")
        space = autoaugment.TrivialAugmentWide()._augmentation_space(31)
        for name, (magnitudes, signed) in space.items():
            for number in (0, 1, 7, 16, 20, 29, 30) if magnitudes.ndim else (0,):
                magnitude = float(magnitudes[number] if magnitudes.ndim else magnitudes)
                for m in (magnitude, -magnitude) if signed and magnitude else (magnitude,):
                    changed = autoaugment._apply_op(SOURCE, name, m, InterpolationMode.BILINEAR, (10, 20, 30))
                    upper = "".join("_" + c if c.isupper() else c for c in name)[1:].upper()
                    pixels = some(changed) if name == "Rotate" else crc(changed)
                    table.write(f"{upper},{number},{m!r},{pixels}\n")
except ImportError:
    print("blur.csv and trivial.csv are as they were: no torchvision")

with open(os.path.join(OUT, "affine.csv"), "w") as table:
    table.write("degrees,right,down,a,b,c,d,e,f,crc32\n")
    for degrees, right, down in (0, 0, 0), (0, 5, -3), (10, 0, 0), (-33.3, 4, 7), (90, 0, 0), \
            (180, 1, 1), (-2.5, -60, 0), (45, 0, 20):
        t = math.radians(degrees)
        centre = np.array([[1, 0, SOURCE.width / 2], [0, 1, SOURCE.height / 2], [0, 0, 1]])
        # y points down, so that this turns clockwise.
        turn = np.array([[math.cos(t), -math.sin(t), 0], [math.sin(t), math.cos(t), 0], [0, 0, 1]])
        move = np.array([[1, 0, right], [0, 1, down], [0, 0, 1]])
        back = np.linalg.inv(move @ centre @ turn @ np.linalg.inv(centre))[:2].reshape(-1).tolist()
        result = SOURCE.transform(SOURCE.size, Image.AFFINE, back, Image.BILINEAR,
                                  fillcolor=(10, 20, 30))
        table.write(f"{degrees},{right},{down},{','.join(map(repr, back))},{crc(result)}\n")

random = np.random.RandomState(1704)
N = 1_000_000


def quantiles(table, name, values):
    cuts = np.quantile(values, np.arange(1, 100) / 100)
    table.write(name + "," + ",".join(f"{q:.6g}" for q in cuts) + "\n")


with open(os.path.join(OUT, "quantiles.csv"), "w") as table:
    for alpha in 0.2, 0.5, 1.0, 2.5:
        quantiles(table, f"beta-{alpha}", random.beta(alpha, alpha, N))
    for rows, columns, scale, ratio in (480, 640, 0.08, 4 / 3), (400, 400, 0.5, 4 / 3), \
            (300, 200, 0.35, 1.0):
        boxes = []
        while len(boxes) < N // 10:
            for _ in range(10):
                area = rows * columns * random.uniform(scale, 1)
                aspect = math.exp(random.uniform(-math.log(ratio), math.log(ratio)))
                w = int(round(math.sqrt(area * aspect)))
                h = int(round(math.sqrt(area / aspect)))
                if 0 < w <= columns and 0 < h <= rows:
                    boxes.append((random.randint(0, rows - h + 1), random.randint(0, columns - w + 1), h, w))
                    break
            else:
                w, h = columns, rows
                if columns / rows < 1 / ratio:
                    h = int(round(w * ratio))
                elif columns / rows > ratio:
                    w = int(round(h * ratio))
                boxes.append(((rows - h) // 2, (columns - w) // 2, h, w))
        top, left, h, w = np.array(boxes).T.astype(float)
        name = f"crop-{rows}x{columns}-{scale}-{ratio!r}"
        quantiles(table, name + "-area", h * w / (rows * columns))
        quantiles(table, name + "-ratio", np.log(w / h))
        # A place among n + 1 whole numbers, spread evenly over [0, 1].
        quantiles(table, name + "-top", (top + 0.5) / (rows - h + 1))
        quantiles(table, name + "-left", (left + 0.5) / (columns - w + 1))
