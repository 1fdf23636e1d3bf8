#!/usr/bin/python3
"""PyTorch's observers and quantisation of kernels and ranges, for KernelIntegersTest and RangeTest.

  quantization.py > ../resources/golden/quantization.json

A kernel of [3, 3, 2, 4] per channel (the last axis) and per tensor, symmetric, -127 to 127; ranges of
activations, with 0, in -128 to 127.
"""
import json
import warnings

import torch
from torch.ao.quantization import MinMaxObserver, PerChannelMinMaxObserver

warnings.simplefilter("ignore")
torch.manual_seed(1)
kernel = torch.randn(3, 3, 2, 4) * torch.tensor([1.0, 0.01, 20.0, 0.3])
golden = {"kernel": kernel.flatten().tolist()}

observer = PerChannelMinMaxObserver(
    ch_axis=3, dtype=torch.qint8, qscheme=torch.per_channel_symmetric, quant_min=-127, quant_max=127)
observer(kernel)
scale, zero = observer.calculate_qparams()
integers = torch.quantize_per_channel(kernel, scale.double(), zero, 3, torch.qint8).int_repr()
golden["perChannel"] = {"scales": scale.tolist(), "integers": integers.flatten().tolist()}

observer = MinMaxObserver(
    dtype=torch.qint8, qscheme=torch.per_tensor_symmetric, quant_min=-127, quant_max=127)
observer(kernel)
scale, zero = observer.calculate_qparams()
integers = torch.quantize_per_tensor(kernel, scale.item(), 0, torch.qint8).int_repr()
golden["perTensor"] = {"scales": scale.tolist(), "integers": integers.flatten().tolist()}

ranges = []
for low, high in [(0, 6), (0, 0.37), (-3.5, 11.25), (-12.7, -1), (2, 5), (-1e-3, 8), (-8, 1e-3)]:
    observer = MinMaxObserver(dtype=torch.qint8, qscheme=torch.per_tensor_affine)
    observer(torch.tensor([low, high], dtype=torch.float32))
    scale, zero = observer.calculate_qparams()
    ranges.append({"low": low, "high": high, "scale": scale.item(), "zeroPoint": zero.item()})
golden["ranges"] = ranges
print(json.dumps(golden))
