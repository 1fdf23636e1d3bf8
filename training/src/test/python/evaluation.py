#!/usr/bin/env python3
"""Measures random logits with NumPy, SciPy and scikit-learn.

Writes ../resources/golden/evaluation.json, which EvaluationTest reads. Needs scipy and
scikit-learn; made with 1.10 and 1.2. Run from anywhere:  python3 evaluation.py
"""
import json
import pathlib

import numpy as np
from scipy.special import softmax
from scipy.stats import binomtest
from sklearn import metrics

GOLDEN = pathlib.Path(__file__).parent.parent / "resources" / "golden"

IMAGES, CLASSES, BINS = 150, 8, 15

random = np.random.default_rng(3)
labels = random.integers(0, CLASSES - 1, IMAGES)  # the last class has no pictures
logits = random.normal(0, 1.5, (IMAGES, CLASSES))
logits[np.arange(IMAGES), labels] += 2.0
logits[:, 2] -= 12  # never predicted
logits = np.round(logits, 3).astype(np.float32)

probabilities = softmax(logits.astype(np.float64), axis=1)
predicted = logits.argmax(1)
confidence = probabilities.max(1)
right = predicted == labels
every = np.arange(CLASSES)
precision, recall, f1, support = metrics.precision_recall_fscore_support(
    labels, predicted, labels=every, zero_division=0)
macro = metrics.precision_recall_fscore_support(
    labels, predicted, labels=every[support > 0], zero_division=0, average="macro")

edges = np.linspace(0, 1, BINS + 1)
bins = []
for low, high in zip(edges[:-1], edges[1:]):
    inside = (confidence > low) & (confidence <= high)
    n = int(inside.sum())
    bins.append([n, confidence[inside].mean() if n else 0, right[inside].mean() if n else 0])
interval = binomtest(int(right.sum()), IMAGES).proportion_ci(0.95, "wilson")

golden = {
    "logits": [[float(str(v)) for v in row] for row in logits],
    "labels": labels.tolist(),
    "top1": metrics.accuracy_score(labels, predicted),
    "top1Interval": [interval.low, interval.high],
    "top5": metrics.top_k_accuracy_score(labels, logits, k=5, labels=every),
    "loss": metrics.log_loss(labels, probabilities, labels=every),
    "macro": [float(v) for v in macro[:3]],
    "classes": np.stack([precision, recall, f1, support], 1).tolist(),
    "confusion": metrics.confusion_matrix(labels, predicted, labels=every).tolist(),
    "meanConfidence": confidence.mean(),
    "reliability": bins,
    "expectedCalibrationError": sum(n * abs(c - a) for n, c, a in bins) / IMAGES,
}
text = json.dumps(golden, separators=(",", ":"))
(GOLDEN / "evaluation.json").write_text(text + "\n")
