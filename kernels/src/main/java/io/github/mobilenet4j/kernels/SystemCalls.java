package io.github.mobilenet4j.kernels;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** System calls of Linux, with the numbers that they have on x86-64. */
@SuppressWarnings("restricted") // calls into the C library
final class SystemCalls {
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int MADV_HUGEPAGE = 14;

  // Of arch_prctl; Documentation/arch/x86/xstate.rst in the sources of Linux.
  private static final long SYS_ARCH_PRCTL = 158;
  private static final long ARCH_REQ_XCOMP_PERM = 0x1023;
  private static final long XFEATURE_XTILEDATA = 18;

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  private static final MethodHandle MMAP = function("mmap", LONG, LONG, LONG, INT, INT, INT, LONG);
  private static final MethodHandle MUNMAP = function("munmap", INT, LONG, LONG);
  private static final MethodHandle MPROTECT = function("mprotect", INT, LONG, LONG, INT);
  private static final MethodHandle MADVISE = function("madvise", INT, LONG, LONG, INT);

  private SystemCalls() {}

  /** Returns fresh zeroed memory that may be written, null if there is none. */
  static MemorySegment map(long bytes) {
    long address;
    try {
      address =
          (long)
              MMAP.invokeExact(
                  0L, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    } catch (Throwable e) {
      throw unexpected(e);
    }
    return address == -1 ? null : MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  /** Gives memory back. */
  static void unmap(MemorySegment memory) {
    try {
      int _ = (int) MUNMAP.invokeExact(memory.address(), memory.byteSize());
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Makes memory executable and read-only; returns whether the operating system allowed it. */
  static boolean makeExecutable(MemorySegment memory) {
    try {
      return (int) MPROTECT.invokeExact(memory.address(), memory.byteSize(), PROT_READ | PROT_EXEC)
          == 0;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Asks for large pages; a kernel without them is as good, only slower. */
  static void adviseHugePages(long address, long bytes) {
    try {
      int _ = (int) MADVISE.invokeExact(address, bytes, MADV_HUGEPAGE);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * Asks for the tiles of AMX, for all threads; returns whether the operating system gives them.
   */
  static boolean tilesAllowed() {
    try {
      MethodHandle call =
          Linker.nativeLinker()
              .downcallHandle(
                  address("syscall"),
                  FunctionDescriptor.of(LONG, LONG, LONG, LONG),
                  Linker.Option.firstVariadicArg(1));
      return (long) call.invokeExact(SYS_ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static MethodHandle function(
      String name, MemoryLayout result, MemoryLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(address(name), FunctionDescriptor.of(result, arguments));
  }

  private static MemorySegment address(String name) {
    return Linker.nativeLinker()
        .defaultLookup()
        .find(name)
        .orElseThrow(() -> new UnsupportedOperationException("no function " + name));
  }

  private static IllegalStateException unexpected(Throwable e) {
    return new IllegalStateException("a system call does not throw", e);
  }
}
