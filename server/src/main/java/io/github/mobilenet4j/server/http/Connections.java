package io.github.mobilenet4j.server.http;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * The requests under way, and the connections that wait for headers. One whose headers come a byte
 * at a time is never idle, and would be there for ever: it is closed.
 */
final class Connections extends Handler.Wrapper implements Connection.Listener {
  /** How long headers may take. */
  private static final long HEADERS = Duration.ofSeconds(10).toNanos();

  private final AtomicInteger active = new AtomicInteger();
  private final Map<Connection, Headers> waiting = new ConcurrentHashMap<>();

  /** What has come of the headers of a connection of HTTP/1.1. */
  private static final class Headers {
    private int requests;
    private long bytes;
    private long since;
  }

  Connections(Handler handler) {
    super(handler);
  }

  /** Returns how many requests are under way. */
  int active() {
    return active.get();
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    Connection connection = request.getConnectionMetaData().getConnection();
    Headers headers = waiting.get(connection);
    active.incrementAndGet();
    begun(headers);
    Request.addCompletionListener(
        request,
        _ -> {
          active.decrementAndGet();
          ended(headers, connection);
        });
    return super.handle(request, response, callback);
  }

  private static void begun(Headers headers) {
    if (headers != null) {
      synchronized (headers) {
        headers.requests++;
      }
    }
  }

  private static void ended(Headers headers, Connection connection) {
    if (headers != null) {
      synchronized (headers) {
        headers.requests--;
        headers.bytes = connection.getBytesIn();
        headers.since = 0;
      }
    }
  }

  @Override
  public void onOpened(Connection connection) {
    if (connection instanceof ConnectionMetaData) {
      waiting.put(connection, new Headers());
    }
  }

  @Override
  public void onClosed(Connection connection) {
    waiting.remove(connection);
  }

  /** Closes those whose headers have taken too long; to be called every few seconds. */
  void closeSlow(long now) {
    waiting.forEach((connection, headers) -> {
      if (isSlow(connection, headers, now)) {
        connection.close();
      }
    });
  }

  private static boolean isSlow(Connection connection, Headers headers, long now) {
    synchronized (headers) {
      if (headers.requests > 0 || connection.getBytesIn() == headers.bytes) {
        headers.since = 0;
        return false;
      }
      if (headers.since == 0) {
        headers.since = now;
      }
      return now - headers.since > HEADERS;
    }
  }
}
