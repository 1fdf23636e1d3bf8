package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.server.models.Call;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.jetty.server.Request;

/** Requests as calls of the service. */
final class Calls {
  private Calls() {}

  /** Returns the call that a request is; it is cancelled when the request fails. */
  static Call of(Exchange exchange, Optional<Duration> timeout) {
    Request request = exchange.request();
    Call call = new Call(exchange.client(), request.getHeadersNanoTime(), timeout);
    request.addFailureListener(_ -> call.cancel());
    return call;
  }
}
