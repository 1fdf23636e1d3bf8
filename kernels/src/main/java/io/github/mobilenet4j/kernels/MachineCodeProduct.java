package io.github.mobilenet4j.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Products of any type whose steps take as much memory as floats and whose sums are floats.
 *
 * @param writer what wrote them
 * @param functions by groups of 16 columns in the panel, then pixels in a tile
 */
@SuppressWarnings("ArrayRecordComponent")
record MachineCodeProduct(ProductWriter writer, MemorySegment[][] functions) {
  /** Values of a matrix that stays in the second-level cache, so that no panel need be fetched. */
  private static final int MOST_KEPT = 1 << 16;

  private static final MethodHandle MULTIPLY = MachineCode.handle(16, 2);

  /** Writes them. */
  static MachineCodeProduct of(ProductWriter writer) {
    int[][] starts = MachineCode.tiles(writer, writer::multiply);
    return new MachineCodeProduct(
        writer, MachineCode.functions(MachineCode.load(writer.code()), starts));
  }

  /** Multiplies as {@link Kernels#multiply}, with addresses. */
  void multiply(Kernels.Product product, int panel, int pixels, long a, long y) {
    multiply(product, panel, pixels, a, y, Ahead.NOTHING);
  }

  /** The same, and asks for what is ahead if the matrix is small. */
  void multiply(Kernels.Product product, int panel, int pixels, long a, long y, Ahead ahead) {
    MemorySegment[] byRows = functions[product.matrix().width(panel) / Channels.GROUP];
    int tiles = TileSplit.tiles(pixels, byRows.length - 1);
    int rows = TileSplit.rows(pixels, tiles);
    int taller = TileSplit.taller(pixels, tiles, rows);
    Ahead asked = product.matrix().values().length() > MOST_KEPT ? Ahead.NOTHING : ahead;
    tiles(byRows[rows], product, panel, 0, taller, a, y, asked);
    if (taller < tiles) {
      tiles(byRows[rows - 1], product, panel, taller * rows, tiles - taller, a, y, asked);
    }
  }

  /** Multiplies {@code tiles} tiles, from pixel {@code first} on. */
  private void tiles(
      MemorySegment function,
      Kernels.Product product,
      int panel,
      int first,
      int tiles,
      long a,
      long y,
      Ahead asked) {
    PackedMatrix b = product.matrix();
    Layout in = product.in();
    Layout out = product.out();
    int length = product.length();
    int stepsAtOnce = writer.stepsAtOnce(length);
    int column = b.firstColumn(panel);
    // The next panel comes while this one is multiplied: spread over the turns of all tiles.
    int turns = length / stepsAtOnce / X86Product.UNROLL * product.segments();
    long ahead = asked.take(2L * turns * tiles);
    int aheadStep = 2 * NativeMemory.ALIGNMENT / Float.BYTES;
    if (ahead == 0) {
      ahead = b.values().address(b.valuesOffset(panel + 1 < b.panels() ? panel + 1 : panel));
      aheadStep = Math.min(aheadStep, X86Product.UNROLL * b.width(panel) / tiles);
    }
    try {
      MULTIPLY.invokeExact(
          function,
          a + Buffer.bytes(first * in.pixel()),
          Buffer.bytes(in.pixel()),
          (long) length / stepsAtOnce,
          (long) product.segments(),
          Buffer.bytes(in.row() - length),
          b.values().address(b.valuesOffset(panel)),
          y + Buffer.bytes(out.at(first) + column),
          Buffer.bytes(out.pixel()),
          out.nextRow() * Float.BYTES,
          (long) out.columns(),
          (long) (out.columns() - first % out.columns()),
          (long) tiles,
          b.bias().address(column),
          ahead,
          Buffer.bytes(aheadStep),
          (long) stepsAtOnce,
          product.clamp().low(),
          product.clamp().high());
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }
}
