package io.github.mobilenet4j.server.http;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/**
 * What is left of a body when its request was answered. A client that is still sending would get a
 * broken connection or stream, and never see the answer, if the rest was not read, for a moment.
 */
final class Leftovers {
  private static final long MOST_BYTES = 64 << 20;
  private static final long MOST_NANOS = 1_000_000_000;

  private Leftovers() {}

  static void read(Request request) {
    if (request.getHeaders().contains(HttpHeader.EXPECT) || request.getLength() > MOST_BYTES) {
      return; // It has not begun, or is too much.
    }
    long end = System.nanoTime() + MOST_NANOS;
    for (long bytes = 0; bytes < MOST_BYTES; ) {
      Content.Chunk chunk = BodyReader.next(request, end - System.nanoTime());
      if (chunk == null) {
        return;
      }
      bytes += chunk.remaining();
      chunk.release();
      if (chunk.isLast() || Content.Chunk.isFailure(chunk)) {
        return;
      }
    }
  }
}
