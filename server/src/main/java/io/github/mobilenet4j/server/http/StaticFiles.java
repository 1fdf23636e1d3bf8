package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Files of a jar as pages. Which there are is decided by a class loader, of names that cannot leave
 * their folder.
 */
public final class StaticFiles {
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html;charset=utf-8",
          "css", "text/css;charset=utf-8",
          "js", "text/javascript;charset=utf-8",
          "json", "application/json",
          "svg", "image/svg+xml",
          "png", "image/png",
          "jpg", "image/jpeg",
          "yaml", "application/yaml",
          "txt", "text/plain;charset=utf-8");

  private final Class<?> owner;
  private final String folder;

  /**
   * @param owner whose resources they are
   * @param folder relative to the owner's package, empty for that itself
   */
  public StaticFiles(Class<?> owner, String folder) {
    this.owner = owner;
    this.folder = folder;
  }

  /**
   * Returns the address of one file.
   *
   * @param path the address
   * @param file in the folder
   */
  public Route file(String path, String file) {
    return new Route("GET", path, Access.PUBLIC, exchange -> send(exchange, file));
  }

  /**
   * Returns the addresses of all files.
   *
   * @param path which ends with {@code {file...}}
   * @param index what stands at the empty name
   */
  public Route folder(String path, String index) {
    return new Route(
        "GET",
        path,
        Access.PUBLIC,
        exchange ->
            send(exchange, exchange.optionalPath("file").filter(f -> !f.isEmpty()).orElse(index)));
  }

  private void send(Exchange exchange, String file) throws IOException {
    String type = TYPES.get(file.substring(file.lastIndexOf('.') + 1));
    if (type == null || !file.matches("([A-Za-z0-9_-]+/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")) {
      throw nothing();
    }
    try (InputStream in =
        owner.getResourceAsStream(folder.isEmpty() ? file : folder + "/" + file)) {
      if (in == null) {
        throw nothing();
      }
      exchange.set("Cache-Control", "no-cache");
      exchange.send(200, type, ByteBuffer.wrap(in.readAllBytes()));
    }
  }

  private static Refusal nothing() {
    return new Refusal(Reason.NOT_FOUND, "there is nothing at this address");
  }
}
