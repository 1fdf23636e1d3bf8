package io.github.mobilenet4j.kernels;

/** Kernels of float32 on rounded values, where the processor has no instructions for bfloat16. */
final class RoundingBfloat16Kernels implements Bfloat16Kernels {
  private static final int RUN = 256;

  private final Kernels kernels;
  private final ThreadLocal<float[]> runs = ThreadLocal.withInitial(() -> new float[RUN]);

  RoundingBfloat16Kernels(Kernels kernels) {
    this.kernels = kernels;
  }

  @Override
  public String name() {
    return kernels.name() + ", on rounded float32";
  }

  @Override
  public Kernels.Product product(Matrix matrix, int pixel, Layout out, Clamp clamp) {
    int columns = matrix.columns();
    float[] swapped = Bfloat16.swapped(matrix.rows(), columns, matrix.values());
    int rows = swapped.length / columns;
    PackedMatrix packed = new PackedMatrix(kernels, rows, columns, swapped, matrix.bias());
    return new Kernels.Product(packed, 1, Layout.line(pixel), out, clamp);
  }

  @Override
  public void multiply(
      Kernels.Product product,
      int panel,
      int pixels,
      Buffer a,
      int aOffset,
      Buffer y,
      int yOffset) {
    kernels.multiply(product, panel, pixels, a, aOffset, y, yOffset);
  }

  @Override
  public void round(Buffer x, int xOffset, int count, Buffer y, int yOffset) {
    float[] run = runs.get();
    for (int from = 0; from < count; from += RUN) {
      int some = Math.min(RUN, count - from);
      x.get(xOffset + from, run, 0, some);
      for (int i = 0; i < some; i += 2) {
        float first = Bfloat16.rounded(run[i]);
        run[i] = Bfloat16.rounded(run[i + 1]);
        run[i + 1] = first;
      }
      y.set(yOffset + from, run, 0, some);
    }
  }
}
