package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.evaluation.ClassScores;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.files.Cells;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.training.ClassWeights;
import io.github.mobilenet4j.training.run.TrainingOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How many images each class has, and what that means for a training.
 *
 * @param classes those with images to learn from, the most first
 * @param judging how many images tell how good the result is
 */
record ClassCounts(List<Count> classes, int judging) {
  /** Images of a class. */
  record Count(String name, int images) {}

  private static final int SHOWN = 12;
  private static final int LONGEST_NAME = 28;

  /** With fewer, one image more or less is five percent. */
  private static final int FEW = 20;

  private static final int LARGE_IMBALANCE = 10;

  static ClassCounts of(Splits splits) {
    int[] counts = splits.train().counts();
    List<Count> classes =
        IntStream.range(0, counts.length)
            .filter(c -> counts[c] > 0)
            .mapToObj(c -> new Count(splits.train().classes().get(c), counts[c]))
            .sorted(Comparator.comparingInt(Count::images).reversed())
            .toList();
    return new ClassCounts(
        classes, splits.test().size() > 0 ? splits.test().size() : splits.validation().size());
  }

  /** Returns the classes with their numbers; of many the largest, the median and the smallest. */
  String line() {
    return classes.size() <= SHOWN
        ? classes.stream().map(ClassCounts::words).collect(Collectors.joining(", "))
        : "%s (most) … %s (half have more) … %s (fewest)"
            .formatted(
                words(classes.getFirst()),
                Numbers.grouped(classes.get(classes.size() / 2).images),
                words(classes.getLast()));
  }

  private static String words(Count count) {
    return Visible.of(Cells.cut(count.name, LONGEST_NAME)) + " " + Numbers.grouped(count.images);
  }

  /** Returns what makes the result worse than it could be, or less certain. */
  List<String> warnings(TrainingOptions options) {
    List<String> warnings = new ArrayList<>();
    Count most = classes.getFirst();
    Count fewest = classes.getLast();
    if (most.images >= LARGE_IMBALANCE * (long) fewest.images
        && options.classWeights() instanceof ClassWeights.Equal) {
      warnings.add(
          "%s times as many pictures of %s as of %s; --class-weights balanced gives the few more weight"
              .formatted(
                  most.images / fewest.images, Visible.of(most.name), Visible.of(fewest.name)));
    }
    if (judging == 0) {
      warnings.add("no pictures are set aside: nothing will tell how good the result is");
    } else if (judging < FEW) {
      warnings.add(
          "only %s will tell how good the result is; a larger --validation or more pictures say it"
                  .formatted(Numbers.count(judging, "picture"))
              + " more exactly");
    }
    return warnings;
  }

  /** Returns what to say where a result is no better than to name one class always. */
  static Optional<String> doubt(Evaluation evaluation) {
    ClassScores most =
        evaluation.scores().stream()
            .max(Comparator.comparingInt(ClassScores::support))
            .orElseThrow();
    double guessing = (double) most.support() / Math.max(evaluation.images(), 1);
    if (evaluation.top1Interval().low() > guessing) {
      return Optional.empty();
    }
    return Optional.of(
        evaluation.top1() <= guessing
            ? ("no better than to say \"%s\" always (%s): begin with --from and somebody's weights,"
                    + " or give it more --epochs or pictures")
                .formatted(Visible.of(most.name()), Numbers.percent(guessing))
            : "so few pictures cannot tell this from guessing (%s)"
                .formatted(Numbers.percent(guessing)));
  }
}
