package io.github.mobilenet4j.kernels;

import com.sun.management.OperatingSystemMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Native memory for the data of machine code, in slabs for which Linux is asked to use pages of 2
 * MiB: the weights of a network are read from end to end in each run, and with pages of 4 KiB a
 * part of that time would go into looking up thousands of addresses. Safe to share between threads.
 *
 * <p>A slab goes back with its {@link Region}, or without one when the garbage collector finds that
 * nobody can reach it. The collector sees nothing of how much there is: a {@link Budget} calls it
 * when much has come since it last ran.
 */
@SuppressWarnings("restricted") // memory from the operating system
final class NativeMemory {
  /** Bytes of a cache line, and of the widest vector. */
  static final int ALIGNMENT = 64;

  private static final long HUGE_PAGE = 2L << 20;

  /** Only what is touched takes memory; a slab merely reserves addresses. */
  private static final long SLAB = 32L << 20;

  /**
   * What the memories of one process have taken together.
   *
   * <p>More than the machine has, beside Java's heap, is refused: Linux would promise it, and kill
   * the process when it is used.
   */
  static final class Budget {
    /** Below this nobody looks how much the machine has: finding out takes some milliseconds. */
    private static final long SMALL = 1L << 30;

    /** So much on top of the least that was taken since the last collection begins another one. */
    private static final long COLLECT_AFTER = 512L << 20;

    /** Longest wait for a collection to give something back, in milliseconds, doubled each time. */
    private static final int LONGEST_WAIT = 256;

    private static final class Machine {
      /** Bytes of the machine or of its container beside the heap, or a quarter of all. */
      static final long MEMORY = memory();

      private static long memory() {
        long all =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        return Math.max(all / 4, all - Runtime.getRuntime().maxMemory());
      }
    }

    private long taken;
    private long least;

    /**
     * Counts bytes that are about to be used.
     *
     * @throws OutOfMemoryError if the machine has no room for them
     */
    void take(long bytes) {
      boolean fits = tryTake(bytes);
      for (int wait = 1; !fits && wait <= LONGEST_WAIT; wait *= 2) {
        collect(wait);
        fits = tryTake(bytes);
      }
      if (!fits) {
        throw new OutOfMemoryError(
            "native memory: %s MB asked for, %s of %s MB taken"
                .formatted(bytes >> 20, taken() >> 20, Machine.MEMORY >> 20));
      }
    }

    private boolean tryTake(long bytes) {
      boolean collect;
      synchronized (this) {
        if (taken + bytes > SMALL && taken + bytes > Machine.MEMORY) {
          return false;
        }
        taken += bytes;
        collect = taken - least > COLLECT_AFTER;
        if (collect) {
          least = taken;
        }
      }
      if (collect) {
        System.gc();
      }
      return true;
    }

    /** Has the garbage collector look for memory that nobody can reach, and waits a moment. */
    private static void collect(int millis) {
      System.gc();
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    synchronized void giveBack(long bytes) {
      taken -= bytes;
      least = Math.min(least, taken);
    }

    synchronized long taken() {
      return taken;
    }
  }

  private final Budget budget;

  /** Null for what the garbage collector finds. */
  private final Region region;

  private MemorySegment slab = MemorySegment.NULL;

  /** What is used of the slab, and has been taken from the budget for it. */
  private AtomicLong taken = new AtomicLong();

  /** Memory that goes back when nobody can reach it. */
  NativeMemory(Budget budget) {
    this(budget, null);
  }

  private NativeMemory(Budget budget, Region region) {
    this.budget = budget;
    this.region = region;
  }

  /** Returns another memory on the same budget, which goes back with a region. */
  NativeMemory in(Region region) {
    return new NativeMemory(budget, region);
  }

  /** Returns the region, null for none. */
  Region region() {
    return region;
  }

  /**
   * Returns zeros that start on a cache line.
   *
   * @throws OutOfMemoryError if the operating system has no more
   * @throws IllegalStateException if the region is closed
   */
  synchronized MemorySegment allocate(long bytes) {
    if (region != null) {
      region.requireOpen();
    }
    long size = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size > SLAB / 2) {
      return map(size, size, new AtomicLong()).asSlice(0, bytes);
    }
    if (taken.get() + size > slab.byteSize()) {
      AtomicLong none = new AtomicLong();
      slab = map(SLAB, 0, none);
      taken = none;
    }
    budget.take(size);
    return slab.asSlice(taken.getAndAdd(size), bytes);
  }

  /**
   * Maps whole huge pages.
   *
   * @param now what to take from the budget at once
   * @param taken what will have been taken when the memory goes back
   */
  private MemorySegment map(long bytes, long now, AtomicLong taken) {
    long size = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    budget.take(now);
    taken.set(now);
    MemorySegment mapped = SystemCalls.map(size + HUGE_PAGE);
    if (mapped == null) {
      budget.giveBack(now);
      throw new OutOfMemoryError("the operating system gives no memory for " + size + " bytes");
    }
    // May hold nothing that keeps the memory reachable.
    Budget from = budget;
    Consumer<MemorySegment> giveBack =
        memory -> {
          SystemCalls.unmap(memory);
          from.giveBack(taken.get());
        };
    MemorySegment owned = mapped;
    if (region == null) {
      owned = mapped.reinterpret(mapped.byteSize(), Arena.ofAuto(), giveBack);
    } else {
      try {
        region.add(() -> giveBack.accept(mapped));
      } catch (IllegalStateException closed) {
        giveBack.accept(mapped);
        throw closed;
      }
    }
    long skipped = -mapped.address() & (HUGE_PAGE - 1);
    SystemCalls.adviseHugePages(mapped.address() + skipped, size);
    return owned.asSlice(skipped, size);
  }
}
