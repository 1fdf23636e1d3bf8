package io.github.mobilenet4j.server.protocol;

import io.github.mobilenet4j.MobileNetException;
import org.jspecify.annotations.Nullable;

/** Why a request gets no result: said to the caller, as a status of HTTP or of gRPC. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MOST_OF_A_TEXT = 80;

  /** What kind of reason, and what it is called in both protocols. */
  public enum Reason {
    BAD_REQUEST(400, 3),
    UNAUTHENTICATED(401, 16),
    FORBIDDEN(403, 7),
    NOT_FOUND(404, 5),
    METHOD(405, 12),
    TOO_SLOW(408, 4),
    /** The body has more bytes than are read. */
    BODY(413, 8),
    MEDIA_TYPE(415, 3),
    /** It came for another host. */
    HOST(421, 7),
    /** An image has more pixels than are decoded. */
    PIXELS(422, 3),
    /** A client has more under way than its share. */
    CLIENT(429, 8),
    INTERNAL(500, 13),
    UNIMPLEMENTED(501, 12),
    /** The queue is full, or there is no memory for another body or image. */
    OVERLOAD(503, 8),
    /** It could not be, or was not, answered in time. */
    DEADLINE(503, 4),
    /** A model is not ready, or the server ends. */
    NOT_READY(503, 14);

    private final int http;
    private final int grpc;

    Reason(int http, int grpc) {
      this.http = http;
      this.grpc = grpc;
    }

    /** Returns the status of HTTP. */
    public int http() {
      return http;
    }

    /** Returns the status of gRPC. */
    public int grpc() {
      return grpc;
    }

    /** Returns whether the same request may well succeed a little later. */
    public boolean passes() {
      return http == 503 || http == 429;
    }
  }

  private final Reason reason;

  /**
   * @param message what was found, what was expected
   */
  public Refusal(Reason reason, String message) {
    this(reason, message, null);
  }

  /**
   * @param message what was found, what was expected
   * @param cause what another part reported, may be null
   */
  public Refusal(Reason reason, String message, @Nullable Throwable cause) {
    // Refusing has to be cheap: without a stack trace.
    super(message, cause, false, false);
    this.reason = reason;
  }

  /** Returns a refusal of what the caller got wrong. */
  public static Refusal bad(String message) {
    return new Refusal(Reason.BAD_REQUEST, message);
  }

  /** Returns a text from outside as it stands in a message. */
  public static String abridged(Object text) {
    return MobileNetException.abridged(String.valueOf(text), MOST_OF_A_TEXT);
  }

  /** Returns what kind of reason it is. */
  public Reason reason() {
    return reason;
  }
}
