package io.github.mobilenet4j.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Puts machine code where the processor may execute it, and makes handles that call it.
 *
 * <p>The memory is mapped writable, filled, and then made executable and read-only, never both at
 * once. It stays for the life of the process.
 */
@SuppressWarnings("restricted") // the one place that leaves Java's memory safety
final class MachineCode {
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 0x20; // Linux's number

  private MachineCode() {}

  /**
   * Returns an executable copy of the code.
   *
   * @throws UnsupportedOperationException if the operating system refuses executable memory
   */
  static MemorySegment load(byte[] code) {
    try {
      MemorySegment mapped =
          (MemorySegment)
              function(
                      "mmap",
                      ValueLayout.ADDRESS,
                      ValueLayout.ADDRESS,
                      ValueLayout.JAVA_LONG,
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_LONG)
                  .invokeExact(
                      MemorySegment.NULL,
                      (long) code.length,
                      PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS,
                      -1,
                      0L);
      if (mapped.address() == -1) {
        throw new UnsupportedOperationException("the operating system gives no memory for code");
      }
      MemorySegment memory = mapped.reinterpret(code.length, Arena.global(), null);
      MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
      int refused =
          (int)
              function(
                      "mprotect",
                      ValueLayout.JAVA_INT,
                      ValueLayout.ADDRESS,
                      ValueLayout.JAVA_LONG,
                      ValueLayout.JAVA_INT)
                  .invokeExact(memory, (long) code.length, PROT_READ | PROT_EXEC);
      if (refused != 0) {
        throw new UnsupportedOperationException("the operating system refuses executable memory");
      }
      return memory;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle function(
      String name, MemoryLayout result, MemoryLayout... arguments) {
    MemorySegment address =
        Linker.nativeLinker()
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new UnsupportedOperationException("no function " + name));
    return Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(result, arguments));
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
}
