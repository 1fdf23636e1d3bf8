#!/usr/bin/python3
"""Writes src/test/resources/npy: arrays as numpy.save writes them. Made with NumPy 2."""
import os

import numpy as np
from numpy.lib import format as npy

OUT = os.path.join(os.path.dirname(__file__), "..", "resources", "npy")


def save(name, array, version=None):
    with open(os.path.join(OUT, name), "wb") as f:
        npy.write_array(f, array, version)


save("f4.npy", np.arange(6, dtype="<f4").reshape(1, 2, 3) / 4)
save("u1.npy", np.arange(250, 256, dtype="u1"))
save("scalar.npy", np.float64(0.5))
save("version2.npy", np.array([[-1, 2]], "<i4"), (2, 0))
save("fortran.npy", np.asfortranarray(np.zeros((2, 3), "<f4")))
save("big.npy", np.zeros(1, ">f4"))
save("object.npy", np.array([None]))
