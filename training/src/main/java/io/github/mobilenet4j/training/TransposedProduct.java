package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.TrainingKernels;
import io.github.mobilenet4j.kernels.TrainingKernels.Transposed;
import java.util.ArrayList;
import java.util.List;

/** {@code y += aᵀ · b}, a gradient of weights, panel by panel of columns. */
final class TransposedProduct {
  /** The most pixels whose panel of columns stays in the first-level cache. */
  private static final int MOST_PIXELS = 144;

  private final List<Transposed> panels = new ArrayList<>();

  /**
   * @param whole the product of all columns
   */
  TransposedProduct(Kernels kernels, Transposed whole) {
    int most = kernels.panelColumns(whole.groups() * Channels.GROUP) / Channels.GROUP;
    for (int group = 0; group < whole.groups(); group += most) {
      int groups = Math.min(most, whole.groups() - group);
      panels.add(
          new Transposed(whole.rows(), groups, whole.aPixel(), whole.bPixel(), whole.yRow()));
    }
  }

  /** Adds the product of some pixels, as {@link TrainingKernels#multiplyTransposed} does. */
  void add(
      Kernels kernels,
      int pixels,
      Buffer a,
      int aOffset,
      Buffer b,
      int bOffset,
      Buffer y,
      int yOffset) {
    TrainingKernels training = kernels.training();
    int column = 0;
    int parts = (pixels + MOST_PIXELS - 1) / MOST_PIXELS;
    int some = (pixels + parts - 1) / parts;
    for (Transposed panel : panels) {
      for (int pixel = 0; pixel < pixels; pixel += some) {
        training.multiplyTransposed(
            panel,
            Math.min(some, pixels - pixel),
            a,
            aOffset + pixel * panel.aPixel(),
            b,
            bOffset + pixel * panel.bPixel() + column,
            y,
            yOffset + column);
      }
      column += panel.groups() * Channels.GROUP;
    }
  }
}
