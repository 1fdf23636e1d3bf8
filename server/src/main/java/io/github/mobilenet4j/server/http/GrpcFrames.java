package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;

/** Calls of gRPC with one message each way, as they stand in HTTP/2. */
final class GrpcFrames {
  private static final String TYPE = "application/grpc";
  private static final String STATUS = "grpc-status";
  private static final String MESSAGE = "grpc-message";
  private static final int HEADER = 5;

  private GrpcFrames() {}

  static boolean isGrpc(Request request) {
    String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    return type != null && type.startsWith(TYPE);
  }

  /**
   * Returns the message of a request.
   *
   * @throws Refusal if the body is something else than one message that is not compressed
   */
  static ByteBuffer message(byte[] body) {
    ByteBuffer frame = ByteBuffer.wrap(body);
    if (frame.remaining() < HEADER) {
      throw Refusal.bad("the body has no message");
    }
    byte compressed = frame.get();
    if (compressed != 0) {
      throw new Refusal(
          compressed == 1 ? Reason.UNIMPLEMENTED : Reason.BAD_REQUEST,
          "the message is compressed, expected one that is not");
    }
    int length = frame.getInt();
    if (length != frame.remaining()) {
      throw Refusal.bad(
          "the message has %s bytes, expected the %s of its header"
              .formatted(frame.remaining(), Integer.toUnsignedString(length)));
    }
    return frame.slice();
  }

  /**
   * Returns how long the caller waits, if it says so.
   *
   * @throws Refusal if the header is none
   */
  static Optional<Duration> timeout(Exchange exchange) {
    Optional<String> header = exchange.header("grpc-timeout");
    if (header.isEmpty()) {
      return Optional.empty();
    }
    String text = header.get();
    if (!text.matches("\\d{1,8}[HMSmun]")) {
      throw Refusal.bad("grpc-timeout is %s".formatted(Refusal.abridged(text)));
    }
    ChronoUnit unit =
        switch (text.charAt(text.length() - 1)) {
          case 'H' -> ChronoUnit.HOURS;
          case 'M' -> ChronoUnit.MINUTES;
          case 'S' -> ChronoUnit.SECONDS;
          case 'm' -> ChronoUnit.MILLIS;
          case 'u' -> ChronoUnit.MICROS;
          default -> ChronoUnit.NANOS;
        };
    long most = Duration.ofDays(1).dividedBy(unit.getDuration());
    return Optional.of(
        Duration.of(Math.min(Long.parseLong(text, 0, text.length() - 1, 10), most), unit));
  }

  /**
   * Answers with a message.
   *
   * @param frame of which the first 5 bytes are left free for its header
   */
  static void send(Exchange exchange, ByteBuffer frame) throws IOException {
    frame.put(0, (byte) 0).putInt(1, frame.remaining() - HEADER);
    begin(exchange);
    HttpFields trailers = HttpFields.build().put(STATUS, "0").asImmutable();
    exchange.response().setTrailersSupplier(() -> trailers);
    exchange.write(false, frame);
    // With trailers, Jetty sends only the first frame of a last write.
    exchange.write(true, ByteBuffer.allocate(0));
  }

  /** Says why there is no answer. */
  static void refuse(Exchange exchange, Refusal refusal) throws IOException {
    begin(exchange);
    Refusals.retryLater(exchange, refusal);
    exchange
        .set(STATUS, Integer.toString(refusal.reason().grpc()))
        .set(MESSAGE, percentEncoded(String.valueOf(refusal.getMessage())));
    exchange.write(true, ByteBuffer.allocate(0));
  }

  private static void begin(Exchange exchange) {
    exchange.response().setStatus(200);
    exchange.set(HttpHeader.CONTENT_TYPE.asString(), TYPE + "+proto");
  }

  private static String percentEncoded(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b <= '~' && b != '%') {
        encoded.append((char) b);
      } else {
        encoded.append("%%%02X".formatted(b & 0xff));
      }
    }
    return encoded.toString();
  }
}
