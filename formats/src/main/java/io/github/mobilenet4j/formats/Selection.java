package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.weights.Dialect;
import java.util.Optional;

/**
 * What to read of a file that may be read in several ways.
 *
 * @param dialect whose names its tensors have, even if others fit too; empty for the one that fits
 *     best
 * @param entry which set of weights of a checkpoint that has several, such as {@code state_dict};
 *     empty for the moving average if there is one, as timm has it, else the first that is a
 *     MobileNet V1
 */
public record Selection(Optional<Dialect> dialect, Optional<String> entry) {
  /** What is found. */
  public static final Selection DEFAULT = new Selection(Optional.empty(), Optional.empty());

  /** Returns the same with a dialect. */
  public Selection withDialect(Dialect other) {
    return new Selection(Optional.of(other), entry);
  }

  /** Returns the same with an entry. */
  public Selection withEntry(String other) {
    return new Selection(dialect, Optional.of(other));
  }

  @Override
  public String toString() {
    return dialect
        .map(d -> "a dialect (" + d + ")")
        .or(() -> entry.map(e -> "an entry (" + e + ")"))
        .orElse("nothing");
  }
}
