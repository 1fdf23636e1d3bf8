package io.github.mobilenet4j.server.protocol;

/**
 * An output that a request asks for.
 *
 * @param name which of the model's
 * @param parameters how it is wanted
 */
public record RequestedOutput(String name, Parameters parameters) {
  /** Returns how many classes are wanted in place of values, 0 for the values. */
  public int classification() {
    long classes = parameters.number("classification").orElse(0);
    if (classes < 0) {
      throw Refusal.bad(
          "classification of output %s is %s, expected at least 1"
              .formatted(Refusal.abridged(name), classes));
    }
    return Math.clamp(classes, 0, Integer.MAX_VALUE);
  }

  /** Returns whether it is wanted as bytes behind the JSON. */
  public boolean binary(boolean otherwise) {
    return parameters.flag("binary_data").orElse(otherwise);
  }
}
