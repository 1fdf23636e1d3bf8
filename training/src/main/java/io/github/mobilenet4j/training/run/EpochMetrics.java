package io.github.mobilenet4j.training.run;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What an epoch came to: a row of {@code metrics.csv}.
 *
 * @param epoch from 1
 * @param step steps made since the beginning
 * @param learningRate of the classifier, at the epoch's last step
 * @param trainLoss mean over the training pictures as they were augmented, each before its step
 * @param trainTop1 share of them classified right
 * @param validationLoss mean softmax cross-entropy over the validation pictures; NaN without such
 * @param validationTop1 share classified right; NaN without such
 * @param validationTop5 share with the right class among the best five; NaN without such
 * @param imagesPerSecond training pictures a second, validation left out
 * @param seconds since the beginning of the training, pauses left out
 */
public record EpochMetrics(
    int epoch,
    long step,
    double learningRate,
    double trainLoss,
    double trainTop1,
    double validationLoss,
    double validationTop1,
    double validationTop5,
    double imagesPerSecond,
    double seconds) {

  /** Returns the first line of the CSV file: {@code epoch,step,learning_rate,…}. */
  static String csvHeader() {
    return Arrays.stream(EpochMetrics.class.getRecordComponents())
        .map(RecordComponent::getName)
        .map(name -> name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(","));
  }

  /** Returns the row; what is NaN is empty. */
  String csvRow() {
    return String.format(
            Locale.ROOT,
            "%d,%d,%.9g,%.6f,%.6f,%.6f,%.6f,%.6f,%.1f,%.1f",
            epoch,
            step,
            learningRate,
            trainLoss,
            trainTop1,
            validationLoss,
            validationTop1,
            validationTop5,
            imagesPerSecond,
            seconds)
        .replace("NaN", "");
  }

  /** Reads a row. */
  static EpochMetrics ofCsv(String row) {
    String[] cells = row.split(",", -1);
    double[] v = new double[cells.length];
    for (int i = 0; i < v.length; i++) {
      v[i] = cells[i].isEmpty() ? Double.NaN : Double.parseDouble(cells[i]);
    }
    return new EpochMetrics(
        (int) v[0], (long) v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]);
  }
}
