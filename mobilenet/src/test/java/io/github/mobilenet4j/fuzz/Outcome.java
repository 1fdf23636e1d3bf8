package io.github.mobilenet4j.fuzz;

import com.sun.management.ThreadMXBean;
import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What came of reading a file.
 *
 * @param thrown null where the file was read
 * @param nanos processor time of the thread
 * @param allocated bytes of the heap that were taken in all, which is no less than were ever in
 *     use, and the most that was taken beside the heap, where that is counted; without the heap's
 *     under {@code -Dfuzz.heap=bounded}, where the process has no more of it than a reader may use
 */
public record Outcome(Throwable thrown, long nanos, long allocated) {
  public static final long MOST_NANOS = 2_000_000_000L;
  public static final long MOST_BYTES = 256L << 20;

  /** A message names a file, a tensor, what was found and what was expected. */
  private static final int MOST_OF_A_MESSAGE = 4100;

  private static final int MOST_SHOWN = 300;
  private static final boolean BOUNDED = "bounded".equals(System.getProperty("fuzz.heap"));
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Something that reads. */
  public interface Call {
    void run() throws Throwable;
  }

  /** Returns what comes of a call. */
  public static Outcome of(Call call) {
    try {
      long resident = Resident.begin();
      long allocated = THREADS.getCurrentThreadAllocatedBytes();
      long start = THREADS.getCurrentThreadCpuTime();
      Throwable thrown = null;
      try {
        call.run();
      } catch (Throwable t) {
        thrown = t;
      }
      long nanos = THREADS.getCurrentThreadCpuTime() - start;
      allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
      long heap = BOUNDED ? 0 : allocated;
      return new Outcome(thrown, nanos, heap + Resident.most() - resident);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public boolean isAccepted() {
    return thrown == null;
  }

  /**
   * Returns what is wrong with a reader that did this, in words that are the same each time.
   *
   * @param patience how many times slower the program is than it would be by itself
   */
  public Optional<String> fault(int patience) {
    if (thrown != null && !(thrown instanceof MobileNetException)) {
      return Optional.of(thrown.getClass().getName() + where(thrown));
    }
    if (causedByMemory(thrown)) {
      return Optional.of("out of memory" + where(thrown));
    }
    if (thrown != null && thrown.getMessage().isBlank()) {
      return Optional.of("no message" + where(thrown));
    }
    if (thrown != null && thrown.getMessage().length() > MOST_OF_A_MESSAGE) {
      return Optional.of("endless message" + where(thrown));
    }
    if (nanos > MOST_NANOS * patience) {
      return Optional.of("slow" + where(thrown));
    }
    if (allocated > MOST_BYTES) {
      return Optional.of("memory" + where(thrown));
    }
    return Optional.empty();
  }

  private static boolean causedByMemory(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof OutOfMemoryError) {
        return true;
      }
    }
    return false;
  }

  private static String where(Throwable thrown) {
    return thrown == null
        ? " when accepted"
        : Arrays.stream(thrown.getStackTrace())
            .filter(frame -> frame.getClassName().startsWith("io.github.mobilenet4j."))
            .filter(frame -> !frame.getClassName().contains(".fuzz."))
            .limit(2)
            .map(frame -> frame.getFileName() + ":" + frame.getMethodName())
            .collect(Collectors.joining(" < ", " in ", ""));
  }

  private static String abridged(String text) {
    return text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "…" : text;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%,d ms, %,d kB, %s",
        nanos / 1_000_000,
        allocated >> 10,
        isAccepted() ? "accepted" : abridged("" + thrown));
  }
}
