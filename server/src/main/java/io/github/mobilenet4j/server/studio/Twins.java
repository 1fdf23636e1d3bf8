package io.github.mobilenet4j.server.studio;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Images whose features point the same way: nearly the same image. */
final class Twins {
  private static final double COSINE = 0.985;
  private static final int MOST = 500;
  private static final int STEP = 16;

  private Twins() {}

  /** Two images. */
  record Pair(Picture first, Picture second, double cosine) {}

  /** Returns pairs, the most alike first, up to 500 of them. */
  static List<Pair> of(List<Picture> pictures, List<float[]> x) {
    if (x.isEmpty()) {
      return List.of();
    }
    int size = x.getFirst().length;
    float[][] units = units(x, size);
    // Of unit vectors 2 − 2 cos is the square of their distance: a sum that only grows.
    double limit = 2 - 2 * COSINE;
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < units.length && pairs.size() < MOST; i++) {
      for (int j = i + 1; j < units.length && pairs.size() < MOST; j++) {
        double distance = 0;
        for (int n = 0; n < size && distance <= limit; n += STEP) {
          for (int m = n; m < Math.min(n + STEP, size); m++) {
            float difference = units[i][m] - units[j][m];
            distance += difference * difference;
          }
        }
        if (distance <= limit) {
          pairs.add(new Pair(pictures.get(i), pictures.get(j), 1 - distance / 2));
        }
      }
    }
    pairs.sort(Comparator.comparingDouble(Pair::cosine).reversed());
    return pairs;
  }

  /** Returns vectors of length 1, the features that differ most in front. */
  private static float[][] units(List<float[]> x, int size) {
    double[] variance = new double[size];
    double[] mean = new double[size];
    for (float[] row : x) {
      for (int j = 0; j < size; j++) {
        mean[j] += row[j] / x.size();
      }
    }
    for (float[] row : x) {
      for (int j = 0; j < size; j++) {
        variance[j] += (row[j] - mean[j]) * (row[j] - mean[j]);
      }
    }
    List<Integer> order = new ArrayList<>(IntStream.range(0, size).boxed().toList());
    Collections.sort(order, Comparator.comparingDouble(j -> -variance[j]));
    float[][] units = new float[x.size()][size];
    for (int i = 0; i < units.length; i++) {
      float[] row = x.get(i);
      double squares = 1e-12;
      for (float value : row) {
        squares += value * value;
      }
      double length = Math.sqrt(squares);
      for (int j = 0; j < size; j++) {
        units[i][j] = (float) (row[order.get(j)] / length);
      }
    }
    return units;
  }
}
