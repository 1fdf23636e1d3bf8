package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.hub.DownloadListener;
import io.github.mobilenet4j.hub.Hub;
import java.nio.file.Path;
import java.util.function.BiFunction;

/** What a command asks of the one that it is part of. */
interface Invocation {
  /**
   * Has the JVM, where Ctrl-C or SIGTERM asks it to end, wait until the command has ended and said
   * how.
   *
   * @param asked makes the command end soon
   */
  void endWhenAsked(Runnable asked);

  /** Downloads as the environment and the command line allow. */
  Path download(BiFunction<Hub, DownloadListener, Path> work);

  /** Says something beside what the command prints. */
  void note(String message);

  /**
   * Returns what a text on the command line names.
   *
   * @throws MobileNetException if it is neither a file's name nor a model's
   */
  default ModelSource source(String text) {
    return new ModelSource(
        text, name -> download((hub, display) -> hub.fetch(name, display)), this::note);
  }
}
