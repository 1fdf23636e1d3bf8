"""Numbers that follow from a formula, so that they need not be stored; padding; safetensors files."""
import json
import math
import struct
import zlib

import numpy as np
import torch
import torch.nn.functional as F

ROWS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5
ROWS += [(1024, 2), (1024, 1)]


def numbers(name, count):
    """Returns numbers in [0, 1): Murmur3's finalizer of CRC-32 of the name plus the index."""
    h = (np.arange(count, dtype=np.uint64) * 0x9E3779B9 + zlib.crc32(name.encode())) & 0xFFFFFFFF
    h ^= h >> np.uint64(16)
    h = h * 0x85EBCA6B & 0xFFFFFFFF
    h ^= h >> np.uint64(13)
    h = h * 0xC2B2AE35 & 0xFFFFFFFF
    h ^= h >> np.uint64(16)
    return h / 2.0**32


def uniform(name, low, high, *shape):
    values = low + (high - low) * numbers(name, math.prod(shape))
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def kernel(name, *shape):
    bound = math.sqrt(6 / math.prod(shape[1:]))
    return uniform(name, -bound, bound, *shape)


def padded(x, side, stride, padding):
    """Returns what a convolution reads and the symmetric zeros that it still has to add."""
    if side == 1 or padding == "symmetric":
        return x, side // 2
    if padding == "asymmetric":  # Keras' ZeroPadding2D(((0, 1), (0, 1))) before convolutions of stride 2
        return (x, 1) if stride == 1 else (F.pad(x, [0, 1, 0, 1]), 0)
    zeros = []
    for size in (x.shape[3], x.shape[2]):
        total = max((-(-size // stride) - 1) * stride + side - size, 0)
        zeros += [total // 2, total - total // 2]
    return F.pad(x, zeros), 0


def save(path, tensors):
    header, at = {}, 0
    for name, value in tensors.items():
        end = at + value.nbytes
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, end]}
        at = end
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head)
        for value in tensors.values():
            f.write(value.tobytes())
