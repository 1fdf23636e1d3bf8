package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Visible;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/**
 * GET requests to servers that need not be honest. {@link TransientFailure} is a failure that
 * another try may mend, {@link MobileNetException} one that it will not.
 */
final class Http implements AutoCloseable {
  private static final int MOST_REDIRECTS = 10;
  private static final int MOST_PORT = 65_535;
  private static final Set<String> HERE = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final int MOST_OF_A_MESSAGE = 200;

  /** Slower than that, in bytes a second, a connection is given up. */
  private static final long LEAST_SPEED = 1024;

  private static final Pattern REMAINING = Pattern.compile(".*;\\s*t=(\\d{1,9}).*");

  private final HttpClient client;
  private final Duration patience;
  private final URI endpoint;
  private final Optional<String> token;

  /**
   * @param patience how long to wait for a connection, for an answer, and for the next of its body
   * @param endpoint the only server that the token is sent to
   */
  Http(ProxySelector proxies, Duration patience, URI endpoint, Optional<String> token) {
    this.patience = patience;
    this.endpoint = endpoint;
    this.token = token;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(patience)
            .proxy(proxies);
    if (proxies instanceof EnvironmentProxies named) {
      named.authenticator().ifPresent(builder::authenticator);
    }
    client = builder.build();
  }

  /**
   * Asks for a part of a file or all of it.
   *
   * @param headers of the request
   * @return an answer of status 200, 206 or 416
   * @throws TransientFailure if another try may help
   * @throws MobileNetException if none will
   */
  Answer get(URI url, Map<String, String> headers) throws TransientFailure {
    List<HttpResponse<InputStream>> chain = new ArrayList<>();
    URI at = url;
    while (chain.size() <= MOST_REDIRECTS) {
      HttpResponse<InputStream> response = send(at, headers);
      chain.add(response);
      switch (response.statusCode()) {
        case 200, 206, 416 -> {
          return new Answer(url, chain, patience);
        }
        case 301, 302, 303, 307, 308 -> {
          discard(response);
          at = redirected(at, response.headers().firstValue("Location").orElse(""));
        }
        default -> {
          discard(response);
          throw refused(url, response);
        }
      }
    }
    throw new MobileNetException("%s: is redirected in a circle".formatted(url));
  }

  private HttpResponse<InputStream> send(URI url, Map<String, String> headers)
      throws TransientFailure {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url)
            .timeout(patience)
            .header("User-Agent", "mobilenet4j")
            .header("Accept-Encoding", "identity");
    headers.forEach(request::header);
    if (isEndpoint(url)) {
      token.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
    }
    try {
      return client.send(request.build(), BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MobileNetException(url + ": interrupted", e);
    } catch (SSLException e) {
      throw new MobileNetException(
          "%s: no secure connection%s".formatted(origin(url), message(e)), e);
    } catch (IOException e) {
      throw new TransientFailure(reason(url, e), e);
    }
  }

  private String reason(URI url, IOException e) {
    return switch (e) {
      case HttpTimeoutException _ ->
          "%s: no answer for %s s".formatted(url.getHost(), patience.toSeconds());
      case ConnectException _ ->
          "%s: %s (behind a proxy, set HTTPS_PROXY%s)"
              .formatted(
                  url.getAuthority(),
                  isUnknownHost(e) ? "unknown host" : "no connection",
                  url.getAuthority().equals(endpoint.getAuthority())
                      ? "; for a mirror, HF_ENDPOINT"
                      : "");
      case ProtocolException _ -> url.getHost() + message(e);
      default -> url.getHost() + ": the connection broke off" + message(e);
    };
  }

  private static boolean isUnknownHost(Throwable e) {
    return e instanceof UnresolvedAddressException
        || e.getCause() != null && isUnknownHost(e.getCause());
  }

  private static String message(IOException e) {
    return ": "
        + (e.getMessage() == null ? e.getClass().getSimpleName() : printable(e.getMessage()));
  }

  /** In the clear a token goes no further than this machine. */
  private boolean isEndpoint(URI url) {
    return origin(url).equals(origin(endpoint)) && (isSecure(url) || HERE.contains(url.getHost()));
  }

  private static boolean isSecure(URI url) {
    return "https".equals(url.getScheme());
  }

  /** Returns whether an address is one that {@link #get} can go to. */
  static boolean isWeb(URI url) {
    return ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
        && url.getHost() != null
        && url.getPort() <= MOST_PORT;
  }

  private static String origin(URI url) {
    return (url.getScheme() + "://" + url.getAuthority()).toLowerCase(Locale.ROOT);
  }

  /** Returns where a redirect leads, if that is an address that may be followed. */
  static URI redirected(URI from, String location) {
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException _) {
      to = null;
    }
    if (location.isEmpty() || to == null || !isWeb(to)) {
      throw new MobileNetException(
          "%s: is redirected to '%s', expected an address"
              .formatted(origin(from), printable(location)));
    }
    if (isSecure(from) && !isSecure(to)) {
      throw new MobileNetException(
          "%s: is redirected to %s, which is not encrypted".formatted(origin(from), origin(to)));
    }
    return to;
  }

  /** Returns why there is no file at the moment, or throws why there is none at all. */
  private TransientFailure refused(URI url, HttpResponse<InputStream> response) {
    int status = response.statusCode();
    String reason =
        "%s: status %s%s"
            .formatted(
                url,
                status,
                response
                    .headers()
                    .firstValue("X-Error-Message")
                    .map(message -> ": " + printable(message))
                    .orElse(""));
    if (status == 408 || status == 429 || status >= 500) {
      return new TransientFailure(reason, delay(response));
    }
    String advice =
        switch (status) {
          case 401, 403 ->
              token.isPresent()
                  ? ". There is no such model, or the token (HF_TOKEN) has no access to it"
                  : ". There is no such model, or it is one of Hugging Face's hub for which a token"
                      + " is needed (HF_TOKEN), and perhaps consent on its page";
          case 404, 410 -> ". There is no such model, revision or file";
          default -> "";
        };
    throw new MobileNetException(reason + advice);
  }

  /** Retry-After in seconds (RFC 9110), or the hub's own RateLimit: "api";r=0;t=55. */
  private static long delay(HttpResponse<?> response) {
    String after = response.headers().firstValue("Retry-After").orElse("").strip();
    if (after.matches("\\d{1,9}")) {
      return Long.parseLong(after);
    }
    Matcher limit = REMAINING.matcher(response.headers().firstValue("RateLimit").orElse(""));
    return limit.matches() ? Long.parseLong(limit.group(1)) : 0;
  }

  /** Returns a server's words as they stand in a message. */
  private static String printable(String text) {
    return Visible.of(text, MOST_OF_A_MESSAGE);
  }

  /** Closes an answer whose body is not wanted. */
  private static void discard(HttpResponse<InputStream> response) {
    try {
      response.body().close();
    } catch (IOException _) {
      // Its body was not wanted.
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }

  /** An answer whose body is given up when it comes too slowly. */
  static final class Answer implements AutoCloseable {
    private final URI url;
    private final List<HttpResponse<InputStream>> chain;
    private final HttpResponse<InputStream> last;
    private final Duration patience;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile long received;
    private volatile boolean slow;

    private Answer(URI url, List<HttpResponse<InputStream>> chain, Duration patience) {
      this.url = url;
      this.chain = chain;
      this.last = chain.getLast();
      this.patience = patience;
      Thread.ofVirtual().start(this::watch);
    }

    int status() {
      return last.statusCode();
    }

    Optional<String> header(String name) {
      return last.headers().firstValue(name);
    }

    /** Returns how long the body is, -1 if the server does not say. */
    long length() {
      return header("Content-Length")
          .filter(text -> text.matches("\\d{1,18}"))
          .map(Long::valueOf)
          .orElse(-1L);
    }

    /**
     * Returns what the Hugging Face hub says of the whole file, before it redirects to where large
     * files lie.
     */
    Optional<Checksum> hubChecksum() {
      return chain.stream()
          .map(HttpResponse::headers)
          .flatMap(headers ->
              Stream.of("X-Linked-ETag", "ETag").flatMap(n -> headers.firstValue(n).stream()))
          .findFirst()
          .flatMap(tag -> Checksum.ofName(tag.replaceFirst("^W/", "").replace("\"", "")));
    }

    /** Returns what Google's storage says of the whole file. */
    Optional<Checksum> googleChecksum() {
      return last.headers().allValues("X-Goog-Hash").stream()
          .flatMap(values -> Stream.of(values.split(",")))
          .map(String::strip)
          .filter(value -> value.startsWith("md5="))
          .flatMap(value -> md5(value.substring("md5=".length())).stream())
          .findFirst();
    }

    private static Optional<Checksum> md5(String base64) {
      try {
        byte[] digest = Base64.getDecoder().decode(base64);
        return Optional.of(new Checksum(Checksum.Kind.MD5, HexFormat.of().formatHex(digest)));
      } catch (IllegalArgumentException _) {
        return Optional.empty();
      }
    }

    /** Reads as {@link InputStream#read(byte[])}. */
    int read(byte[] buffer) throws TransientFailure {
      try {
        int n = last.body().read(buffer);
        received += Math.max(n, 0);
        if (slow) {
          throw new IOException("closed");
        }
        return n;
      } catch (IOException e) {
        throw new TransientFailure(
            slow
                ? "%s: less than %s bytes a second".formatted(last.uri().getHost(), LEAST_SPEED)
                : "%s: the connection broke off".formatted(last.uri().getHost()),
            e);
      }
    }

    /**
     * Returns the whole body as text.
     *
     * @param most how many bytes it may have
     */
    byte[] all(int most) throws TransientFailure {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      byte[] buffer = new byte[1 << 13];
      for (int n = read(buffer); n >= 0; n = read(buffer)) {
        all.write(buffer, 0, n);
        if (all.size() > most) {
          throw new MobileNetException(
              "%s: the answer is longer than %s bytes".formatted(url, most));
        }
      }
      return all.toByteArray();
    }

    private void watch() {
      long least = Math.max(1, LEAST_SPEED * patience.toMillis() / 1000);
      long before = 0;
      try {
        while (!closed.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
          long now = received;
          if (now - before < least) {
            slow = true;
            discard(last);
            return;
          }
          before = now;
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e); // nobody knows this thread
      }
    }

    @Override
    public void close() {
      closed.countDown();
      discard(last);
    }
  }
}
