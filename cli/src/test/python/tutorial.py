#!/usr/bin/env python3
"""The tutorial's class, as its PyTorch code has it, and both ways between it and mobilenet4j.

tutorial.py save FILE.pth X.npy LOGITS.npy      a network of five classes: its state_dict, two images, its logits
tutorial.py compare FILE.pth X.npy LOGITS.npy   loads FILE into the class, prints the largest difference of logits

docs/from-the-tutorial.md shows the class; TutorialTest runs this.
"""
import sys

import numpy as np
import torch
from torch import nn


class MobileNet(nn.Module):
    def __init__(self):
        super().__init__()

        def conv_bn(inp, oup, stride):
            return nn.Sequential(
                nn.Conv2d(inp, oup, 3, stride, 1, bias=False),
                nn.BatchNorm2d(oup),
                nn.ReLU(inplace=True),
            )

        def conv_dw(inp, oup, stride):
            return nn.Sequential(
                nn.Conv2d(inp, inp, 3, stride, 1, groups=inp, bias=False),
                nn.BatchNorm2d(inp),
                nn.ReLU(inplace=True),
                nn.Conv2d(inp, oup, 1, 1, 0, bias=False),
                nn.BatchNorm2d(oup),
                nn.ReLU(inplace=True),
            )

        self.model = nn.Sequential(
            conv_bn(3, 32, 2),
            conv_dw(32, 64, 1),
            conv_dw(64, 128, 2),
            conv_dw(128, 128, 1),
            conv_dw(128, 256, 2),
            conv_dw(256, 256, 1),
            conv_dw(256, 512, 2),
            conv_dw(512, 512, 1),
            conv_dw(512, 512, 1),
            conv_dw(512, 512, 1),
            conv_dw(512, 512, 1),
            conv_dw(512, 512, 1),
            conv_dw(512, 1024, 2),
            conv_dw(1024, 1024, 1),
            nn.AvgPool2d(7),
        )
        self.fc = nn.Linear(1024, 1000)

    def forward(self, x):
        x = self.model(x)
        x = x.view(-1, 1024)
        return self.fc(x)


def save(path, images, logits):
    torch.manual_seed(1)
    net = MobileNet()
    net.fc = nn.Linear(1024, 5)
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.6, 1.4)
    x = torch.randn(2, 3, 224, 224)
    torch.save(net.state_dict(), path)
    np.save(images, x.numpy())
    with torch.no_grad():
        np.save(logits, net.eval()(x).numpy())


def compare(path, images, logits):
    state = torch.load(path, weights_only=True)
    net = MobileNet()
    net.fc = nn.Linear(1024, len(state["fc.bias"]))
    net.load_state_dict(state)
    with torch.no_grad():
        found = net.eval()(torch.from_numpy(np.load(images))).numpy()
    expected = np.load(logits)
    print(float(np.abs(found - expected).max() / np.abs(expected).max()))


{"save": save, "compare": compare}[sys.argv[1]](*sys.argv[2:])
