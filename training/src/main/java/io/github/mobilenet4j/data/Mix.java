package io.github.mobilenet4j.data;

import io.github.mobilenet4j.data.Augmentation.Parameter;
import java.util.Arrays;

/**
 * Mixes each picture of a batch with the one before it, the first with the last: pixels and
 * targets.
 */
sealed interface Mix {
  /** The picture as it is. */
  record None() implements Mix {}

  /**
   * A weighted mean (arXiv:1710.09412).
   *
   * @param own the share of the picture itself, in [0, 1]
   */
  record Mixup(float own) implements Mix {}

  /** A rectangle of the other picture over this one (arXiv:1905.04899). */
  record CutMix(Box box) implements Mix {}

  /** Returns what happens to a batch, as in torchvision. */
  static Mix random(Augmentation augmentation, int height, int width, RandomStream random) {
    boolean mixup = augmentation.get(Parameter.MIXUP) > 0;
    boolean cutmix = augmentation.get(Parameter.CUTMIX) > 0;
    if (!mixup && !cutmix) {
      return new None();
    }
    if (mixup && (!cutmix || random.chance(0.5))) {
      return new Mixup((float) random.beta(augmentation.get(Parameter.MIXUP)));
    }
    double half = 0.5 * Math.sqrt(1 - random.beta(augmentation.get(Parameter.CUTMIX)));
    int x = random.below(width);
    int y = random.below(height);
    int left = Math.max(x - (int) (half * width), 0);
    int top = Math.max(y - (int) (half * height), 0);
    int right = Math.min(x + (int) (half * width), width);
    int bottom = Math.min(y + (int) (half * height), height);
    return new CutMix(new Box(top, left, bottom - top, right - left));
  }

  /**
   * Changes a batch in place.
   *
   * @param x {@code [n, height, width, channels]}
   * @param size height · width · channels
   * @param targets {@code [n, classes]}
   */
  default void apply(int n, int width, int channels, float[] x, int size, float[] targets) {
    int classes = targets.length / n;
    switch (this) {
      case None _ -> {}
      case Mixup mixup -> {
        blend(n, size, x, 0, size, mixup.own);
        blend(n, classes, targets, 0, classes, mixup.own);
      }
      case CutMix(Box box) -> {
        for (int y = box.top(); y < box.top() + box.height(); y++) {
          blend(n, size, x, (y * width + box.left()) * channels, box.width() * channels, 0);
        }
        float own = 1 - (float) (box.height() * box.width()) / (size / channels);
        blend(n, classes, targets, 0, classes, own);
      }
    }
  }

  /** {@code a[i] = own · a[i] + (1 − own) · a[i − 1]} on a range of each row, the first's last. */
  private static void blend(int n, int row, float[] a, int from, int count, float own) {
    float[] last = Arrays.copyOfRange(a, (n - 1) * row + from, (n - 1) * row + from + count);
    for (int i = n - 1; i >= 0; i--) {
      float[] other = i == 0 ? last : a;
      int before = i == 0 ? 0 : (i - 1) * row + from;
      int at = i * row + from;
      for (int k = 0; k < count; k++) {
        a[at + k] = own * a[at + k] + (1 - own) * other[before + k];
      }
    }
  }
}
