package io.github.mobilenet4j.kernels;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.function.IntBinaryOperator;

/**
 * Puts machine code where the processor may execute it, and makes handles that call it.
 *
 * <p>The memory is mapped writable, filled, and then made executable and read-only, never both at
 * once. It stays for the life of the process.
 */
@SuppressWarnings("restricted") // the one place that leaves Java's memory safety
final class MachineCode {
  private MachineCode() {}

  /**
   * Returns an executable copy of the code.
   *
   * @throws UnsupportedOperationException if the operating system refuses executable memory
   */
  static MemorySegment load(byte[] code) {
    MemorySegment memory = SystemCalls.map(code.length);
    if (memory == null) {
      throw new UnsupportedOperationException("the operating system gives no memory for code");
    }
    MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
    if (!SystemCalls.makeExecutable(memory)) {
      throw new UnsupportedOperationException("the operating system refuses executable memory");
    }
    return memory;
  }

  /**
   * Returns a handle that calls code at an address, its first argument, with 64-bit integers and
   * then floats. The call skips the bookkeeping of a thread that leaves Java, so the code must
   * return soon: a garbage collection waits for it.
   */
  static MethodHandle handle(int integers, int floats) {
    MemoryLayout[] arguments = new MemoryLayout[integers + floats];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = i < integers ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_FLOAT;
    }
    return Linker.nativeLinker()
        .downcallHandle(FunctionDescriptor.ofVoid(arguments), Linker.Option.critical(false));
  }

  /** Returns the functions that start at these places. */
  static MemorySegment[] functions(MemorySegment code, int[] starts) {
    return Arrays.stream(starts).mapToObj(code::asSlice).toArray(MemorySegment[]::new);
  }

  static MemorySegment[][] functions(MemorySegment code, int[][] starts) {
    return Arrays.stream(starts).map(at -> functions(code, at)).toArray(MemorySegment[][]::new);
  }

  /**
   * Writes a product for tiles of every size.
   *
   * @param product writes it for so many rows by so many groups of columns
   * @return where they start, by groups, then rows; what is for none of either is 0
   */
  static int[][] tiles(ProductWriter writer, IntBinaryOperator product) {
    int[][] starts = new int[writer.mostPanelGroups() + 1][1];
    for (int groups = 1; groups < starts.length; groups++) {
      starts[groups] = new int[writer.tileRows(groups) + 1];
      for (int rows = 1; rows < starts[groups].length; rows++) {
        starts[groups][rows] = product.applyAsInt(rows, groups);
      }
    }
    return starts;
  }

  static IllegalStateException unexpected(Throwable e) {
    return new IllegalStateException("machine code does not throw", e);
  }
}
