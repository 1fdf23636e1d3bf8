package io.github.mobilenet4j.server.http;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** Waits for the parts of a body, but not for ever. */
final class BodyReader {
  private BodyReader() {}

  /**
   * Returns the next part of a body, to be released; null if it does not come in time.
   *
   * @param nanos how long to wait, on a thread that may
   */
  static Content.@Nullable Chunk next(Request request, long nanos) {
    long end = System.nanoTime() + nanos;
    while (true) {
      Content.Chunk chunk = request.read();
      if (chunk != null) {
        return chunk;
      }
      CountDownLatch more = new CountDownLatch(1);
      request.demand(more::countDown);
      try {
        if (!more.await(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          return null;
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return null;
      }
    }
  }
}
