package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.MobileNetException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.CustomRequestLog;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.CrossOriginHandler;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** Jetty: HTTP/1.1 and HTTP/2 on one port, a virtual thread for each request. */
public final class Listener implements AutoCloseable {
  /**
   * How it listens.
   *
   * @param host the name or address to listen on
   * @param port 0 for any that is free
   * @param connections at once
   * @param origins whose pages may call
   * @param tls empty for plain HTTP
   */
  public record Settings(
      String host, int port, int connections, Set<String> origins, Optional<PemFiles> tls) {}

  /**
   * What proves whose server it is.
   *
   * @param certificate with those between it and the root
   * @param key its private key
   */
  public record PemFiles(Path certificate, Path key) {}

  private static final int HEADER_BYTES = 8 << 10;
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final int STREAMS = 128;
  private static final int SWEEP_SECONDS = 2;

  /** Who, when, what, how it ended, how much was sent, in how many microseconds. */
  private static final String LOG =
      "%{client}a %{yyyy-MM-dd'T'HH:mm:ss'Z'|UTC}t \"%r\" %s %O %{us}T";

  private final Server server;
  private final ServerConnector connector;
  private final Connections connections;

  /**
   * Makes it; it does not listen yet.
   *
   * @param handler of all requests
   * @throws MobileNetException if the certificate or the key cannot be used
   */
  public Listener(Settings settings, Handler handler) {
    QueuedThreadPool threads = new QueuedThreadPool();
    threads.setName("mobilenet4j-http");
    threads.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
    threads.setDaemon(true);
    server = new Server(threads);
    connections = new Connections(handler);
    connector = new ServerConnector(server, protocols(settings));
    connector.setHost(settings.host());
    connector.setPort(settings.port());
    connector.setIdleTimeout(IDLE.toMillis());
    connector.addBean(connections, false);
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(settings.connections(), connector));
    server.setErrorHandler(new ErrorAnswers());
    server.setHandler(settings.origins().isEmpty() ? connections : crossOrigin(settings.origins()));
  }

  private static ConnectionFactory[] protocols(Settings settings) {
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(HEADER_BYTES);
    http.setUriCompliance(UriCompliance.RFC3986);
    HttpConnectionFactory one = new HttpConnectionFactory(http);
    if (settings.tls().isEmpty()) {
      return new ConnectionFactory[] {one, bounded(new HTTP2CServerConnectionFactory(http))};
    }
    http.addCustomizer(new SecureRequestCustomizer(false));
    ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
    alpn.setDefaultProtocol(one.getProtocol());
    return new ConnectionFactory[] {
      new SslConnectionFactory(secure(settings.tls().get()), alpn.getProtocol()),
      alpn,
      bounded(new HTTP2ServerConnectionFactory(http)),
      one
    };
  }

  private static ConnectionFactory bounded(AbstractHTTP2ServerConnectionFactory http2) {
    http2.setMaxConcurrentStreams(STREAMS);
    return http2;
  }

  private static SslContextFactory.Server secure(PemFiles files) {
    // The key store is in memory alone, but has to have a password.
    String password = UUID.randomUUID().toString();
    SslContextFactory.Server secure = new SslContextFactory.Server();
    secure.setKeyStore(Pem.keyStore(files.certificate(), files.key(), password.toCharArray()));
    secure.setKeyStorePassword(password);
    return secure;
  }

  /** Has browsers told that pages of these origins may read what they ask for. */
  private Handler crossOrigin(Set<String> origins) {
    CrossOriginHandler handler = new CrossOriginHandler();
    handler.setAllowedOriginPatterns(
        origins.stream().map(Pattern::quote).collect(Collectors.toSet()));
    handler.setAllowedMethods(Set.of("GET", "HEAD", "POST", "PUT", "DELETE"));
    handler.setAllowedHeaders(Set.of("Content-Type", "Authorization", RestEndpoints.JSON_LENGTH));
    handler.setExposedHeaders(Set.of(RestEndpoints.JSON_LENGTH, "Retry-After"));
    handler.setAllowCredentials(false);
    handler.setHandler(connections);
    return handler;
  }

  /**
   * Has each request told in a line.
   *
   * @param lines takes them, on any thread
   */
  public void logTo(Consumer<String> lines) {
    server.setRequestLog(new CustomRequestLog(lines::accept, LOG));
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
      Throwable cause = e.getCause() instanceof BindException bind ? bind : e;
      throw new MobileNetException(
          "cannot listen on %s port %s: %s"
              .formatted(connector.getHost(), connector.getPort(), cause.getMessage()),
          e);
    }
    sweep();
  }

  private void sweep() {
    connections.closeSlow(System.nanoTime());
    if (server.isRunning()) {
      connector.getScheduler().schedule(this::sweep, SWEEP_SECONDS, TimeUnit.SECONDS);
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

  /** Returns how many requests are under way. */
  public int requests() {
    return connections.active();
  }

  /**
   * Takes no more connections, finishes the requests under way, and ends.
   *
   * @param most how long it waits for them
   */
  public void drain(Duration most) {
    server.setStopTimeout(most.toMillis());
    connector.setShutdownIdleTimeout(SHUTDOWN_IDLE.toMillis());
    close();
  }

  private static final Duration SHUTDOWN_IDLE = Duration.ofMillis(500);

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new MobileNetException("cannot stop the server: " + e.getMessage(), e);
    }
  }
}
