package io.github.mobilenet4j.evaluation;

/**
 * How well a model knows one class. A share of nothing is 0, as in scikit-learn.
 *
 * @param name the class
 * @param support pictures of this class
 * @param predicted pictures that the model takes for this class
 * @param correct pictures of this class that the model takes for it
 */
public record ClassScores(String name, int support, int predicted, int correct) {
  /** Returns the part of what is taken for this class that is of it, in [0, 1]. */
  public double precision() {
    return share(correct, predicted);
  }

  /** Returns the part of this class that is found, in [0, 1]. */
  public double recall() {
    return share(correct, support);
  }

  /** Returns the harmonic mean of precision and recall, in [0, 1]. */
  public double f1() {
    return share(2 * correct, predicted + support);
  }

  private static double share(int part, int whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}
