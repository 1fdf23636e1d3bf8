package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import java.nio.file.Path;

/**
 * The pictures to learn from, those to choose the best model by, and those to judge it by in the
 * end. All three have the same classes; the last two may be empty.
 */
public record Splits(Dataset train, Dataset validation, Dataset test) {
  /**
   * How pictures are set aside where the files do not say it themselves.
   *
   * @param validation the part of the pictures for validation, in [0, 1)
   * @param test the part for the test, in [0, 1)
   * @param seed which pictures these are
   */
  public record Fractions(double validation, double test, long seed) {
    /** A tenth for validation, none for a test. */
    public static final Fractions DEFAULT = new Fractions(0.1, 0, 0);

    /** All pictures are kept together, as evaluation wants them. */
    public static final Fractions NONE = new Fractions(0, 0, 0);

    /**
     * Checks the parts.
     *
     * @throws MobileNetException if one is out of its range, or nothing is left to learn from
     */
    public Fractions {
      if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
        throw new MobileNetException(
            "parts for validation and test are %s and %s, expected 0 or more, together below 1"
                .formatted(validation, test));
      }
    }
  }

  /**
   * Reads a data set: a folder of folders, one a class; a folder of IDX files; a CSV file.
   *
   * @throws MobileNetException if it is none of these, or cannot be read
   */
  public static Splits read(Path path, Fractions fractions) {
    throw new MobileNetException("to come");
  }

  /** Returns the pictures to judge a model by: test, else validation, else train. */
  public Dataset held() {
    return test.size() > 0 ? test : validation.size() > 0 ? validation : train;
  }
}
