package io.github.mobilenet4j.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Deque;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * A client that posts one body again and again: as fast as a number of callers can, or at a fixed
 * rate whatever the answers do. At a fixed rate a time begins when the request was due, so that a
 * server that stops for a while is charged for all that would have come meanwhile.
 */
final class HttpLoad implements AutoCloseable {
  private static final long MOST_MICROSECONDS = 600_000_000;

  private final int port;
  private final byte[] head;
  private final byte[] body;
  private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();

  /**
   * What came of it, in microseconds.
   *
   * @param answered times of answers with status 200
   * @param refused times of answers with status 503
   * @param failed how many had no answer, or another
   * @param seconds how long it took
   */
  record Result(Histogram answered, Histogram refused, long failed, double seconds) {
    double perSecond() {
      return answered.getTotalCount() / seconds;
    }

    /** Returns a quantile of the answers in milliseconds. */
    double milliseconds(double quantile) {
      return answered.getValueAtPercentile(100 * quantile) / 1000.0;
    }
  }

  private static final class Connection {
    private final Socket socket;
    private final InputStream in;

    Connection(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream());
    }
  }

  /**
   * @param headers of the request, each with its line's end
   */
  HttpLoad(int port, String path, String headers, byte[] body) {
    this.port = port;
    this.body = body;
    this.head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %s\r\n%s\r\n"
            .formatted(path, body.length, headers)
            .getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Posts once and returns the status. */
  int post() throws IOException {
    Connection connection = idle.pollFirst();
    if (connection == null) {
      connection = new Connection(port);
    }
    try {
      connection.socket.getOutputStream().write(head);
      connection.socket.getOutputStream().write(body);
      int status = answer(connection);
      idle.addFirst(connection);
      return status;
    } catch (IOException e) {
      connection.socket.close();
      throw e;
    }
  }

  private static int answer(Connection connection) throws IOException {
    int status = Integer.parseInt(line(connection.in).substring(9, 12));
    int length = 0;
    for (String line = line(connection.in); !line.isEmpty(); line = line(connection.in)) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(line.indexOf(':') + 1).strip());
      }
    }
    connection.in.skipNBytes(length);
    return status;
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the connection was closed");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  private final class Counting {
    private final Histogram answered = new ConcurrentHistogram(MOST_MICROSECONDS, 3);
    private final Histogram refused = new ConcurrentHistogram(MOST_MICROSECONDS, 3);
    private final AtomicLong failed = new AtomicLong();
    private final long begin = System.nanoTime();

    void post(long due) {
      try {
        int status = HttpLoad.this.post();
        long micros = Math.min((System.nanoTime() - due) / 1000, MOST_MICROSECONDS);
        switch (status) {
          case 200 -> answered.recordValue(micros);
          case 503 -> refused.recordValue(micros);
          default -> failed.incrementAndGet();
        }
      } catch (IOException e) {
        failed.incrementAndGet();
      }
    }

    Result result() {
      return new Result(answered, refused, failed.get(), (System.nanoTime() - begin) / 1e9);
    }
  }

  /** Has callers post, each as soon as it has its answer. */
  Result closed(int callers, Duration time) {
    Counting counting = new Counting();
    long end = counting.begin + time.toNanos();
    try (ExecutorService threads = Executors.newFixedThreadPool(callers)) {
      for (int i = 0; i < callers; i++) {
        threads.execute(() -> {
          for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
            counting.post(now);
          }
        });
      }
    }
    return counting.result();
  }

  /** Posts so many times a second, whether there were answers or not. */
  Result open(double perSecond, Duration time) {
    Counting counting = new Counting();
    long end = counting.begin + time.toNanos();
    double pause = 1e9 / perSecond;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      long due = counting.begin;
      for (int i = 0; due < end; due = counting.begin + Math.round(++i * pause)) {
        LockSupport.parkNanos(due - System.nanoTime());
        long start = due;
        threads.execute(() -> counting.post(start));
      }
    }
    return counting.result();
  }

  @Override
  public void close() throws IOException {
    for (Connection connection : idle) {
      connection.socket.close();
    }
  }
}
