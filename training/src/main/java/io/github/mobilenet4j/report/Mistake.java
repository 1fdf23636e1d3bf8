package io.github.mobilenet4j.report;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.ImagePrediction;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A wrong answer and the picture it was given for.
 *
 * @param prediction of the model
 * @param name what the data set calls the picture
 * @param thumbnail the picture, small and square
 */
public record Mistake(ImagePrediction prediction, String name, RgbImage thumbnail) {
  private static final int SIDE = 208;
  private static final Preprocessing SQUARE =
      new Preprocessing(
          Preprocessing.Crop.RESIZE_THEN_CROP,
          1,
          Preprocessing.UNIT.resampling(),
          Preprocessing.UNIT.mean(),
          Preprocessing.UNIT.std());

  /**
   * Returns the wrong answers that the model was surest of, the surest first, then the surest of
   * each pair of classes that is often confused and not among them. Their pictures are read once
   * more. One that is unreadable by now is left out.
   *
   * @param data what was evaluated
   * @param most how many of the surest to return, and twice as many as pairs
   * @throws MobileNetException if the machine lacks what it takes to read one
   */
  public static List<Mistake> worst(Evaluation evaluation, Dataset data, int most) {
    List<Mistake> worst = new ArrayList<>();
    Set<Pair> missing = new HashSet<>();
    evaluation.confusions().stream()
        .limit(most / 2)
        .forEach(c -> missing.add(new Pair(c.truth(), c.predicted())));
    for (ImagePrediction prediction : evaluation.mistakes()) {
      boolean first = missing.remove(new Pair(prediction.truth(), prediction.predicted()));
      if (worst.size() >= most && !first) {
        if (missing.isEmpty()) {
          break;
        }
        continue;
      }
      thumbnail(data, prediction.image())
          .map(image -> new Mistake(prediction, data.name(prediction.image()), image))
          .ifPresent(worst::add);
    }
    return worst;
  }

  /** Where the mistake is shown that stands for all of a true class and a predicted one. */
  static String anchor(int truth, int predicted) {
    return "m-" + truth + "-" + predicted;
  }

  private record Pair(int truth, int predicted) {}

  private static Optional<RgbImage> thumbnail(Dataset data, int index) {
    try {
      RgbImage image = data.image(index);
      int side = Math.min(SIDE, Math.min(image.height(), image.width()));
      return Optional.of(SQUARE.fit(image, side, side));
    } catch (ImageException _) {
      return Optional.empty(); // it was there a moment ago; the rest of the page is worth having
    }
  }
}
