package io.github.mobilenet4j.hub;

import java.nio.file.Path;

/** Is told of downloads, on the thread that asked for them. */
public interface DownloadListener {
  /** Ignores everything. */
  DownloadListener SILENT = new DownloadListener() {};

  /**
   * A file begins to arrive, or continues where it broke off.
   *
   * @param url where it comes from
   * @param file where it will lie
   * @param done how many bytes are there already
   * @param bytes how many it will have, -1 if the server does not say
   */
  default void begins(String url, Path file, long done, long bytes) {}

  /**
   * More has arrived.
   *
   * @param done how many bytes are there by now
   */
  default void progress(long done) {}

  /** The file is there, whole and checked. */
  default void ends(Path file) {}

  /**
   * Something went wrong that may pass: a connection, a busy server, another process's download.
   */
  default void waits(String why) {}
}
