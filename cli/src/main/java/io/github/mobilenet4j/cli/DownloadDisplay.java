package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.hub.DownloadListener;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;

/**
 * Says what is downloaded from where to where; on a terminal a bar shows how far a large file is.
 */
final class DownloadDisplay implements DownloadListener, AutoCloseable {
  private static final long MEGABYTE = 1_000_000;

  private final PrintWriter err;
  private ProgressBar bar;

  DownloadDisplay(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void begins(String url, Path file, long done, long bytes) {
    close();
    String size = bytes < 0 ? "" : " (%s)".formatted(megabytes(bytes));
    String rest = done == 0 ? "" : ", going on after " + megabytes(done);
    Errors.report(err, "downloading %s%s to %s%s".formatted(url, size, file, rest));
    if ((bytes < 0 || bytes >= MEGABYTE) && Terminal.isThere()) {
      bar =
          Terminal.bar(file.getFileName().toString())
              .setInitialMax(bytes)
              .startsFrom(done, Duration.ZERO)
              .setUnit(" MB", MEGABYTE)
              .showSpeed()
              .build();
    }
  }

  @Override
  public void progress(long done) {
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  @Override
  public void ends(Path file) {
    close();
  }

  @Override
  public void waits(String why) {
    close();
    Errors.report(err, why);
  }

  private static String megabytes(long bytes) {
    return bytes < MEGABYTE
        ? Numbers.fixed(bytes / 1e3, 1) + " kB"
        : Numbers.fixed(bytes / 1e6, 1) + " MB";
  }

  /** Removes the bar. */
  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
