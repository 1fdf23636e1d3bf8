package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.server.batching.Budget;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Blocker;

/** A request and its answer, for an {@link Endpoint}. */
public final class Exchange implements AutoCloseable {
  /** What JSON is called in HTTP. */
  public static final String JSON = "application/json";

  /**
   * What is allowed of a body.
   *
   * @param bytes the most
   * @param bytesPerSecond that have to come at least
   * @param grace nanoseconds more that it may take
   */
  record BodyLimits(long bytes, long bytesPerSecond, long grace) {}

  private static final int FIRST = 16 << 10;

  private final Request request;
  private final Response response;
  private final Map<String, String> path;
  private final Budget budget;
  private final BodyLimits limits;
  private long held;

  Exchange(
      Request request,
      Response response,
      Map<String, String> path,
      Budget budget,
      BodyLimits limits) {
    this.request = request;
    this.response = response;
    this.path = path;
    this.budget = budget;
    this.limits = limits;
  }

  /** Returns Jetty's request, for what is not here. */
  public Request request() {
    return request;
  }

  /** Returns Jetty's response, for what is not here. */
  public Response response() {
    return response;
  }

  /** Returns what stands for a name in the route's path. */
  public String path(String name) {
    return path.get(name);
  }

  /** Returns what stands for a name in the route's path, if it has that name. */
  public Optional<String> optionalPath(String name) {
    return Optional.ofNullable(path.get(name));
  }

  /** Returns a header, if it is there. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(request.getHeaders().get(name));
  }

  /** Returns the media type of the body, in lower case and without parameters, if it is said. */
  public Optional<String> mediaType() {
    return header(HttpHeader.CONTENT_TYPE.asString())
        .map(type -> HttpField.stripParameters(type).strip().toLowerCase(Locale.ROOT));
  }

  /**
   * Returns a parameter behind the question mark, if it is there.
   *
   * @throws Refusal if the parameters are not well formed
   */
  public Optional<String> query(String name) {
    try {
      return Optional.ofNullable(Request.extractQueryParameters(request).getValue(name));
    } catch (RuntimeException e) {
      throw new Refusal(Reason.BAD_REQUEST, "the parameters behind ? are not well formed", e);
    }
  }

  /** Returns the address of the caller. */
  public String client() {
    return Request.getRemoteAddr(request);
  }

  /**
   * Returns the body, to its end. It counts as memory under way until this is closed.
   *
   * @throws Refusal if it is larger than allowed, or there is no memory for it now
   * @throws IOException if the connection breaks
   */
  public byte[] body() throws IOException {
    long length = request.getLength();
    if (length > limits.bytes()) {
      throw tooLarge();
    }
    long begin = System.nanoTime();
    byte[] body = new byte[0];
    int count = 0;
    while (true) {
      long most = limits.grace() + 1_000_000_000L * count / limits.bytesPerSecond();
      Content.Chunk chunk = BodyReader.next(request, begin + most - System.nanoTime());
      if (chunk == null) {
        throw new Refusal(
            Reason.TOO_SLOW,
            "%s bytes of the body have come, expected at least %s a second"
                .formatted(count, limits.bytesPerSecond()));
      }
      try {
        if (Content.Chunk.isFailure(chunk)) {
          throw chunk.getFailure() instanceof IOException e
              ? e
              : new IOException(chunk.getFailure());
        }
        int more = chunk.remaining();
        if ((long) count + more > limits.bytes()) {
          throw tooLarge();
        }
        if (count + more > body.length) {
          body = grown(body, count, more, length);
        }
        chunk.get(body, count, more);
        count += more;
        if (chunk.isLast()) {
          return count == body.length ? body : Arrays.copyOf(body, count);
        }
      } finally {
        chunk.release();
      }
    }
  }

  /** Takes memory for all that is announced, or for twice as much as there is. */
  private byte[] grown(byte[] body, int count, int more, long announced) {
    long larger = Math.max(count + more, announced >= 0 ? announced : Math.max(FIRST, 2L * count));
    int size = (int) Math.min(larger, limits.bytes());
    hold(size - body.length);
    return Arrays.copyOf(body, size);
  }

  private void hold(long bytes) {
    budget.take(bytes);
    held += bytes;
  }

  private Refusal tooLarge() {
    return new Refusal(
        Reason.BODY,
        "the body is larger than the %s bytes that are read".formatted(limits.bytes()));
  }

  /** Sets a header of the answer. */
  public Exchange set(String name, String value) {
    response.getHeaders().put(name, value);
    return this;
  }

  /** Answers with JSON: a map, list, string, number, boolean or null. */
  public void json(int status, Object value) throws IOException {
    text(status, JSON, Json.text(value));
  }

  /** Answers with a text in UTF-8. */
  public void text(int status, String mediaType, String text) throws IOException {
    send(status, mediaType, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Answers with bytes. */
  public void send(int status, String mediaType, ByteBuffer body) throws IOException {
    response.setStatus(status);
    HttpFields.Mutable headers = response.getHeaders();
    headers.put(HttpHeader.CONTENT_TYPE, mediaType);
    headers.put(HttpHeader.CONTENT_LENGTH, body.remaining());
    write(true, request.getMethod().equals("HEAD") ? ByteBuffer.allocate(0) : body);
  }

  /**
   * Begins an answer that goes on for a while, such as server-sent events, and returns where it
   * goes; each flush sends what was written.
   */
  public OutputStream stream(int status, String mediaType) {
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, mediaType);
    return Response.asBufferedOutputStream(request, response);
  }

  /**
   * Writes a part of the answer, and waits until it is sent.
   *
   * @param last whether it ends here
   */
  void write(boolean last, ByteBuffer bytes) throws IOException {
    try (Blocker.Callback sent = Blocker.callback()) {
      response.write(last, bytes, sent);
      sent.block();
    }
  }

  /** Gives back the memory of the body. */
  @Override
  public void close() {
    budget.giveBack(held);
    held = 0;
  }
}
