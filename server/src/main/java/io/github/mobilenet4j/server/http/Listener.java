package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** Jetty: HTTP/1.1 and HTTP/2 on one port, a virtual thread for each request. */
public final class Listener implements AutoCloseable {
  /**
   * What it allows.
   *
   * @param host the name or address to listen on
   * @param port 0 for any that is free
   * @param connections at once
   */
  public record Settings(String host, int port, int connections) {}

  private static final int HEADER_BYTES = 8 << 10;
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final int STREAMS = 128;

  private final Server server;
  private final ServerConnector connector;

  /**
   * Makes it; it does not listen yet.
   *
   * @param handler of all requests
   */
  public Listener(Settings settings, Handler handler) {
    QueuedThreadPool threads = new QueuedThreadPool();
    threads.setName("mobilenet4j-http");
    threads.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
    threads.setDaemon(true);
    server = new Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(HEADER_BYTES);
    http.setUriCompliance(UriCompliance.RFC3986);
    HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(http);
    http2.setMaxConcurrentStreams(STREAMS);
    connector =
        new ServerConnector(
            server, new ConnectionFactory[] {new HttpConnectionFactory(http), http2});
    connector.setHost(settings.host());
    connector.setPort(settings.port());
    connector.setIdleTimeout(IDLE.toMillis());
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(settings.connections(), connector));
    server.setErrorHandler(new ErrorAnswers());
    server.setHandler(handler);
  }

  /**
   * Listens.
   *
   * @throws MobileNetException if it cannot
   */
  public void start() {
    try {
      server.start();
    } catch (Exception e) {
      close();
      String reason =
          e instanceof IOException && e.getCause() instanceof BindException bind
              ? bind.getMessage()
              : e.getMessage();
      throw new MobileNetException(
          "cannot listen on %s port %s: %s"
              .formatted(connector.getHost(), connector.getPort(), reason),
          e);
    }
  }

  /** Returns the port it listens on. */
  public int port() {
    return connector.getLocalPort();
  }

  /** Returns how many connections there are. */
  public int connections() {
    return connector.getConnectedEndPoints().size();
  }

  /** Takes no more connections; those that are there go on. */
  public void stopAccepting() {
    try {
      connector.close();
    } catch (RuntimeException e) {
      throw new MobileNetException("cannot stop listening: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new MobileNetException("cannot stop the server: " + e.getMessage(), e);
    }
  }
}
