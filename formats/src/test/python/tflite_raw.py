#!/usr/bin/env python3
"""Counts the outputs in which mobilenet4j differs from TensorFlow Lite's reference kernels.

    tflite_raw.py MOBILENET4J IMAGES MODEL.tflite ...

MOBILENET4J is the command, IMAGES a folder of images. Each is resized to the model's input and fed in
its type to both, to the command by `logits --raw`. Ends with status 1 if any output differs.

Made with TensorFlow 2.21, Pillow.
"""
import os
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.pop(0)  # keras.py lies beside this file
import numpy as np
import tensorflow as tf
from PIL import Image
from safetensors.numpy import load_file, save_file

command, folder, *models = sys.argv[1:]
images = [Image.open(os.path.join(folder, name)).convert("RGB") for name in sorted(os.listdir(folder))]
failed = False
for model in models:
    run = tf.lite.Interpreter(
        model_path=model,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    run.allocate_tensors()
    entry, exit = run.get_input_details()[0], run.get_output_details()[0]
    height, width = entry["shape"][1:3]
    given, taken = [], []
    for image in images:
        x = np.asarray(image.resize((width, height), Image.BILINEAR))[None]
        if entry["dtype"] == np.int8:
            x = (x.astype("int16") - 128).astype("int8")
        elif entry["dtype"] == np.float32:
            x = x.astype("float32") / np.float32(127.5) - 1
        run.set_tensor(entry["index"], x)
        run.invoke()
        given.append(x)
        taken.append(run.get_tensor(exit["index"]).reshape(1, -1))
    expected = np.concatenate(taken)
    with tempfile.TemporaryDirectory() as scratch:
        x, y = os.path.join(scratch, "x.safetensors"), os.path.join(scratch, "y.safetensors")
        save_file({"x": np.ascontiguousarray(np.concatenate(given))}, x)
        subprocess.run([command, "logits", "--raw", "--model", model, "--input", x, "--output", y],
                       check=True)
        found = load_file(y)["y"]
    off = int((found != expected).sum()) if found.shape == expected.shape else -1
    failed |= off != 0
    print(f"{os.path.basename(model)}: {off} of {expected.size} outputs differ, {len(images)} images", flush=True)
sys.exit(failed)
