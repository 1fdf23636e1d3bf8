package io.github.mobilenet4j.kernels;

import io.github.mobilenet4j.kernels.X86QuantizedProduct.Ending;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/** Machine code; each variant of a function is written when it is first called. */
final class MachineCodeQuantizedKernels implements QuantizedKernels {
  private static final MethodHandle MULTIPLY = MachineCode.handle(17, 0);
  private static final MethodHandle DEPTHWISE = MachineCode.handle(10, 0);
  private static final MethodHandle SUM_POOL = MachineCode.handle(7, 0);
  private static final MethodHandle QUANTIZE = MachineCode.handle(4, 0);

  /** What is written once for all memories. */
  private static final class Code {
    private static final int MOST_SUMMANDS = 3;
    private static final int MOST_STRIDE = 4;

    final Instructions instructions;
    final Packing packing;
    final Lanes lanes;

    /** Writes nothing: knows tiles and panels. */
    final ProductWriter shapes;

    final MemorySegment sumPool;
    final MemorySegment quantize;

    /** Functions by groups of 16 columns in the panel, then pixels in a tile. */
    private final AtomicReferenceArray<MemorySegment[][]> products =
        new AtomicReferenceArray<>(2 * Ending.values().length);

    private final AtomicReferenceArray<MemorySegment> filters =
        new AtomicReferenceArray<>(2 * MOST_STRIDE * (MOST_SUMMANDS + 1));

    Code(Instructions instructions) {
      this.instructions = instructions;
      this.packing = instructions == Instructions.AVX2 ? Packing.SHORTS : Packing.BYTES;
      this.lanes = X86QuantizedDepthwise.lanes(instructions.vectorBits);
      this.shapes = writer(Ending.ROUNDED_ONCE, false);
      X86QuantizedDepthwise writer = new X86QuantizedDepthwise(instructions.vectorBits);
      int sumPoolAt = writer.sumPool();
      int quantizeAt = writer.quantize();
      MemorySegment all = MachineCode.load(writer.code());
      this.sumPool = all.asSlice(sumPoolAt);
      this.quantize = all.asSlice(quantizeAt);
    }

    MemorySegment[][] products(Ending ending, boolean withSums) {
      int at = 2 * ending.ordinal() + (withSums ? 1 : 0);
      MemorySegment[][] known = products.get(at);
      return known != null
          ? known
          : once(
              products,
              at,
              () -> {
                ProductWriter writer = writer(ending, withSums);
                int[][] starts = MachineCode.tiles(writer, writer::multiply);
                return MachineCode.functions(MachineCode.load(writer.code()), starts);
              });
    }

    private ProductWriter writer(Ending ending, boolean withSums) {
      // The sums of pixels are a matrix of one column: nothing for tiles.
      return instructions.usesTiles() && ending != Ending.SUM
          ? new AmxQuantizedProduct(ending == Ending.ROUNDED_ONCE, withSums)
          : new X86QuantizedProduct(instructions.vectorBits, packing, ending, withSums);
    }

    MemorySegment filter(int stride, int summands, boolean roundsOnce) {
      int at = (summands * MOST_STRIDE + stride - 1) * 2 + (roundsOnce ? 1 : 0);
      MemorySegment known = filters.get(at);
      return known != null
          ? known
          : once(
              filters,
              at,
              () -> {
                X86QuantizedDepthwise writer = new X86QuantizedDepthwise(instructions.vectorBits);
                int start = writer.depthwise(stride, summands, roundsOnce);
                return MachineCode.load(writer.code()).asSlice(start);
              });
    }

    private synchronized <T> T once(AtomicReferenceArray<T> all, int at, Supplier<T> write) {
      if (all.get(at) == null) {
        all.set(at, write.get());
      }
      return all.get(at);
    }
  }

  private final Code code;
  private final NativeMemory memory;

  MachineCodeQuantizedKernels(Instructions instructions, NativeMemory memory) {
    this(new Code(instructions), memory);
  }

  private MachineCodeQuantizedKernels(Code code, NativeMemory memory) {
    this.code = code;
    this.memory = memory;
  }

  /** Returns the same on another memory. */
  MachineCodeQuantizedKernels on(NativeMemory other) {
    return new MachineCodeQuantizedKernels(code, other);
  }

  @Override
  public String name() {
    return "machine code, " + code.instructions.title;
  }

  @Override
  public int panelColumns(int columns) {
    return code.shapes.panelGroups(Channels.groups(columns)) * Channels.GROUP;
  }

  @Override
  public Packing packing() {
    return code.packing;
  }

  @Override
  public Lanes lanes() {
    return code.lanes;
  }

  @Override
  public Buffer allocate(int bytes) {
    return Buffer.in(memory, (bytes + SLACK + Float.BYTES - 1) / Float.BYTES);
  }

  @Override
  public void multiply(
      Product product,
      int panel,
      int pixels,
      Buffer a,
      int aOffset,
      Place sums,
      Buffer y,
      int yOffset) {
    QuantizedMatrix b = product.matrix();
    boolean withSums = b.needsSums();
    Ending ending = b.roundsOnce() ? Ending.ROUNDED_ONCE : Ending.ROUNDED_TWICE;
    MemorySegment[] functions = code.products(ending, withSums)[b.width(panel) / Channels.GROUP];
    int tiles = TileSplit.tiles(pixels, functions.length - 1);
    int rows = TileSplit.rows(pixels, tiles);
    int taller = TileSplit.taller(pixels, tiles, rows);
    long from = a.byteAddress(aOffset);
    long to = y.byteAddress(yOffset + b.firstColumn(panel));
    long pixelSums = withSums ? sums.address() : 0;
    tiles(functions[rows], product, panel, 0, taller, from, to, pixelSums);
    if (taller < tiles) {
      int first = taller * rows;
      tiles(functions[rows - 1], product, panel, first, tiles - taller, from, to, pixelSums);
    }
  }

  /** Multiplies {@code tiles} tiles from pixel {@code first} on. */
  private void tiles(
      MemorySegment function,
      Product product,
      int panel,
      int first,
      int tiles,
      long a,
      long y,
      long sums) {
    QuantizedMatrix b = product.matrix();
    Layout in = product.in();
    Layout out = product.out();
    int stepsAtOnce = code.shapes.stepsAtOnce(b.steps());
    // The next panel comes while this one is multiplied: spread over the turns of all tiles.
    int ahead = b.valuesOffset(panel + 1 < b.panels() ? panel + 1 : panel);
    int aheadStep = Math.min(2 * NativeMemory.ALIGNMENT, b.turnBytes(panel) / tiles);
    try {
      MULTIPLY.invokeExact(
          function,
          a + (long) first * in.pixel(),
          (long) in.pixel(),
          (long) b.steps() / stepsAtOnce,
          (long) product.segments(),
          (long) in.row() - b.steps() * b.packing().step,
          b.values().byteAddress(b.valuesOffset(panel)),
          y + out.at(first),
          (long) out.pixel(),
          out.nextRow(),
          (long) out.columns(),
          (long) (out.columns() - first % out.columns()),
          (long) tiles,
          b.parameters().byteAddress(b.parametersOffset(panel)),
          b.values().byteAddress(ahead),
          (long) aheadStep,
          (long) stepsAtOnce,
          sums + (long) first * Integer.BYTES);
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }

  @Override
  public void sums(Product product, int pixels, Buffer a, int aOffset, Place sums) {
    QuantizedMatrix b = product.matrix();
    Layout in = product.in();
    MemorySegment[] functions = code.products(Ending.SUM, false)[1];
    int tiles = TileSplit.tiles(pixels, functions.length - 1);
    int rows = TileSplit.rows(pixels, tiles);
    int taller = TileSplit.taller(pixels, tiles, rows);
    long ones = b.ones().byteAddress(0);
    long from = a.byteAddress(aOffset);
    long to = sums.address();
    sums(functions[rows], product, taller, from, ones, to);
    if (taller < tiles) {
      int done = taller * rows;
      long rest = from + (long) done * in.pixel();
      sums(functions[rows - 1], product, tiles - taller, rest, ones, to + (long) done * 4);
    }
  }

  private static void sums(
      MemorySegment function, Product product, int tiles, long a, long ones, long sums) {
    QuantizedMatrix b = product.matrix();
    Layout in = product.in();
    try {
      MULTIPLY.invokeExact(
          function,
          a,
          (long) in.pixel(),
          (long) b.steps(),
          (long) product.segments(),
          (long) in.row() - b.steps() * b.packing().step,
          ones,
          sums,
          (long) Integer.BYTES,
          0L,
          (long) Integer.MAX_VALUE,
          (long) Integer.MAX_VALUE,
          (long) tiles,
          0L,
          ones,
          0L,
          1L,
          0L);
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }

  @Override
  public void depthwise(
      Depthwise depthwise, int firstPart, int parts, Buffer x, int xOffset, Buffer y, int yOffset) {
    QuantizedFilters filters = depthwise.filters();
    Layout in = depthwise.in();
    Layout out = depthwise.out();
    int channel = firstPart * filters.partChannels();
    int last = filters.storedChannels(firstPart + parts - 1);
    try {
      DEPTHWISE.invokeExact(
          code.filter(depthwise.stride(), filters.summands(), filters.roundsOnce()),
          x.byteAddress(xOffset + channel),
          (long) in.pixel(),
          (long) in.row(),
          filters.memory().byteAddress(filters.partOffset(firstPart)),
          y.byteAddress(yOffset + channel),
          (long) out.pixel(),
          (long) out.columns(),
          (long) parts,
          filters.memory().byteAddress(0),
          -1L >>> Long.SIZE - last);
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }

  @Override
  public void sumPool(
      Layout in, int rows, int groups, Buffer x, int xOffset, Buffer y, int yOffset) {
    try {
      SUM_POOL.invokeExact(
          code.sumPool,
          x.byteAddress(xOffset),
          (long) in.pixel(),
          in.nextRow(),
          (long) rows,
          (long) in.columns(),
          (long) groups * Channels.GROUP / code.lanes.count(),
          y.address(yOffset));
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }

  @Override
  public void quantize(
      InputQuantization quantization, Buffer x, int xOffset, int count, Buffer y, int yOffset) {
    int lanes = code.lanes.count();
    try {
      QUANTIZE.invokeExact(
          code.quantize,
          x.address(xOffset),
          y.byteAddress(yOffset),
          (long) (count + lanes - 1) / lanes,
          quantization.constants().byteAddress(0));
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }
}
