#!/bin/sh
# Makes the bundled model: sh model/make.sh mobilenet_v1_0.75_192_quant.tflite TRAINED.safetensors IMAGES
# TRAINED.safetensors is what train.sh made, IMAGES a folder of a hundred images that ranges are measured on.
# What the file is and why the numbers are what they are: docs/bundled-model.md; the threshold is what threshold.py prints.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
out=$root/model/src/main/resources/io/github/mobilenet4j/model/photographs.safetensors
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/mobilenet4j" convert --classes "$root/model/classes.tsv" --others "$root/model/others.tsv" \
  "$1" "$work/official.safetensors"
"$root/mobilenet4j" convert --classes "$root/model/classes.tsv" "$2" "$work/trained.safetensors"
python3 "$root/model/mean.py" "$work/official.safetensors" "$work/trained.safetensors" 0.6 13 "$work/mean.safetensors"
"$root/mobilenet4j" quantize "$work/mean.safetensors" "$work/integers.safetensors" --images "$3"
"$root/mobilenet4j" convert \
  --metadata 'origin=mobilenet_v1_0.75_192_quant.tflite of Google, trained on ImageNet: 202 of its classes, trained further on Tiny ImageNet, and 440 of its others' \
  --metadata 'licence=Apache-2.0' \
  "$work/integers.safetensors" "$work/described.safetensors"
"$root/mobilenet4j" calibrate --temperature 0.95 --threshold -2.98 "$work/described.safetensors" "$out"
