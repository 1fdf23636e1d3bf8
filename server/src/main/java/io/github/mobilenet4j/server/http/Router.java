package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.server.batching.Budget;
import io.github.mobilenet4j.server.metrics.ServerMetrics;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Finds the route of a request, asks the guard, and says what went wrong. */
public final class Router extends Handler.Abstract {
  /** Pages get scripts, styles and all else from this server alone. */
  private static final String POLICY =
      "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
          + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

  /** Nanoseconds in which a body may come as slowly as it will. */
  private static final long GRACE = 5_000_000_000L;

  private static final System.Logger LOG = System.getLogger(Router.class.getName());

  private final List<Route> routes;
  private final Guard guard;
  private final ServerMetrics metrics;
  private final Budget budget;
  private final Exchange.BodyLimits limits;
  private final BooleanSupplier draining;

  /**
   * @param routes of which the first that fits answers
   * @param budget the memory of all bodies together
   * @param bytes the most of one body
   * @param bytesPerSecond that a body has to come with at least
   * @param draining whether connections are to be closed after an answer
   */
  public Router(
      List<Route> routes,
      Guard guard,
      ServerMetrics metrics,
      Budget budget,
      long bytes,
      long bytesPerSecond,
      BooleanSupplier draining) {
    this.routes = List.copyOf(routes);
    this.guard = guard;
    this.metrics = metrics;
    this.budget = budget;
    this.limits = new Exchange.BodyLimits(bytes, bytesPerSecond, GRACE);
    this.draining = draining;
  }

  /** A route, and what stands for the names in its path. */
  private record Match(Route route, Map<String, String> values) {}

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    HttpFields.Mutable headers = response.getHeaders();
    headers.put("Content-Security-Policy", POLICY);
    headers.put("X-Content-Type-Options", "nosniff");
    headers.put("Referrer-Policy", "no-referrer");
    if (draining.getAsBoolean()) {
      closeAfter(request, response);
    }
    Match[] found = new Match[1];
    Throwable broken = null;
    try {
      answer(request, response, found);
      Leftovers.read(request);
    } catch (IOException e) {
      broken = e;
    } finally {
      String call = found[0] == null ? "none" : found[0].route().path();
      metrics.answered(
          call, response.getStatus(), System.nanoTime() - request.getHeadersNanoTime());
    }
    if (broken == null) {
      callback.succeeded();
    } else {
      callback.failed(broken);
    }
    return true;
  }

  /** HTTP/2 has its own way to say so. */
  private static void closeAfter(Request request, Response response) {
    if (request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1) {
      response.getHeaders().put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE);
    }
  }

  private void answer(Request request, Response response, Match[] found) throws IOException {
    Map<String, String> values = Map.of();
    Refusal refusal;
    try {
      found[0] = find(request);
      values = found[0].values();
      guard.check(request, found[0].route().access());
      try (Exchange exchange = exchange(request, response, values)) {
        found[0].route().endpoint().answer(exchange);
      }
      return;
    } catch (Exception | OutOfMemoryError | StackOverflowError e) {
      if (response.isCommitted()) {
        throw e instanceof IOException io ? io : new IOException(e);
      }
      refusal = Refusals.of(e);
    }
    metrics.refused(refusal.reason().name().toLowerCase(Locale.ROOT));
    if (refusal.reason() == Reason.INTERNAL) {
      LOG.log(System.Logger.Level.WARNING, request.getHttpURI().getPath(), refusal.getCause());
    }
    try (Exchange exchange = exchange(request, response, values)) {
      if (GrpcFrames.isGrpc(request)) {
        GrpcFrames.refuse(exchange, refusal);
      } else {
        if (refusal.reason() == Reason.BODY || refusal.reason() == Reason.TOO_SLOW) {
          closeAfter(request, response); // There may be no end of what is left of it.
        }
        Refusals.send(exchange, refusal);
      }
    }
  }

  private Exchange exchange(Request request, Response response, Map<String, String> values) {
    return new Exchange(request, response, values, budget, limits);
  }

  private Match find(Request request) {
    List<String> segments = Route.segments(Request.getPathInContext(request));
    String method = request.getMethod().equals("HEAD") ? "GET" : request.getMethod();
    Set<String> others = new TreeSet<>();
    for (Route route : routes) {
      Optional<Map<String, String>> values = route.match(segments);
      if (values.isPresent()) {
        if (route.method().equals(method)) {
          return new Match(route, values.get());
        }
        others.add(route.method());
      }
    }
    if (others.isEmpty()) {
      throw new Refusal(Reason.NOT_FOUND, "there is nothing at this address");
    }
    throw new Refusal(
        Reason.METHOD,
        "the method is %s, expected %s"
            .formatted(Refusal.abridged(request.getMethod()), String.join(" or ", others)));
  }
}
