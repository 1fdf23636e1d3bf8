#!/usr/bin/python3
"""Prints what transformers and timm make of a picture, for DialectsTest.

Of transformers' processor with some fields: mean and std, on the scale 0..1, of the linear function
that it is of a pixel's value, and the size that comes out of pictures of two proportions. Of timm: the
size to which a picture is resized before the crop.

Made with transformers 5.18 and timm 1.0.29.
"""
import numpy as np
from PIL import Image
from timm.data.transforms_factory import create_transform
from transformers import MobileNetV1ImageProcessor

FIELDS = [
    dict(rescale_factor=0.00784313725490196, image_mean=[1] * 3, image_std=[1] * 3),
    dict(do_rescale=False, image_mean=[127.5] * 3, image_std=[127.5] * 3),
    dict(do_normalize=False),
    dict(do_rescale=False, do_normalize=False),
    dict(),
    dict(size=72, crop_size=64),
    dict(size={"height": 96, "width": 96}, do_center_crop=False),
    dict(size={"height": 96, "width": 96}, crop_size=96),
    dict(size={"height": 96, "width": 96}),
    dict(do_center_crop=False),
    dict(do_resize=False),
]


def run(processor, size, value):
    picture = Image.fromarray(np.full(size + (3,), value, np.uint8))
    return np.asarray(processor(picture, return_tensors="np")["pixel_values"])[0]


for fields in FIELDS:
    processor = MobileNetV1ImageProcessor(**fields)
    middle = [run(processor, (300, 400), v)[0] for v in (0, 255)]
    black, white = (float(v[v.shape[0] // 2, v.shape[1] // 2]) for v in middle)
    std = 1 / (white - black)
    shapes = [run(processor, size, 0).shape[1:] for size in ((300, 400), (400, 300))]
    print(fields, "mean %.6g std %.6g" % (-black * std, std), *shapes)

for pct in (0.875, 0.95, 1.0):
    for mode in ("center", "squash"):
        transform = create_transform((3, 224, 224), crop_pct=pct, crop_mode=mode)
        print(pct, mode, transform.transforms[:2])
