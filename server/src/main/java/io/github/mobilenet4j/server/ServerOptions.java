package io.github.mobilenet4j.server;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * How the server listens, and what it allows.
 *
 * @param address where, and for whom
 * @param limits of requests
 * @param work how models run
 * @param life how it ends
 */
public record ServerOptions(Address address, Limits limits, Work work, Life life) {
  /** On loopback, port 8080, with the limits that {@link Limits} says. */
  public static final ServerOptions DEFAULT =
      new ServerOptions(Address.DEFAULT, Limits.DEFAULT, Work.DEFAULT, Life.DEFAULT);

  /**
   * Where it listens, and for whom.
   *
   * @param host the name or address to listen on; 0.0.0.0 for all
   * @param port 0 for any that is free
   * @param token that callers have to have; empty for none
   * @param hosts that requests may be for; empty for those of loopback on loopback, and else for
   *     any
   * @param origins whose pages may call, such as {@code https://example.org}
   * @param tls certificate and key; empty for plain HTTP
   */
  public record Address(
      String host,
      int port,
      Optional<String> token,
      Set<String> hosts,
      Set<String> origins,
      Optional<Tls> tls) {
    /** Loopback, port 8080. */
    public static final Address DEFAULT =
        new Address("127.0.0.1", 8080, Optional.empty(), Set.of(), Set.of(), Optional.empty());

    /** Returns the same on another port. */
    public Address withPort(int other) {
      return new Address(host, other, token, hosts, origins, tls);
    }
  }

  /**
   * What proves whose server it is.
   *
   * @param certificate a PEM file, with the certificates between it and the root
   * @param key a PEM file of its private key, PKCS#8 without a password
   */
  public record Tls(Path certificate, Path key) {}

  /**
   * What requests may ask for; all ≥ 1 but {@code imagesPerClient}.
   *
   * @param bodyBytes of one request
   * @param bodiesBytes of all requests under way
   * @param reading pixels of one image, and all else that decoding may take
   * @param pixels of all images under way
   * @param images under way
   * @param imagesPerClient of one address under way; 0 for no limit
   * @param connections at once
   * @param bytesPerSecond that a body has to come with at least
   */
  public record Limits(
      long bodyBytes,
      long bodiesBytes,
      ReadLimits reading,
      long pixels,
      int images,
      int imagesPerClient,
      int connections,
      long bytesPerSecond) {
    /**
     * 32 MiB a body, a quarter of the heap for all; {@link ReadLimits#standard}, and four images of
     * as many pixels at once; 256 images; 4096 connections; 1000 bytes a second.
     */
    public static final Limits DEFAULT = of(ReadLimits.standard());

    private static Limits of(ReadLimits reading) {
      return new Limits(
          32L << 20,
          Runtime.getRuntime().maxMemory() / 4,
          reading,
          4 * reading.of(ReadLimits.Limit.PIXELS),
          256,
          0,
          4096,
          1000);
    }

    /**
     * Checks every value.
     *
     * @throws MobileNetException if one is below 1, or a body has more bytes than an array
     */
    public Limits {
      Positive.require("bytes of a body", bodyBytes);
      Positive.require("bytes of all bodies", bodiesBytes);
      Positive.require("pixels", pixels);
      Positive.require("images", images);
      Positive.require("connections", connections);
      Positive.require("bytes a second", bytesPerSecond);
      if (bodyBytes > MOST_BYTES) {
        throw new MobileNetException(
            "a body has %s bytes, expected at most %s".formatted(bodyBytes, MOST_BYTES));
      }
    }

    private static final long MOST_BYTES = 1 << 30;
  }

  /**
   * How models run.
   *
   * @param threads that compute, 1 to the number of processors: images of their own under load, all
   *     together what comes alone
   * @param batch the most images that one computes at once; 0 for four
   * @param deadline how long a request that says nothing else waits to be begun
   */
  public record Work(int threads, int batch, Duration deadline) {
    /** All processors, four images each, a second. */
    public static final Work DEFAULT =
        new Work(Runtime.getRuntime().availableProcessors(), 0, Duration.ofSeconds(1));

    private static final int IMAGES = 4;

    /**
     * Checks every value.
     *
     * @throws MobileNetException if one is too small
     */
    public Work {
      Positive.require("threads", threads);
      Positive.require("the deadline in nanoseconds", deadline.toNanos());
      threads = Math.min(threads, Runtime.getRuntime().availableProcessors());
      batch = batch > 0 ? batch : IMAGES;
    }
  }

  /**
   * How it ends.
   *
   * @param notice how long it still answers everything when it is no longer ready, so that who
   *     sends it requests can learn of that
   * @param finish how long it waits at most for what is under way then
   */
  public record Life(Duration notice, Duration finish) {
    /** One second, and thirty. */
    public static final Life DEFAULT = new Life(Duration.ofSeconds(1), Duration.ofSeconds(30));
  }

  /** Returns the same listening elsewhere. */
  public ServerOptions with(Address other) {
    return new ServerOptions(other, limits, work, life);
  }

  /** Returns the same with other limits. */
  public ServerOptions with(Limits other) {
    return new ServerOptions(address, other, work, life);
  }

  /** Returns the same that works otherwise. */
  public ServerOptions with(Work other) {
    return new ServerOptions(address, limits, other, life);
  }

  /** Returns the same that ends otherwise. */
  public ServerOptions with(Life other) {
    return new ServerOptions(address, limits, work, other);
  }
}
