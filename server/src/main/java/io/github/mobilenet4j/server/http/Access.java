package io.github.mobilenet4j.server.http;

/** Who may call. */
public enum Access {
  /** Everybody, also without the token: whether the server is alive. */
  PUBLIC,
  /** Who has the token, if there is one. */
  INFERENCE,
  /**
   * Who has the token; everybody on this machine if there is none and the server listens on
   * loopback alone; else nobody. For all that changes the server, or writes to its disk.
   */
  MANAGEMENT
}
