package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.files.Visible;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** The terminal that people look at, as the launcher found it. */
final class Terminal {
  private static final int USUAL_COLUMNS = 80;
  private static final int FEWEST_COLUMNS = 20;

  /** Room for the ^C that a terminal writes, lest the bar become two lines. */
  private static final int CTRL_C = 3;

  private Terminal() {}

  /** Returns whether the error stream is one. */
  static boolean isThere() {
    return Boolean.getBoolean("mobilenet4j.terminal");
  }

  /** Returns a bar of so many pictures, which vanishes in the end; null where nobody looks. */
  static ProgressBar bar(int images) {
    return isThere() ? bar("pictures").setInitialMax(images).build() : null;
  }

  /** Returns a bar to be built, which vanishes in the end. */
  static ProgressBarBuilder bar(String task) {
    // The library's own look at the terminal would take Ctrl-C away from the JVM.
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), false, StandardCharsets.UTF_8);
    return new ProgressBarBuilder()
        .setTaskName(Visible.of(task))
        .setConsumer(new ConsoleProgressBarConsumer(err, columns() - CTRL_C))
        .continuousUpdate() // a message may change where the count does not
        .clearDisplayOnFinish();
  }

  private static int columns() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(Path.of("/dev/tty").toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String[] size = new String(stty.getInputStream().readAllBytes()).strip().split(" ");
      int columns = size.length == 2 ? Integer.parseInt(size[1]) : 0;
      return columns >= FEWEST_COLUMNS ? columns : USUAL_COLUMNS;
    } catch (IOException | NumberFormatException _) {
      return USUAL_COLUMNS; // as if there were no such program
    }
  }
}
