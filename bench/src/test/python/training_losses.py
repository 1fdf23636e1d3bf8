#!/usr/bin/python3
"""Prints the losses of three training steps on the batch of a file that the oracle made.

  training_losses.py ../shared/oracle/golden-0.25-64.safetensors

In double precision. The learning rate is small because this batch of four multiplies rounding
errors a thousandfold in each step: at 0.05, single and double precision differ by a quarter in the
third loss. The losses still tell momentum: without it the second fall would be as large as the
first. Needs Debian 12's python3-torch; the network is that of oracle.py beside the file.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(sys.argv[1]))
import oracle
import torch
import torch.nn.functional as F

golden = oracle.load_safetensors(sys.argv[1])
prefix = "weights."
state = {k[len(prefix):]: v for k, v in golden.items() if k.startswith(prefix)}
classes, channels = state["fc.weight"].shape
net = oracle.MobileNet(channels / 1024, classes)
net.load_state_dict(state)
net.double().train()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-6, momentum=0.9)
for _ in range(3):
    optimizer.zero_grad()
    loss = F.cross_entropy(net(golden["x"].double()), golden["labels"])
    loss.backward()
    optimizer.step()
    print("%.6f" % loss.item())
