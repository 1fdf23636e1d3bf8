package io.github.mobilenet4j.network;

/** What turns the logits of an image into the probabilities of its classes. */
public enum ClassifierActivation {
  /** {@code exp(z_c) / Σ exp(z)}: exactly one of the classes, two or more, is the image's. */
  SOFTMAX,
  /** {@code σ(z_c)}: each class on its own, so that several or none may be the image's. */
  SIGMOID,
  /**
   * One logit z for two classes of probability {@code 1 − σ(z)} and {@code σ(z)}. This is the
   * softmax of {@code (0, z)}.
   */
  BINARY;

  /**
   * Returns the probability of each class, computed in double precision.
   *
   * @param logits of one image
   */
  public float[] probabilities(float[] logits) {
    return switch (this) {
      case SOFTMAX -> Logits.softmax(logits);
      case BINARY -> Logits.softmax(new float[] {0, logits[0]});
      case SIGMOID -> {
        float[] probabilities = new float[logits.length];
        for (int c = 0; c < logits.length; c++) {
          probabilities[c] = (float) (1 / (1 + Math.exp(-(double) logits[c])));
        }
        yield probabilities;
      }
    };
  }

  /**
   * Returns a logit for each class, of which the largest is the most probable one's: {@code (0, z)}
   * where z is {@link #BINARY}, else the same array.
   *
   * @param logits {@code [n, outputs]}
   */
  public float[] ofClasses(float[] logits, int n) {
    if (this != BINARY) {
      return logits;
    }
    float[] both = new float[2 * n];
    for (int i = 0; i < n; i++) {
      both[2 * i + 1] = logits[i];
    }
    return both;
  }

  /** Returns how many logits there are for so many classes. */
  int logits(int classes) {
    return this == BINARY ? 1 : classes;
  }

  /** Returns whether there can be so many classes. */
  boolean allows(int classes) {
    return switch (this) {
      case SOFTMAX -> classes >= 2;
      case SIGMOID -> classes >= 1;
      case BINARY -> classes == 2;
    };
  }

  /** Returns what {@link #allows}, for a message. */
  String expectedClasses() {
    return switch (this) {
      case SOFTMAX ->
          ">= 2 (a single output is BINARY: the probability of the second of 2 classes)";
      case SIGMOID -> ">= 1";
      case BINARY -> "2";
    };
  }

  /**
   * Returns the activation of a classifier of so many outputs behind which a file has a sigmoid, or
   * has or leaves out a softmax.
   */
  public static ClassifierActivation of(boolean sigmoid, int outputs) {
    if (outputs == 1) {
      return BINARY;
    }
    return sigmoid ? SIGMOID : SOFTMAX;
  }

  /** Returns how many classes a classifier of so many outputs tells apart. */
  public int classes(int outputs) {
    return this == BINARY ? 2 : outputs;
  }
}
