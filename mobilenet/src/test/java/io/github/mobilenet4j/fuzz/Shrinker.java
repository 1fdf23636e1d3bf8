package io.github.mobilenet4j.fuzz;

import java.util.Arrays;

/** Finds fewer and simpler decisions that lead to the same fault. */
public final class Shrinker {
  private static final long MOST_NANOS = 20_000_000_000L;

  private Shrinker() {}

  /** Returns the least decisions that were found in twenty seconds. */
  public static byte[] shrink(Target target, byte[] decisions, String fault) {
    long end = System.nanoTime() + MOST_NANOS;
    byte[] least = decisions;
    for (int length = Math.max(1, least.length / 2); length > 0; length /= 2) {
      for (int at = 0; at < least.length && System.nanoTime() < end; ) {
        byte[] shorter = without(least, at, length);
        byte[] simpler = zeroed(least, at, length);
        if (leadsTo(target, shorter, fault)) {
          least = shorter;
        } else {
          if (!Arrays.equals(simpler, least) && leadsTo(target, simpler, fault)) {
            least = simpler;
          }
          at += length;
        }
      }
    }
    return least;
  }

  private static boolean leadsTo(Target target, byte[] decisions, String fault) {
    return Fuzzer.read(target, target.file(decisions)).fault(1).filter(fault::equals).isPresent();
  }

  private static byte[] without(byte[] bytes, int at, int length) {
    int end = Math.min(at + length, bytes.length);
    byte[] shorter = Arrays.copyOf(bytes, bytes.length - (end - at));
    System.arraycopy(bytes, end, shorter, at, bytes.length - end);
    return shorter;
  }

  private static byte[] zeroed(byte[] bytes, int at, int length) {
    byte[] simpler = bytes.clone();
    Arrays.fill(simpler, at, Math.min(at + length, bytes.length), (byte) 0);
    return simpler;
  }
}
