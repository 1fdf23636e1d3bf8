package io.github.mobilenet4j.server.studio;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a head says of images that it has not learned from: the images of each class are cut into
 * five parts, in the order of their time, so that images taken one after the other lie in one part;
 * five heads each learn from four of them.
 *
 * @param classes that there are
 * @param answers one an image
 */
record Review(List<String> classes, List<Answer> answers) {
  private static final int PARTS = 5;

  /**
   * @param picture the image
   * @param truth the class that it lies in
   * @param predicted what the head says
   * @param given the probability of the class that it lies in
   * @param best that of what the head says
   */
  record Answer(Picture picture, int truth, int predicted, double given, double best) {}

  static Review of(List<String> classes, List<Picture> pictures, List<float[]> x) {
    int[] labels =
        pictures.stream().mapToInt(picture -> classes.indexOf(picture.className())).toArray();
    int[] parts = parts(classes.size(), pictures, labels);
    Answer[] answers = new Answer[labels.length];
    for (int part = 0; part < PARTS; part++) {
      int own = part;
      int[] learned = IntStream.range(0, labels.length).filter(i -> parts[i] != own).toArray();
      int[] asked = IntStream.range(0, labels.length).filter(i -> parts[i] == own).toArray();
      if (asked.length == 0 || learned.length == 0) {
        continue;
      }
      SoftmaxHead head =
          SoftmaxHead.train(
              IntStream.of(learned).mapToObj(x::get).toList(),
              IntStream.of(learned).map(i -> labels[i]).toArray(),
              classes.size());
      for (int i : asked) {
        float[] p = head.probabilities(x.get(i));
        int best = 0;
        for (int k = 1; k < p.length; k++) {
          best = p[k] > p[best] ? k : best;
        }
        answers[i] = new Answer(pictures.get(i), labels[i], best, p[labels[i]], p[best]);
      }
    }
    List<Answer> all = new ArrayList<>();
    for (Answer answer : answers) {
      if (answer != null) {
        all.add(answer);
      }
    }
    return new Review(classes, all);
  }

  private static int[] parts(int classes, List<Picture> pictures, int[] labels) {
    int[] parts = new int[labels.length];
    for (int c = 0; c < classes; c++) {
      int label = c;
      List<Integer> own =
          IntStream.range(0, labels.length)
              .filter(i -> labels[i] == label)
              .boxed()
              .sorted(
                  Comparator.comparing((Integer i) -> pictures.get(i).time())
                      .thenComparing(i -> pictures.get(i).name()))
              .toList();
      for (int n = 0; n < own.size(); n++) {
        parts[own.get(n)] = (int) ((long) n * PARTS / own.size());
      }
    }
    return parts;
  }

  double accuracy() {
    return answers.isEmpty()
        ? 0
        : (double) answers.stream().filter(a -> a.truth == a.predicted).count() / answers.size();
  }

  /** Returns the matrix as JSON, with the names of the images behind each cell. */
  Map<String, Object> confusion() {
    List<Confusion.Entry> entries =
        answers.stream()
            .map(a ->
                new Confusion.Entry(a.truth, a.predicted, a.picture.className(), a.picture.name()))
            .toList();
    return Confusion.json(classes, entries);
  }

  /** Returns images whose class seems to be another, most clearly so first. */
  List<Answer> doubtful() {
    return answers.stream()
        .filter(a -> a.truth != a.predicted && a.best > 0.8 && a.given < 0.1)
        .sorted(Comparator.comparingDouble(a -> a.given - a.best))
        .toList();
  }

  /** Returns, of the images of other classes, the part that is taken for each class. */
  Map<String, Double> swallowed() {
    Map<String, Double> parts = new LinkedHashMap<>();
    for (int c = 0; c < classes.size(); c++) {
      int label = c;
      List<Answer> others = answers.stream().filter(a -> a.truth != label).toList();
      long taken = others.stream().filter(a -> a.predicted == label).count();
      parts.put(classes.get(c), others.isEmpty() ? 0 : (double) taken / others.size());
    }
    return parts;
  }
}
