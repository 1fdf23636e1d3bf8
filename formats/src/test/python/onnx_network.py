"""The tutorial's network, eight channels a layer."""
import torch
from torch import nn

C = 8


def norm(stride, activation, groups=1, size=3, c=C):
    conv = nn.Conv2d(c, C, size, stride, size // 2, groups=groups, bias=False)
    nn.init.normal_(conv.weight, 0, (2 / conv.weight[0].numel()) ** 0.5)
    bn = nn.BatchNorm2d(C, momentum=1.0)
    nn.init.uniform_(bn.weight, 0.8, 1.6)
    nn.init.uniform_(bn.bias, -0.2, 0.8)
    return [conv, bn, activation()]


class Net(nn.Module):
    """Batch norms have the statistics of x."""

    def __init__(self, x, *head, activation=nn.ReLU, c=3):
        super().__init__()
        layers = norm(2, activation, c=c)
        for stride in (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1):
            layers += norm(stride, activation, groups=C) + norm(1, activation, size=1)
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(1), *(head or [nn.Linear(C, 5)])]
        self.model = nn.Sequential(*layers)
        with torch.no_grad():
            self(x[:, :c])
            for layer in self.model:
                if isinstance(layer, nn.BatchNorm2d):
                    layer.running_var += 0.05
        self.eval()

    def forward(self, v):
        return self.model(v)
