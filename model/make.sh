#!/bin/sh
# Makes the bundled model: sh model/make.sh mobilenet_v1_0.75_192_quant.tflite
# What the file is and why the two numbers are what they are: docs/bundled-model.md; the threshold is what
# threshold.py prints.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
out=$root/model/src/main/resources/io/github/mobilenet4j/model/photographs.safetensors
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/mobilenet4j" convert --classes "$root/model/classes.tsv" \
  --metadata 'origin=mobilenet_v1_0.75_192_quant.tflite of Google, trained on ImageNet; 202 of its classes' \
  --metadata 'licence=Apache-2.0' \
  "$1" "$work/classes.safetensors"
"$root/mobilenet4j" calibrate --temperature 1.25 --threshold 11.7 "$work/classes.safetensors" "$out"
