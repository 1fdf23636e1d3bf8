#!/bin/sh
# The training behind the bundled model: sh model/train.sh mobilenet_v1_0.75_192_quant.tflite PARTS OUT
# PARTS has folders 1, 2 and 3 with 60 training images of each of Tiny ImageNet's classes used, each image once in all of
# them, in folders called by the names in classes.tsv. OUT gets a run of each; make.sh takes the last one's model.safetensors.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
official=$1 parts=$2 out=$3
mkdir -p "$out"
LC_ALL=C sort -t "$(printf '\t')" -k 2 "$root/model/classes.tsv" >"$out/classes.tsv" # as folders of classes are
"$root/mobilenet4j" convert --classes "$out/classes.tsv" "$official" "$out/begin.safetensors"
from=$out/begin.safetensors
for part in 1 2 3; do
  "$root/mobilenet4j" train "$parts/$part" --output "$out/$part" --from "$from" --teacher "$official" --freeze 4 \
    --classifier-epochs 0 --epochs 1 --warm-up 0.05 --schedule constant --dropout 0 --optimizer adamw --lr 3e-5 \
    --lr-backbone 3e-5 --weight-decay 0 --bn-momentum 0 --ema 0.998 --distillation-temperature 1 \
    --distillation-weight 0.3 --augment light,minScale=0.6,rescale=0.15,blur=0.1,sharpen=0.4 --seed $((9 + part))
  from=$out/$part/last.safetensors
done
