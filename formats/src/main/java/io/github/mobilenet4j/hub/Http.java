package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.MobileNetException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.UnknownHostException;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/**
 * GET requests to servers that need not be honest. An {@link IOException} is a failure that another
 * try may mend, a {@link MobileNetException} one that it will not.
 */
final class Http implements AutoCloseable {
  private static final int MOST_REDIRECTS = 10;
  private static final int MOST_OF_A_MESSAGE = 200;

  /** Slower than that, in bytes a second, a connection is given up. */
  private static final long LEAST_SPEED = 1024;

  private static final Pattern REMAINING = Pattern.compile(".*;\\s*t=(\\d{1,9}).*");

  private final HttpClient client;
  private final Duration patience;
  private final URI endpoint;
  private final Optional<String> token;

  /**
   * @param patience how long to wait for a connection, for an answer, and for some of its body
   * @param endpoint whom the token is for: it is sent to nobody else
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

  /** The server asks for another try, later. */
  static final class Busy extends IOException {
    private static final long serialVersionUID = 1L;

    /** How long it asks to wait, 0 if it does not say. */
    final long seconds;

    private Busy(String message, long seconds) {
      super(message);
      this.seconds = seconds;
    }
  }

  /**
   * Asks for a part of a file or all of it.
   *
   * @param headers of the request
   * @return an answer of status 200, 206 or 416
   * @throws IOException if another try may help
   * @throws MobileNetException if not
   */
  Answer get(URI url, Map<String, String> headers) throws IOException {
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
          response.body().close();
          at = redirected(at, response.headers().firstValue("Location").orElse(""));
        }
        default -> {
          response.body().close();
          throw refused(url, response);
        }
      }
    }
    throw new MobileNetException("%s: is redirected in a circle".formatted(url));
  }

  private HttpResponse<InputStream> send(URI url, Map<String, String> headers) throws IOException {
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
          "%s: no secure connection: %s".formatted(origin(url), e.getMessage()), e);
    } catch (IOException e) {
      throw new IOException(reason(url, e), e);
    }
  }

  private String reason(URI url, IOException e) {
    return switch (e) {
      case HttpTimeoutException _ ->
          "%s: no answer for %d s".formatted(url.getHost(), patience.toSeconds());
      case ConnectException _ when e.getCause() instanceof UnresolvedAddressException ->
          url.getHost() + ": unknown host (behind a proxy, set HTTPS_PROXY)";
      case ConnectException _ ->
          url.getAuthority() + ": no connection" + (e.getMessage() == null ? "" : said(e));
      case ProtocolException _ -> url.getHost() + said(e);
      default -> url.getHost() + ": the connection broke off" + said(e);
    };
  }

  private static String said(IOException e) {
    return ": "
        + (e.getMessage() == null ? e.getClass().getSimpleName() : printable(e.getMessage()));
  }

  /** In the clear a token goes no further than this machine. */
  private boolean isEndpoint(URI url) {
    return origin(url).equals(origin(endpoint)) && (isSecure(url) || isLoopback(url));
  }

  private static boolean isLoopback(URI url) {
    try {
      return InetAddress.getByName(url.getHost()).isLoopbackAddress();
    } catch (UnknownHostException _) {
      return false;
    }
  }

  private static boolean isSecure(URI url) {
    return "https".equalsIgnoreCase(url.getScheme());
  }

  private static String origin(URI url) {
    return (url.getScheme() + "://" + url.getAuthority()).toLowerCase(Locale.ROOT);
  }

  /** Returns where a redirect leads to, if that is somewhere to go. */
  static URI redirected(URI from, String location) {
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException _) {
      to = null;
    }
    boolean isWeb = to != null && ("http".equals(to.getScheme()) || "https".equals(to.getScheme()));
    if (location.isEmpty() || !isWeb || to.getHost() == null) {
      throw new MobileNetException(
          "%s: is redirected to '%s', expected an address".formatted(from, printable(location)));
    }
    if (isSecure(from) && !isSecure(to)) {
      throw new MobileNetException(
          "%s: is redirected to %s, which is not encrypted".formatted(origin(from), origin(to)));
    }
    return to;
  }

  /** Returns why there is no file, which may be a {@link MobileNetException} and then is thrown. */
  private IOException refused(URI url, HttpResponse<InputStream> response) {
    int status = response.statusCode();
    String said =
        "%s: status %d%s"
            .formatted(
                url,
                status,
                response
                    .headers()
                    .firstValue("X-Error-Message")
                    .map(message -> ": " + printable(message))
                    .orElse(""));
    if (status == 408 || status == 429 || status >= 500) {
      return new Busy(said, delay(response));
    }
    String advice =
        switch (status) {
          case 401, 403 ->
              token.isPresent()
                  ? ". There is no such model, or the token (HF_TOKEN) has no access to it"
                  : ". There is no such model, or access has to be asked for on its page; then a "
                      + "token in HF_TOKEN is needed";
          case 404, 410 -> ". There is no such model, revision or file";
          default -> "";
        };
    throw new MobileNetException(said + advice);
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
    String clean = text.replaceAll("[^\\x20-\\x7e]", "?");
    return clean.length() > MOST_OF_A_MESSAGE ? clean.substring(0, MOST_OF_A_MESSAGE) + "…" : clean;
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
          .flatMap(tag -> Checksum.ofName(tag.replace("\"", "")));
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
    int read(byte[] buffer) throws IOException {
      try {
        int n = last.body().read(buffer);
        received += Math.max(n, 0);
        if (slow) {
          throw new IOException("closed");
        }
        return n;
      } catch (IOException e) {
        throw new IOException(
            slow
                ? "%s: less than %d bytes a second".formatted(last.uri().getHost(), LEAST_SPEED)
                : "%s: the connection broke off".formatted(last.uri().getHost()),
            e);
      }
    }

    /**
     * Returns the whole body as text.
     *
     * @param most how many bytes it may have
     */
    byte[] all(int most) throws IOException {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      byte[] buffer = new byte[1 << 13];
      for (int n = read(buffer); n >= 0; n = read(buffer)) {
        all.write(buffer, 0, n);
        if (all.size() > most) {
          throw new MobileNetException(
              "%s: the answer is longer than %d bytes".formatted(url, most));
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
            last.body().close();
            return;
          }
          before = now;
        }
      } catch (InterruptedException | IOException _) {
        // Nobody interrupts it; what cannot be closed ends with the client.
      }
    }

    @Override
    public void close() throws IOException {
      closed.countDown();
      last.body().close();
    }
  }
}
