package io.github.mobilenet4j.server.http;

import java.io.IOException;

/** What answers a request. It may wait and block: each runs on a virtual thread of its own. */
@FunctionalInterface
public interface Endpoint {
  /**
   * Answers.
   *
   * @throws io.github.mobilenet4j.server.protocol.Refusal if there is no answer but why
   * @throws IOException if the connection breaks
   */
  void answer(Exchange exchange) throws IOException;
}
