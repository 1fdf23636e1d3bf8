package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.server.metrics.ServerMetrics;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The service's metrics, for Prometheus. */
public final class MetricsEndpoint {
  private MetricsEndpoint() {}

  /** Returns its address. */
  public static Route route(ServerMetrics metrics) {
    return new Route("GET", "/metrics", Access.INFERENCE, exchange -> answer(exchange, metrics));
  }

  private static void answer(Exchange exchange, ServerMetrics metrics) throws IOException {
    ServerMetrics.Page page = metrics.page(exchange.header("Accept").orElse(null));
    exchange.send(200, page.contentType(), ByteBuffer.wrap(page.text()));
  }
}
