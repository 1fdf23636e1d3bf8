package io.github.mobilenet4j.kernels;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntToLongFunction;

/**
 * What the processor can do at most: fused multiply-adds that wait for neither memory nor each
 * other, on the vectors that the kernels of this process use.
 */
public final class Peak {
  private static final long NANOS = 250_000_000;

  /** Garbage collection waits for a round: it is one call of machine code. */
  private static final long NANOS_OF_A_ROUND = 4_000_000;

  private Peak() {}

  /**
   * Measures the peak of {@link KernelChoice#current()}'s instructions, which takes 0.25 s.
   *
   * @param threads how many compute at the same time, ≥ 1
   * @return 10⁹ floating point operations a second of all threads together, two for each
   *     multiply-add: the best of many short rounds
   * @throws IllegalArgumentException if threads is below 1, or as {@link KernelChoice#current()}
   * @throws UnsupportedOperationException as {@link KernelChoice#current()}
   */
  public static double gigaflops(int threads) {
    return best(floats(), threads);
  }

  /**
   * Measures the peak of the instructions that multiply bytes, which takes 0.25 s; where there are
   * none, that of floats.
   *
   * @param threads how many compute at the same time, ≥ 1
   * @return as {@link #gigaflops}, of integers
   * @throws IllegalArgumentException as {@link #gigaflops}
   * @throws UnsupportedOperationException as {@link #gigaflops}
   */
  public static double int8(int threads) {
    return best(small(Instructions.INT8), threads);
  }

  /**
   * Measures the peak of the instructions that multiply bfloat16 values, which takes 0.25 s; where
   * there are none, that of floats, which multiply them then.
   *
   * @param threads how many compute at the same time, ≥ 1
   * @return as {@link #gigaflops}
   * @throws IllegalArgumentException as {@link #gigaflops}
   * @throws UnsupportedOperationException as {@link #gigaflops}
   */
  public static double bfloat16(int threads) {
    return best(small(Instructions.BFLOAT16), threads);
  }

  private static IntToLongFunction floats() {
    return switch (KernelChoice.current().kernels()) {
      case MachineCodeKernels kernels -> new X86Peak(kernels.vectorBits())::run;
      case VectorKernels _ -> VectorKernels::runPeak;
      case PlainKernels _ -> PlainKernels::runPeak;
    };
  }

  private static IntToLongFunction small(Instructions.Choice choice) {
    Instructions instructions =
        KernelChoice.current().kernels() instanceof MachineCodeKernels kernels
            ? choice.get(kernels.vectorBits())
            : null;
    return instructions == null ? floats() : new X86Peak(instructions)::run;
  }

  private static double best(IntToLongFunction loop, int threads) {
    try (Workers workers = new Workers(threads)) {
      LongAdder flops = new LongAdder();
      double best = 0;
      int turns = 1;
      long start = System.nanoTime();
      for (long now = start; now - start < NANOS; ) {
        workers.run(new Round(loop, turns, threads, flops));
        long nanos = System.nanoTime() - now;
        best = Math.max(best, (double) flops.sumThenReset() / nanos);
        if (nanos < NANOS_OF_A_ROUND) {
          turns *= 2; // in the first rounds, and again each time that the JIT compiler is done
        }
        now += nanos;
      }
      return best;
    }
  }

  /** The same for every thread, all at the same time. */
  private record Round(IntToLongFunction loop, int turns, int threads, LongAdder flops)
      implements Workers.Work {
    @Override
    public int operators() {
      return 1;
    }

    @Override
    public int tasks(int operator) {
      return threads;
    }

    @Override
    public void run(int operator, int task, int thread) {
      flops.add(loop.applyAsLong(turns));
    }
  }
}
