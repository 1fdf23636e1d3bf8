package io.github.mobilenet4j.hub;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An HTTP server on this machine that says what a test has it say, byte for byte: also what no
 * honest server would. One request a connection.
 */
final class HubServer implements AutoCloseable {
  /**
   * A request that came.
   *
   * @param headers by name in lower case
   */
  record Request(String target, Map<String, String> headers) {
    String header(String name) {
      return headers.get(name.toLowerCase(Locale.ROOT));
    }
  }

  /** Writes an answer, status line and all. */
  interface Reply {
    void to(Request request, OutputStream out) throws IOException, InterruptedException;
  }

  final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Map<String, Deque<Reply>> replies = new ConcurrentHashMap<>();
  private final ServerSocket socket;

  HubServer() throws IOException {
    socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + socket.getLocalPort());
  }

  /** Answers requests of a target, the last reply as often as need be. */
  void on(String target, Reply... inTurn) {
    replies.put(target, new ArrayDeque<>(Arrays.asList(inTurn)));
  }

  /** Returns the targets that were asked for, in order. */
  List<String> targets() {
    return requests.stream().map(Request::target).toList();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      } catch (IOException _) {
        return;
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
      String target = in.readLine().split(" ")[1];
      Map<String, String> headers = new TreeMap<>();
      for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
        String[] header = line.split(": *", 2);
        headers.put(header[0].toLowerCase(Locale.ROOT), header[1]);
      }
      Request request = new Request(target, headers);
      requests.add(request);
      Reply reply = next(target);
      reply.to(request, connection.getOutputStream());
      connection.getOutputStream().flush();
    } catch (IOException | InterruptedException _) {
      // The client has gone.
    }
  }

  private synchronized Reply next(String target) {
    Deque<Reply> queue = replies.getOrDefault(target, new ArrayDeque<>(List.of(status(404))));
    return queue.size() > 1 ? queue.poll() : queue.peek();
  }

  static Reply status(int status, String... headers) {
    return (_, out) -> head(out, status, 0, headers);
  }

  static Reply redirect(String to, String... headers) {
    String[] all = Arrays.copyOf(headers, headers.length + 1);
    all[headers.length] = "Location: " + to;
    return status(302, all);
  }

  static Reply text(String text) {
    return ok(text.getBytes(StandardCharsets.UTF_8));
  }

  static Reply ok(byte[] body, String... headers) {
    return (_, out) -> {
      head(out, 200, body.length, headers);
      out.write(body);
    };
  }

  /** A file of which parts can be had, as long as its tag is the same. */
  static Reply file(byte[] body, String tag) {
    return cut(body, tag, body.length);
  }

  /**
   * The same, but the connection breaks off at a position in the file: a moment after it was
   * reached, for a client that learns of the end may drop what it has not looked at yet.
   */
  static Reply cut(byte[] body, String tag, int at) {
    return (request, out) -> {
      String range = request.header("Range");
      if (range == null || !("\"" + tag + "\"").equals(request.header("If-Range"))) {
        head(out, 200, body.length, "ETag: \"" + tag + "\"");
        out.write(body, 0, at);
        pauseBefore(body.length - at);
        return;
      }
      int from = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
      head(
          out,
          206,
          body.length - from,
          "ETag: \"" + tag + "\"",
          "Content-Range: bytes %s-%s/%s".formatted(from, body.length - 1, body.length));
      out.write(body, Math.min(from, at), Math.max(0, at - from));
      pauseBefore(body.length - at);
    };
  }

  private static void pauseBefore(int missing) throws InterruptedException {
    if (missing > 0) {
      Thread.sleep(250);
    }
  }

  /** A body of no announced length that does not end. */
  static Reply endless() {
    return (_, out) -> {
      head(out, 200, -1, "Transfer-Encoding: chunked", "ETag: \"e\"");
      while (true) {
        out.write("400\r\n%s\r\n".formatted(" ".repeat(1024)).getBytes(StandardCharsets.US_ASCII));
      }
    };
  }

  /** A body of which a byte comes now and then. */
  static Reply drip(byte[] body) {
    return (_, out) -> {
      head(out, 200, body.length, "ETag: \"d\"");
      for (byte b : body) {
        out.write(b);
        out.flush();
        Thread.sleep(20);
      }
    };
  }

  /** Takes the request and never answers. */
  static Reply silence() {
    return (_, _) -> Thread.sleep(60_000);
  }

  private static void head(OutputStream out, int status, long length, String... headers)
      throws IOException {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " -\r\nConnection: close\r\n");
    if (length >= 0) {
      head.append("Content-Length: ").append(length).append("\r\n");
    }
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
