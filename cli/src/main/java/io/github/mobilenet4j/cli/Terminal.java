package io.github.mobilenet4j.cli;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** The terminal that people look at, as the launcher found it. */
final class Terminal {
  private Terminal() {}

  /** Returns whether the error stream is one. */
  static boolean isThere() {
    return Boolean.getBoolean("mobilenet4j.terminal");
  }

  /** Returns a bar of so many pictures, which vanishes in the end; null where nobody looks. */
  static ProgressBar bar(int pictures) {
    return isThere()
        ? new ProgressBarBuilder()
            .setTaskName("pictures")
            .setInitialMax(pictures)
            .clearDisplayOnFinish()
            .build()
        : null;
  }
}
