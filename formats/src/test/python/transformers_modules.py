#!/usr/bin/python3
"""Writes src/test/resources/torch: networks of transformers, each saved whole, and their logits.

transformers-same.pth        MobileNetV1ForImageClassification of the default config, which pads in its forward
transformers-symmetric.pth   with tf_padding=False, ReLU, several labels for an image, in DataParallel
transformers-base.pth        MobileNetV1Model, without a classifier
transformers.safetensors     an image x, and what transformers computes of it: logits, or the pooled features

Made with transformers 5 and torch 2.13.
"""
import os

import torch
from safetensors.torch import save_file
from torch import nn
from transformers import MobileNetV1Config, MobileNetV1ForImageClassification, MobileNetV1Model

OUT = os.path.join(os.path.dirname(__file__), "..", "resources", "torch")


def initialize(net):
    """Values that are not small, so that logits differ from picture to picture."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            fan = module.weight[0].numel()
            module.weight.data.normal_(0, (2 / fan) ** 0.5)
        elif isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.uniform_(-0.5, 0.5)
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
        elif isinstance(module, nn.Linear):
            module.weight.data.normal_(0, 1)
            module.bias.data.normal_(0, 1)
    return net.eval()


def main():
    torch.manual_seed(7)
    # Channels of 8 everywhere: min_depth is transformers' own.
    small = {"depth_multiplier": 1 / 128, "image_size": 40}
    networks = {
        "same": MobileNetV1ForImageClassification(
            MobileNetV1Config(id2label={0: "cat", 1: "dog", 2: "bird"}, **small)
        ),
        "symmetric": MobileNetV1ForImageClassification(
            MobileNetV1Config(
                num_labels=4, tf_padding=False, hidden_act="relu", problem_type="multi_label_classification", **small
            )
        ),
        "base": MobileNetV1Model(MobileNetV1Config(**small)),
    }
    image = torch.rand(1, 3, 40, 40) * 2 - 1
    expected = {"x": image}
    for name, net in networks.items():
        initialize(net)
        with torch.no_grad():
            out = net(image)
        expected[name] = out.pooler_output if name == "base" else out.logits
        saved = nn.DataParallel(net) if name == "symmetric" else net
        torch.save(saved, os.path.join(OUT, "transformers-" + name + ".pth"))
        print(name, expected[name])
    save_file(expected, os.path.join(OUT, "transformers.safetensors"))


main()
