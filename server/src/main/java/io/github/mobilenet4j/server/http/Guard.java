package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.HostPort;

/**
 * Who may call: a token, where there is one; and no page of another site, which a browser on this
 * machine may have open, and whose host's name may suddenly mean this machine.
 *
 * @param token empty for none
 * @param hosts the hosts that requests may be for, in lower case; empty for any
 * @param origins of pages that may call, such as {@code https://example.org}
 * @param loopback whether the server listens on loopback alone
 */
public record Guard(
    Optional<String> token, Set<String> hosts, Set<String> origins, boolean loopback) {
  private static final String BEARER = "bearer ";

  /**
   * Throws if a request may not be answered.
   *
   * @throws Refusal why
   */
  void check(Request request, Access access) {
    checkHost(request);
    checkOrigin(request);
    if (access == Access.PUBLIC) {
      return;
    }
    if (token.isPresent()) {
      checkToken(request, token.get());
    } else if (access == Access.MANAGEMENT && !loopback) {
      throw new Refusal(
          Reason.FORBIDDEN, "this needs a token, and the server was started without one");
    }
  }

  private void checkHost(Request request) {
    String name = host(request);
    if (!hosts.isEmpty() && !hosts.contains(name)) {
      throw new Refusal(
          Reason.HOST, "the request is for the host %s".formatted(Refusal.abridged(name)));
    }
  }

  private static String host(Request request) {
    String name = Request.getServerName(request);
    return name == null ? "" : name.toLowerCase(Locale.ROOT);
  }

  /** A browser says which site a page is of; others say nothing. */
  private void checkOrigin(Request request) {
    String origin = request.getHeaders().get(HttpHeader.ORIGIN);
    if (origin == null || origins.contains(origin)) {
      return;
    }
    String own =
        "%s://%s"
            .formatted(
                request.isSecure() ? "https" : "http",
                new HostPort(host(request), Request.getServerPort(request)));
    String ownWithoutPort = own.substring(0, own.lastIndexOf(':'));
    if (!origin.equalsIgnoreCase(own) && !origin.equalsIgnoreCase(ownWithoutPort)) {
      throw new Refusal(
          Reason.FORBIDDEN,
          "pages of %s may not call this server".formatted(Refusal.abridged(origin)));
    }
  }

  private static void checkToken(Request request, String token) {
    String given = request.getHeaders().get(HttpHeader.AUTHORIZATION);
    boolean isBearer = given != null && given.toLowerCase(Locale.ROOT).startsWith(BEARER);
    String found = isBearer ? given.substring(BEARER.length()).strip() : "";
    // In a time that does not tell how much of it is correct.
    if (!MessageDigest.isEqual(bytes(found), bytes(token))) {
      throw new Refusal(
          Reason.UNAUTHENTICATED,
          isBearer
              ? "the token is another"
              : "expected a token, as in Authorization: Bearer TOKEN");
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
