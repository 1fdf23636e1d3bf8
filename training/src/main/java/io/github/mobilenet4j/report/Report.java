package io.github.mobilenet4j.report;

import io.github.mobilenet4j.evaluation.Evaluation;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a training or an evaluation has brought; {@link HtmlReport} shows it. Parts for which there
 * is nothing are left out.
 *
 * @param title what was done, such as "MobileNet V1 0.75 on clothing"
 * @param subtitle a line more about it, may be empty
 * @param epochs the history of the training, rising; empty if there was none
 * @param evaluation the figures on pictures that were not learned from
 * @param mistakes the worst, see {@link Mistake#worst}
 * @param options everything that was set, in the order to be shown
 * @param learned what was learned from, {@link Learned#NOTHING} where there was no training
 */
public record Report(
    String title,
    String subtitle,
    List<Epoch> epochs,
    Optional<Evaluation> evaluation,
    List<Mistake> mistakes,
    Map<String, String> options,
    Learned learned) {

  /** Copies lists and map. */
  public Report {
    epochs = List.copyOf(epochs);
    mistakes = List.copyOf(mistakes);
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }
}
