package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What a reader may take for a file of up to 5 MB, whatever is in it. */
public final class Cost {
  private static final long MOST_NANOS = 2_000_000_000L;
  private static final long MOST_BYTES = 256L << 20;

  private Cost() {}

  /**
   * Reads a hostile file.
   *
   * @return the message of the {@link MobileNetException} that it ends in
   */
  public static String ofRefusing(ThrowingCallable reader) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = threads.getCurrentThreadAllocatedBytes();
    long start = threads.getCurrentThreadCpuTime();
    Throwable refusal = Assertions.catchThrowable(reader);
    long nanos = threads.getCurrentThreadCpuTime() - start;
    assertThat(refusal).isInstanceOf(MobileNetException.class);
    assertThat(threads.getCurrentThreadAllocatedBytes() - allocated)
        .as("bytes")
        .isLessThan(MOST_BYTES);
    assertThat(nanos).as("nanoseconds").isLessThan(MOST_NANOS);
    return refusal.getMessage();
  }
}
