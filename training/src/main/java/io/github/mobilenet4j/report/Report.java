package io.github.mobilenet4j.report;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.files.AtomicFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a training or an evaluation has brought. Parts for which there is nothing are left out of
 * the page.
 *
 * @param title what was done, such as "MobileNet V1 0.75 on clothing"
 * @param subtitle a line more about it, may be empty
 * @param epochs the history of the training, rising; empty if there was none
 * @param evaluation the figures on pictures that were not learned from
 * @param mistakes the worst, see {@link Mistake#worst}
 * @param options everything that was set, in the order to be shown
 */
public record Report(
    String title,
    String subtitle,
    List<Epoch> epochs,
    Optional<Evaluation> evaluation,
    List<Mistake> mistakes,
    Map<String, String> options) {

  /** Copies lists and map. */
  public Report {
    epochs = List.copyOf(epochs);
    mistakes = List.copyOf(mistakes);
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }

  /** Returns the page. */
  public String html() {
    return new Page(this).html();
  }

  /**
   * Writes the page in UTF-8; an older one is replaced when the new one is complete.
   *
   * @throws MobileNetException if it cannot be written
   */
  public void write(Path file) {
    ByteBuffer bytes = ByteBuffer.wrap(html().getBytes(StandardCharsets.UTF_8));
    AtomicFile.write(
        file,
        out -> {
          while (bytes.hasRemaining()) {
            out.write(bytes);
          }
        });
  }
}
