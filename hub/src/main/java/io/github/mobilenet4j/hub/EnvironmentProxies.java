package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Proxies as most programs know them, which Java does not: {@code HTTPS_PROXY}, {@code HTTP_PROXY},
 * {@code ALL_PROXY} and {@code NO_PROXY}, in upper or lower case.
 */
final class EnvironmentProxies extends ProxySelector {
  private static final int USUAL_PORT = 80;

  private final Map<String, URI> proxies;
  private final List<String> exceptions;

  private EnvironmentProxies(Map<String, URI> proxies, List<String> exceptions) {
    this.proxies = proxies;
    this.exceptions = exceptions;
  }

  /**
   * Returns the proxies of an environment, or Java's own where that names none.
   *
   * @throws MobileNetException if an address is none
   */
  static ProxySelector of(Map<String, String> environment) {
    Map<String, URI> proxies = new HashMap<>();
    for (String scheme : List.of("http", "https")) {
      Stream.of(scheme + "_proxy", "all_proxy")
          .flatMap(name -> Stream.of(name, name.toUpperCase(Locale.ROOT)))
          .filter(name -> !environment.getOrDefault(name, "").isBlank())
          .findFirst()
          .ifPresent(name -> proxies.put(scheme, address(name, environment.get(name).strip())));
    }
    if (proxies.isEmpty()) {
      return ProxySelector.getDefault();
    }
    String exceptions =
        environment.getOrDefault("no_proxy", environment.getOrDefault("NO_PROXY", ""));
    return new EnvironmentProxies(
        proxies,
        Stream.of(exceptions.toLowerCase(Locale.ROOT).split(","))
            .map(String::strip)
            .filter(host -> !host.isEmpty())
            .toList());
  }

  private static URI address(String name, String value) {
    try {
      URI proxy = URI.create(value.contains("://") ? value : "http://" + value);
      if (proxy.getHost() != null && "http".equals(proxy.getScheme())) {
        return proxy;
      }
    } catch (IllegalArgumentException _) {
      // Not shown: it may hold a password.
    }
    throw new MobileNetException(name + ": expected an address such as http://proxy:3128");
  }

  @Override
  public List<Proxy> select(URI url) {
    URI proxy = proxies.get(url.getScheme());
    if (proxy == null || exceptions.stream().anyMatch(exception -> covers(exception, url))) {
      return List.of(Proxy.NO_PROXY);
    }
    int port = proxy.getPort() < 0 ? USUAL_PORT : proxy.getPort();
    return List.of(
        new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(), port)));
  }

  /** An exception is *, a host or what its name ends in, with a port or without. */
  private static boolean covers(String exception, URI url) {
    String host = url.getHost().toLowerCase(Locale.ROOT);
    String name = exception.replaceFirst(":\\d+$", "").replaceFirst("^\\*?\\.", "");
    int usualPort = "https".equals(url.getScheme()) ? 443 : 80;
    int port = url.getPort() < 0 ? usualPort : url.getPort();
    boolean samePort = !exception.matches(".*:\\d+") || exception.endsWith(":" + port);
    return exception.equals("*") || samePort && (host.equals(name) || host.endsWith("." + name));
  }

  /** Returns what tells proxies the user and password that stand in their addresses. */
  Optional<Authenticator> authenticator() {
    if (proxies.values().stream().allMatch(proxy -> proxy.getUserInfo() == null)) {
      return Optional.empty();
    }
    return Optional.of(
        new Authenticator() {
          @Override
          protected PasswordAuthentication getPasswordAuthentication() {
            return getRequestorType() == RequestorType.PROXY ? password() : null;
          }

          private PasswordAuthentication password() {
            return proxies.values().stream()
                .filter(proxy -> proxy.getUserInfo() != null)
                .filter(proxy -> proxy.getHost().equalsIgnoreCase(getRequestingHost()))
                .map(proxy -> proxy.getUserInfo().split(":", 2))
                .map(parts ->
                    new PasswordAuthentication(
                        parts[0], (parts.length > 1 ? parts[1] : "").toCharArray()))
                .findFirst()
                .orElse(null);
          }
        });
  }

  @Override
  public void connectFailed(URI url, SocketAddress proxy, IOException e) {
    // The failure of the request says so.
  }
}
