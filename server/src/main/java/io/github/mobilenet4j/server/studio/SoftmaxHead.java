package io.github.mobilenet4j.server.studio;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * A matrix and a softmax on features: multinomial logistic regression, the weights kept small as if
 * there was one more image that knows nothing. The same features give the same bits.
 *
 * @param kernel {@code [features, classes]}
 * @param bias {@code [classes]}
 */
@SuppressWarnings("ArrayRecordComponent")
record SoftmaxHead(float[] kernel, float[] bias) {
  private static final int MEMORY = 8;
  private static final int MOST_STEPS = 100;

  /** Multiply-adds of a training: about a second. */
  private static final double MOST_WORK = 2e9;

  private static final double SMALL_GRADIENT = 1e-4;

  /** The least that a feature may vary, so that what is always the same means nothing. */
  private static final double LEAST_DEVIATION = 1e-3;

  /**
   * Learns.
   *
   * @param x the features of each image
   * @param labels its class
   * @param classes how many there are, ≥ 2
   */
  static SoftmaxHead train(List<float[]> x, int[] labels, int classes) {
    return new Training(x, labels, classes).run();
  }

  /** Returns the probabilities of the classes. */
  float[] probabilities(float[] features) {
    int classes = bias.length;
    double[] z = new double[classes];
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      z[k] = bias[k];
    }
    for (int j = 0; j < features.length; j++) {
      for (int k = 0; k < classes; k++) {
        z[k] += features[j] * kernel[j * classes + k];
      }
    }
    for (double value : z) {
      largest = Math.max(largest, value);
    }
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      z[k] = Math.exp(z[k] - largest);
      sum += z[k];
    }
    float[] probabilities = new float[classes];
    for (int k = 0; k < classes; k++) {
      probabilities[k] = (float) (z[k] / sum);
    }
    return probabilities;
  }

  /** L-BFGS on features of mean 0 and variance 1, of which the result takes no notice. */
  private static final class Training {
    private final int[] labels;
    private final int classes;
    private final int size;
    private final double[] mean;
    private final double[] deviation;

    /** {@code [images][features]}, a mean of 0 and a variance of 1 each. */
    private final float[][] x;

    private final double decay;

    /** A step, and what it changed of the gradient. */
    private record Pair(double[] step, double[] change, double product) {}

    /** Where it is: a loss, and its gradient. */
    private record Point(double[] w, double loss, double[] gradient) {}

    Training(List<float[]> features, int[] labels, int classes) {
      this.labels = labels;
      this.classes = classes;
      this.size = features.getFirst().length;
      this.decay = 1.0 / features.size();
      mean = new double[size];
      deviation = new double[size];
      for (float[] row : features) {
        for (int j = 0; j < size; j++) {
          mean[j] += row[j] / features.size();
        }
      }
      for (float[] row : features) {
        for (int j = 0; j < size; j++) {
          deviation[j] += (row[j] - mean[j]) * (row[j] - mean[j]) / features.size();
        }
      }
      for (int j = 0; j < size; j++) {
        deviation[j] = Math.max(Math.sqrt(deviation[j]), LEAST_DEVIATION);
      }
      x = new float[features.size()][size];
      for (int i = 0; i < x.length; i++) {
        float[] row = features.get(i);
        for (int j = 0; j < size; j++) {
          x[i][j] = (float) ((row[j] - mean[j]) / deviation[j]);
        }
      }
    }

    SoftmaxHead run() {
      double work = 2.0 * x.length * size * classes;
      int steps = (int) Math.clamp(MOST_WORK / work, 12, MOST_STEPS);
      Point at = point(new double[classes * (size + 1)]);
      Deque<Pair> pairs = new ArrayDeque<>();
      for (int step = 0; step < steps && norm(at.gradient) > SMALL_GRADIENT; step++) {
        double[] direction = direction(at.gradient, pairs);
        Point next = search(at, direction);
        if (next == at) {
          break; // as good as it gets in these numbers
        }
        double[] moved = difference(next.w, at.w);
        double[] change = difference(next.gradient, at.gradient);
        double product = dot(moved, change);
        if (product > 0) {
          pairs.addFirst(new Pair(moved, change, product));
          if (pairs.size() > MEMORY) {
            pairs.removeLast();
          }
        }
        at = next;
      }
      return result(at.w);
    }

    /** Returns the loss and its gradient: mean cross-entropy, and half the squares of weights. */
    private Point point(double[] w) {
      double loss = 0;
      double[] gradient = new double[w.length];
      float[] weights = new float[w.length];
      for (int i = 0; i < w.length; i++) {
        weights[i] = (float) w[i];
      }
      double[] z = new double[classes];
      for (int i = 0; i < x.length; i++) {
        for (int k = 0; k < classes; k++) {
          int row = k * (size + 1);
          z[k] = dot(x[i], weights, row) + w[row + size];
        }
        loss += softmax(z, labels[i]);
        for (int k = 0; k < classes; k++) {
          double slope = (z[k] - (k == labels[i] ? 1 : 0)) / x.length;
          int row = k * (size + 1);
          for (int j = 0; j < size; j++) {
            gradient[row + j] += slope * x[i][j];
          }
          gradient[row + size] += slope;
        }
      }
      loss /= x.length;
      for (int k = 0; k < classes; k++) {
        for (int j = k * (size + 1); j < k * (size + 1) + size; j++) {
          loss += 0.5 * decay * w[j] * w[j];
          gradient[j] += decay * w[j];
        }
      }
      return new Point(w, loss, gradient);
    }

    /** Makes probabilities of logits, and returns the loss. */
    private static double softmax(double[] z, int label) {
      double largest = Double.NEGATIVE_INFINITY;
      for (double value : z) {
        largest = Math.max(largest, value);
      }
      double sum = 0;
      double own = z[label] - largest;
      for (int k = 0; k < z.length; k++) {
        z[k] = Math.exp(z[k] - largest);
        sum += z[k];
      }
      for (int k = 0; k < z.length; k++) {
        z[k] /= sum;
      }
      return Math.log(sum) - own;
    }

    /** Four sums at once: one alone would wait for itself. */
    private static float dot(float[] a, float[] b, int from) {
      float first = 0;
      float second = 0;
      float third = 0;
      float fourth = 0;
      int i = 0;
      for (; i + 3 < a.length; i += 4) {
        first += a[i] * b[from + i];
        second += a[i + 1] * b[from + i + 1];
        third += a[i + 2] * b[from + i + 2];
        fourth += a[i + 3] * b[from + i + 3];
      }
      for (; i < a.length; i++) {
        first += a[i] * b[from + i];
      }
      return first + second + (third + fourth);
    }

    private static double[] direction(double[] gradient, Deque<Pair> pairs) {
      double[] q = gradient.clone();
      double[] alphas = new double[pairs.size()];
      int n = 0;
      for (Pair pair : pairs) {
        alphas[n] = dot(pair.step, q) / pair.product;
        add(q, -alphas[n++], pair.change);
      }
      double scale = 1;
      if (!pairs.isEmpty()) {
        Pair last = pairs.getFirst();
        scale = last.product / dot(last.change, last.change);
      }
      for (int i = 0; i < q.length; i++) {
        q[i] *= -scale;
      }
      Iterator<Pair> oldest = pairs.descendingIterator();
      while (oldest.hasNext()) {
        Pair pair = oldest.next();
        add(q, -alphas[--n] - dot(pair.change, q) / pair.product, pair.step);
      }
      return q;
    }

    /** Goes as far as the loss becomes less, half the way each time. */
    private Point search(Point at, double[] direction) {
      double slope = dot(at.gradient, direction);
      for (double length = 1; length > 1e-6; length /= 2) {
        double[] w = at.w.clone();
        add(w, length, direction);
        Point next = point(w);
        if (next.loss <= at.loss + 1e-4 * length * slope) {
          return next;
        }
      }
      return at;
    }

    private static double norm(double[] a) {
      return Math.sqrt(dot(a, a));
    }

    private static double dot(double[] a, double[] b) {
      double sum = 0;
      for (int i = 0; i < a.length; i++) {
        sum += a[i] * b[i];
      }
      return sum;
    }

    private static void add(double[] a, double scale, double[] b) {
      for (int i = 0; i < a.length; i++) {
        a[i] += scale * b[i];
      }
    }

    private static double[] difference(double[] a, double[] b) {
      double[] difference = a.clone();
      add(difference, -1, b);
      return difference;
    }

    /** Returns the same for features as they are. */
    private SoftmaxHead result(double[] w) {
      float[] kernel = new float[size * classes];
      float[] bias = new float[classes];
      for (int k = 0; k < classes; k++) {
        int row = k * (size + 1);
        double own = w[row + size];
        for (int j = 0; j < size; j++) {
          double weight = w[row + j] / deviation[j];
          kernel[j * classes + k] = (float) weight;
          own -= weight * mean[j];
        }
        bias[k] = (float) own;
      }
      return new SoftmaxHead(kernel, bias);
    }
  }
}
