package io.github.mobilenet4j.training.run;

import java.util.Locale;

/**
 * What an epoch came to: a row of {@code metrics.csv}.
 *
 * @param epoch from 1
 * @param step steps made since the beginning
 * @param learningRate of the classifier, at the epoch's last step
 * @param train over the training images as they were augmented, each before its step; top-5 is not
 *     measured
 * @param validation over the validation images; not measured without such
 * @param quantized whether validation is of the integers of 8 bits that the model would be; else of
 *     its floats
 * @param imagesPerSecond training images a second, validation left out
 * @param seconds since the beginning of the training, pauses left out
 */
public record EpochMetrics(
    int epoch,
    long step,
    double learningRate,
    Figures train,
    Figures validation,
    boolean quantized,
    double imagesPerSecond,
    double seconds) {

  private static final String INT8 = "int8";

  /** The column that is no number. */
  private static final int PRECISION = 8;

  /** The first line of the CSV file. */
  static final String CSV_HEADER =
      "epoch,step,learning_rate,train_loss,train_top1,validation_loss,validation_top1,"
          + "validation_top5,validation_precision,images_per_second,seconds";

  /**
   * How well a model does; NaN where it is not measured.
   *
   * @param loss mean softmax cross-entropy
   * @param top1 share classified correctly, in [0, 1]
   * @param top5 share with the true class among the best five, in [0, 1]
   */
  public record Figures(double loss, double top1, double top5) {
    static final Figures NONE = new Figures(Double.NaN, Double.NaN, Double.NaN);
  }

  /** Returns the row; what is NaN is empty. */
  String csvRow() {
    return String.format(
            Locale.ROOT,
            "%d,%d,%.9g,%.6f,%.6f,%.6f,%.6f,%.6f,%s,%.1f,%.1f",
            epoch,
            step,
            learningRate,
            train.loss,
            train.top1,
            validation.loss,
            validation.top1,
            validation.top5,
            quantized ? INT8 : "float32",
            imagesPerSecond,
            seconds)
        .replace("NaN", "");
  }

  /** Reads a row. */
  static EpochMetrics ofCsv(String row) {
    String[] cells = row.split(",", -1);
    double[] v = new double[cells.length];
    for (int i = 0; i < v.length; i++) {
      v[i] = i == PRECISION || cells[i].isEmpty() ? Double.NaN : Double.parseDouble(cells[i]);
    }
    return new EpochMetrics(
        (int) v[0],
        (long) v[1],
        v[2],
        new Figures(v[3], v[4], Double.NaN),
        new Figures(v[5], v[6], v[7]),
        cells[PRECISION].equals(INT8),
        v[9],
        v[10]);
  }
}
