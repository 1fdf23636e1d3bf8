package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The times of many runs of one plan.
 *
 * @param nanos what each run took, ascending
 * @param warmUpRuns how many runs came before and were not counted
 * @param batch pictures a run
 * @param macs multiply-adds a run
 * @param operators the plan's operators in order, mean times
 */
@SuppressWarnings("ArrayRecordComponent")
record Benchmark(
    Precision precision,
    long[] nanos,
    int warmUpRuns,
    int batch,
    long macs,
    List<Operator> operators) {
  /** A measurement has this many runs if they end in so many seconds. */
  private static final int FEWEST_RUNS = 10;

  private static final double MOST_SECONDS = 10;

  private static final double WINDOW_SECONDS = 0.5;
  private static final int MAX_WINDOWS = 20;

  /** A window that is not this much faster than the best before it brought nothing. */
  private static final double STABLE = 0.99;

  /**
   * One fused operator.
   *
   * @param milliseconds a run, mean
   */
  record Operator(String name, double milliseconds, double gigaflops) {}

  /** Runs until two windows in succession bring nothing, then for so many seconds. */
  static Benchmark run(InferencePlan plan, Session session, int batch, double seconds) {
    MobileNetV1 network = plan.network();
    float[] x = noise(length("pictures", batch, network.input().size()));
    float[] logits = new float[length("logits", batch, network.outputs())];
    long[] unused = new long[plan.operators().size()];
    int warmUpRuns = 0;
    double best = Double.POSITIVE_INFINITY;
    for (int window = 0, useless = 0; window < MAX_WINDOWS && useless < 2; window++) {
      long[] times = measure(session, x, batch, logits, unused, WINDOW_SECONDS);
      warmUpRuns += times.length;
      double median = times[times.length / 2];
      useless = median > STABLE * best ? useless + 1 : 0;
      best = Math.min(best, median);
    }
    long[] operatorNanos = new long[plan.operators().size()];
    long[] nanos = measure(session, x, batch, logits, operatorNanos, seconds);
    return new Benchmark(
        plan.precision(),
        nanos,
        warmUpRuns,
        batch,
        batch * network.macs(),
        operators(plan, operatorNanos, nanos.length, batch));
  }

  private static int length(String name, int batch, long each) {
    long length = batch * each;
    if (length > Integer.MAX_VALUE - 8) { // HotSpot's longest array
      throw new MobileNetException(
          "batch is %s, its %s are %s values, expected fewer than 2^31"
              .formatted(batch, name, length));
    }
    return (int) length;
  }

  private static float[] noise(int size) {
    SplittableRandom random = new SplittableRandom(1);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    return values;
  }

  private static long[] measure(
      Session session, float[] x, int batch, float[] logits, long[] operators, double seconds) {
    long[] nanos = new long[1024];
    int runs = 0;
    long start = System.nanoTime();
    long before = start;
    double most = 1e9 * Math.max(seconds, MOST_SECONDS);
    while (runs == 0
        || before - start < seconds * 1e9
        || runs < FEWEST_RUNS && before - start < most) {
      session.profile(x, batch, logits, operators);
      long after = System.nanoTime();
      nanos = runs < nanos.length ? nanos : Arrays.copyOf(nanos, 2 * runs);
      nanos[runs++] = after - before;
      before = after;
    }
    nanos = Arrays.copyOf(nanos, runs);
    Arrays.sort(nanos);
    return nanos;
  }

  private static List<Operator> operators(InferencePlan plan, long[] nanos, int runs, int batch) {
    return IntStream.range(0, nanos.length)
        .mapToObj(i -> {
          double mean = (double) nanos[i] / runs;
          double flops = 2.0 * batch * plan.macs().get(i);
          return new Operator(plan.operators().get(i), mean / 1e6, flops / mean);
        })
        .toList();
  }

  int runs() {
    return nanos.length;
  }

  /** Returns the time that a part of the runs did not exceed: 0 the fastest, 0.5 the median. */
  double milliseconds(double part) {
    return nanos[(int) Math.min(nanos.length - 1, part * nanos.length)] / 1e6;
  }

  double imagesPerSecond() {
    return batch / milliseconds(0.5) * 1e3;
  }

  double gigaflops() {
    return 2 * macs / milliseconds(0.5) / 1e6;
  }
}
