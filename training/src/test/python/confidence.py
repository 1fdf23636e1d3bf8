"""The temperatures that ConfidenceFitTest expects, found by PyTorch's L-BFGS, and a threshold.

python confidence.py prints them.
"""

import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

logits = torch.tensor([[4 * math.sin(7 * i + 3 * c) for c in range(4)] for i in range(40)])
labels = torch.tensor(
    [5 * i % 4 if i % 3 else int(logits[i].argmax()) for i in range(40)])
losses = {
    "softmax": lambda z: cross_entropy(z, labels),
    "sigmoid": lambda z: binary_cross_entropy_with_logits(z, one_hot(labels, 4).double()),
}
# Three classes, and two outputs for what is none of them.
outputs = torch.tensor(
    [[4 * math.sin(7 * i + 3 * c) for c in range(5)] for i in range(40)], dtype=torch.float32)
wanted = torch.tensor([i % 3 if i % 3 else int(outputs[i, :3].argmax()) for i in range(40)])
evidence = outputs[:, :3].double().max(1).values - outputs[:, 3:].double().logsumexp(1)
print("threshold", evidence.sort().values[int(0.05 * 40)].item())


def temperature(name, logits, loss):
    log = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [log],
        max_iter=500,
        tolerance_grad=1e-14,
        tolerance_change=1e-16,
        line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        value = loss(logits.double() / log.exp())
        value.backward()
        return value

    optimizer.step(closure)
    print(name, log.exp().item())


for name, loss in losses.items():
    temperature(name, logits, loss)
temperature("others", outputs[:, :3], lambda z: cross_entropy(z, wanted))
