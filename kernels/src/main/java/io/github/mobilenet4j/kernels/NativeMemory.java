package io.github.mobilenet4j.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * Native memory for the data of machine code, in slabs for which Linux is asked to use pages of 2
 * MiB: the weights of a network are read from end to end in each run, and with pages of 4 KiB a
 * part of that time would go into looking up thousands of addresses. Safe to share between threads.
 *
 * <p>A slab is given back by its arena; {@link Arena#ofAuto} does so when nothing that lies in it
 * can be reached any more.
 */
@SuppressWarnings("restricted") // memory from the operating system
final class NativeMemory {
  private static final long HUGE_PAGE = 2L << 20;

  /** Only what is touched takes memory; a slab merely reserves addresses. */
  private static final long SLAB = 32L << 20;

  private final Supplier<Arena> arenas;
  private MemorySegment slab = MemorySegment.NULL;
  private long used;

  /**
   * @param arenas says for each slab when it goes back
   */
  NativeMemory(Supplier<Arena> arenas) {
    this.arenas = arenas;
  }

  /**
   * Returns zeros that start on a cache line.
   *
   * @throws OutOfMemoryError if the operating system has no more
   */
  synchronized MemorySegment allocate(long bytes) {
    long size = (bytes + Floats.ALIGNMENT - 1) / Floats.ALIGNMENT * Floats.ALIGNMENT;
    if (size > SLAB / 2) {
      return map(size).asSlice(0, bytes);
    }
    if (used + size > slab.byteSize()) {
      slab = map(SLAB);
      used = 0;
    }
    MemorySegment memory = slab.asSlice(used, bytes);
    used += size;
    return memory;
  }

  /** Maps whole huge pages. */
  private MemorySegment map(long bytes) {
    long size = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    MemorySegment mapped = SystemCalls.map(size + HUGE_PAGE);
    if (mapped == null) {
      throw new OutOfMemoryError("no native memory for " + size + " bytes");
    }
    long skipped = -mapped.address() & (HUGE_PAGE - 1);
    SystemCalls.adviseHugePages(mapped.address() + skipped, size);
    return mapped
        .reinterpret(size + HUGE_PAGE, arenas.get(), SystemCalls::unmap)
        .asSlice(skipped, size);
  }
}
