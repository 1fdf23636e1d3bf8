package io.github.mobilenet4j.report;

import io.github.mobilenet4j.data.Unreadable;
import io.github.mobilenet4j.evaluation.ClassScores;
import io.github.mobilenet4j.evaluation.Confusion;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.Interval;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.Visible;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** A {@link Report} as one page of HTML, which needs no network: its parts from top to bottom. */
public final class HtmlReport {
  /** Nothing is loaded and nothing runs, whatever the page is made to hold. */
  private static final String POLICY =
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

  private static final int PAIRS = 12;
  private static final int CLASSES_AT_ONCE = 25;
  private static final int UNREADABLE_SHOWN = 50;
  private static final int LONGEST_NAME = 36;
  private static final int TOP = 5;

  private final Report report;

  private HtmlReport(Report report) {
    this.report = report;
  }

  /** Returns the page. */
  public static String of(Report report) {
    return new HtmlReport(report).html();
  }

  /**
   * Writes the page in UTF-8; an older one is replaced when the new one is complete.
   *
   * @throws io.github.mobilenet4j.MobileNetException if it cannot be written
   */
  public static void write(Report report, Path file) {
    AtomicFile.writeText(file, of(report));
  }

  private String html() {
    Element main = Element.of("main", header());
    report.evaluation().ifPresent(e -> main.add(figures(e)));
    main.add(training(), learned());
    report.evaluation().ifPresent(e -> main.add(confusions(e)));
    main.add(mistakes());
    report.evaluation().ifPresent(e -> main.add(classes(e), calibration(e), unreadable(e)));
    main.add(commands(), options());
    main.add(
        Element.of("footer", "Made by mobilenet4j. This page needs no network and no script."));
    return "<!DOCTYPE html>\n"
        + Element.of(
                "html",
                Page.head(report.title(), POLICY, Page.styles("page.css", "report.css")),
                Element.of("body", main))
            .with("lang", "en");
  }

  private Element header() {
    return Element.of(
        "header", Element.of("h1", report.title()), Element.of("p", report.subtitle()));
  }

  private static Element section(String title, String explanation, Object... content) {
    return Element.of(
            "section", Element.of("h2", title), Element.of("p", explanation).with("class", "lead"))
        .add(content);
  }

  private static Element figures(Evaluation e) {
    Interval range = e.top1Interval();
    Element figures =
        Element.of("div")
            .with("class", "figures")
            .add(
                figure(
                        "Accuracy",
                        Words.percent(e.top1()),
                        "%s to %s (95\u00a0%%)"
                            .formatted(
                                Words.fixed(100 * range.low(), 1),
                                Words.fixed(100 * range.high(), 1)))
                    .with("class", "first"));
    if (e.classes().size() > TOP) {
      figures.add(figure("Top 5", Words.percent(e.top5()), "among the five most probable"));
    }
    long present = e.scores().stream().filter(s -> s.support() > 0).count();
    figures.add(
        figure("Mean F1", Words.percent(e.macroF1()), "of " + present + " classes, all alike"),
        figure(
            "Calibration error",
            Words.percent(e.expectedCalibrationError()),
            "mean confidence " + Words.percent(e.meanConfidence())),
        figure("Loss", Words.fixed(e.loss(), 3), "cross-entropy, nats"),
        figure("Pictures", Words.fixed(e.images(), 0), speed(e)));
    return figures;
  }

  private static String speed(Evaluation e) {
    double speed = e.imagesPerSecond();
    return Double.isFinite(speed)
        ? Words.fixed(speed, speed < 10 ? 1 : 0) + " a second"
        : "not learned from";
  }

  private static Element figure(String name, String value, String note) {
    return Element.of(
        "div",
        Element.of("span", name).with("class", "name"),
        Element.of("span", value).with("class", "value"),
        Element.of("span", note).with("class", "note"));
  }

  private List<Element> training() {
    List<Epoch> epochs = report.epochs();
    if (epochs.size() < 2) {
      return List.of(); // a point is no curve
    }
    double[] numbers = values(Epoch::number);
    double[] accuracy = values(e -> 100 * e.validationAccuracy());
    List<LineChart.Highlight> best =
        IntStream.range(0, accuracy.length)
            .filter(i -> Double.isFinite(accuracy[i]))
            .boxed()
            .max(
                Comparator.comparingDouble((Integer i) -> accuracy[i])
                    .thenComparingDouble(i -> -epochs.get(i).validationLoss()))
            .map(i -> List.of(new LineChart.Highlight(i, accuracy[i])))
            .orElse(List.of());
    String explanation =
        best.isEmpty()
            ? ""
            : "Best on the validation pictures: %s after epoch %s."
                .formatted(
                    Words.percent(best.getFirst().value() / 100),
                    epochs.get(best.getFirst().index()).number());
    Element charts =
        Element.of("div")
            .with("class", "charts")
            .add(
                LineChart.of(
                    "Accuracy, %",
                    numbers,
                    List.of(
                        train(values(e -> 100 * e.trainAccuracy())),
                        new LineChart.Line("validation", "validation", accuracy)),
                    best))
            .add(
                LineChart.of(
                    "Loss",
                    numbers,
                    List.of(
                        train(values(Epoch::trainLoss)),
                        new LineChart.Line(
                            "validation", "validation", values(Epoch::validationLoss))),
                    List.of()))
            .add(
                LineChart.of(
                    "Learning rate",
                    epochs.stream().flatMapToDouble(HtmlReport::partsOf).toArray(),
                    List.of(
                        new LineChart.Line(
                            "",
                            "rate",
                            epochs.stream()
                                .flatMap(e -> e.learningRates().stream())
                                .mapToDouble(Double::doubleValue)
                                .toArray())),
                    List.of()));
    return List.of(section("Training", explanation, charts));
  }

  /** Returns where an epoch's learning rates are: the epoch that is at its end, with fractions. */
  private static DoubleStream partsOf(Epoch epoch) {
    double count = epoch.learningRates().size();
    return IntStream.rangeClosed(1, epoch.learningRates().size())
        .mapToDouble(i -> epoch.number() - 1 + i / count);
  }

  private static LineChart.Line train(double[] values) {
    return new LineChart.Line("training", "train", values);
  }

  private double[] values(ToDoubleFunction<Epoch> value) {
    return report.epochs().stream().mapToDouble(value).toArray();
  }

  private List<Element> learned() {
    Learned learned = report.learned();
    if (learned.counts().isEmpty()) {
      return List.of();
    }
    Element gallery = Element.of("div").with("class", "gallery small");
    for (Learned.Sample sample : learned.samples()) {
      gallery.add(
          Element.of(
              "figure",
              Thumbnail.of(sample.image(), Words.isolated(sample.label())),
              Element.of("figcaption", name(sample.label()))));
    }
    List<Element> counts = counts(learned.counts());
    Element section =
        section(
            "What went in",
            "Some pictures as the network saw them in the first epoch: cut out and changed at"
                + " random, so that no two epochs are the same. Below, how many each class has.",
            gallery,
            Element.of("ol", counts.subList(0, Math.min(counts.size(), CLASSES_AT_ONCE)))
                .with("class", "pairs counts"));
    if (counts.size() > CLASSES_AT_ONCE) {
      List<Element> rest = counts.subList(CLASSES_AT_ONCE, counts.size());
      section.add(
          Element.of(
              "details",
              Element.of("summary", "%s more classes".formatted(Words.fixed(rest.size(), 0))),
              Element.of("ol", rest).with("class", "pairs counts")));
    }
    return List.of(section);
  }

  private static List<Element> counts(Map<String, Integer> counts) {
    int most = counts.values().stream().mapToInt(Integer::intValue).max().orElse(1);
    return counts.entrySet().stream()
        .map(count ->
            Element.of(
                    "li",
                    Element.of("span", name(count.getKey())).with("class", "what"),
                    Element.of("span", Words.fixed(count.getValue(), 0)).with("class", "count"))
                .with("style", "--share:" + Words.fixed(100.0 * count.getValue() / most, 1) + "%"))
        .toList();
  }

  private List<Element> commands() {
    if (report.learned().commands().isEmpty()) {
      return List.of();
    }
    Element list = Element.of("div").with("class", "commands");
    report
        .learned()
        .commands()
        .forEach((what, command) -> list.add(Element.of("p", what), Element.of("pre", command)));
    return List.of(section("Go on", "From the folder where it was trained.", list));
  }

  private Element confusions(Evaluation e) {
    Set<String> shown = new HashSet<>();
    report.mistakes().stream()
        .map(Mistake::prediction)
        .forEach(p -> shown.add(Mistake.anchor(p.truth(), p.predicted())));
    ConfusionChart chart = new ConfusionChart(e, shown);
    Element list = Element.of("ol").with("class", "pairs");
    e.confusions().stream().limit(PAIRS).forEach(c -> list.add(pair(e, c, shown)));
    Element content =
        Element.of(
                "div",
                Element.of("div", chart.draw()).with("class", "scroll"),
                Element.of(
                    "div",
                    Element.of("h3", e.confusions().isEmpty() ? "" : "Most often confused"),
                    list))
            .with("class", "beside");
    return section(
        "Confusions",
        chart.omission()
            + "A row is what the pictures show, a column what they were taken for. The diagonal is"
            + " right. An orange cell leads to its surest picture.",
        content);
  }

  private static Element pair(Evaluation e, Confusion c, Set<String> shown) {
    String anchor = Mistake.anchor(c.truth(), c.predicted());
    int support = e.scores().get(c.truth()).support();
    double share = (double) c.images() / support;
    return Element.of(
            "li",
            Element.of(
                    "span",
                    name(e.classes().get(c.truth())),
                    " taken for ",
                    name(e.classes().get(c.predicted())))
                .with("class", "what"),
            (shown.contains(anchor)
                    ? Element.of("a", c.images() + " of " + support).with("href", "#" + anchor)
                    : Element.of("span", c.images() + " of " + support))
                .with("class", "count"))
        .with("style", "--share:" + Words.fixed(100 * share, 1) + "%");
  }

  /** Returns a class's name, whose direction of writing ends where it does. */
  private static Element name(String name) {
    return Element.of("b", Element.of("bdi", Visible.cut(name, LONGEST_NAME)));
  }

  private List<Element> mistakes() {
    if (report.mistakes().isEmpty() || report.evaluation().isEmpty()) {
      return List.of();
    }
    List<String> classes = report.evaluation().get().classes();
    Element gallery = Element.of("div").with("class", "gallery");
    Set<String> anchors = new HashSet<>();
    for (Mistake mistake : report.mistakes()) {
      String anchor =
          Mistake.anchor(mistake.prediction().truth(), mistake.prediction().predicted());
      String truth = classes.get(mistake.prediction().truth());
      String predicted = classes.get(mistake.prediction().predicted());
      Element figure =
          Element.of(
              "figure",
              Thumbnail.of(
                  mistake.thumbnail(),
                  Words.isolated(truth) + ", taken for " + Words.isolated(predicted)),
              Element.of(
                  "figcaption",
                  prediction("wrong", predicted, mistake.prediction().confidence()),
                  prediction("right", truth, mistake.prediction().probabilityOfTruth()),
                  Element.of("span", Element.of("bdi", mistake.name()).with("dir", "ltr"))
                      .with("class", "path")
                      .with("title", mistake.name())));
      gallery.add(anchors.add(anchor) ? figure.with("id", anchor) : figure);
    }
    return List.of(
        section(
            "Worst mistakes",
            "Where the model was surest and wrong: what it said, and below it what the label says,"
                + " each with the probability that the model gave it. Some labels may be wrong.",
            gallery));
  }

  private static Element prediction(String kind, String name, double probability) {
    return Element.of(
            "span",
            name(name),
            Element.of("span", Words.percent(probability)).with("class", "probability"))
        .with("class", "answer " + kind);
  }

  private static Element classes(Evaluation e) {
    List<ClassScores> worstFirst =
        e.scores().stream()
            .filter(s -> s.support() > 0)
            .sorted(Comparator.comparingDouble(ClassScores::f1))
            .toList();
    List<ClassScores> first = worstFirst.subList(0, Math.min(CLASSES_AT_ONCE, worstFirst.size()));
    List<ClassScores> rest = worstFirst.subList(first.size(), worstFirst.size());
    Element section =
        section(
            "Classes",
            "The weakest first. Precision: how much of what is taken for the class is of it."
                + " Recall: how much of the class is found. F1 is their harmonic mean. All in"
                + " percent.",
            table(first));
    if (!rest.isEmpty()) {
      String more = "%s more classes".formatted(Words.fixed(rest.size(), 0));
      section.add(Element.of("details", Element.of("summary", more), table(rest)));
    }
    return section;
  }

  private static Element table(List<ClassScores> scores) {
    Element head = Element.of("tr", Element.of("th", "Class").with("scope", "col"));
    head.add(Element.of("th", "Pictures").with("scope", "col").with("class", "number"));
    for (String name : List.of("Precision", "Recall", "F1")) {
      head.add(Element.of("th", name).with("scope", "col").with("class", "measure"));
    }
    Element body = Element.of("tbody");
    for (ClassScores s : scores) {
      body.add(
          Element.of(
              "tr",
              Element.of("th", Element.of("bdi", s.name())).with("scope", "row"),
              Element.of("td", Words.fixed(s.support(), 0)).with("class", "number"),
              bar(s.precision()),
              bar(s.recall()),
              bar(s.f1())));
    }
    return Element.of("div", Element.of("table", Element.of("thead", head), body))
        .with("class", "scroll");
  }

  private static Element bar(double share) {
    String value = Words.fixed(100 * share, 1);
    return Element.of("td", Element.of("span", Element.of("b", value)))
        .with("class", "bar")
        .with("style", "--share:" + value + "%");
  }

  private static Element calibration(Evaluation e) {
    double excess = e.meanConfidence() - e.top1();
    String judgement =
        "On average the model says %s and is right in %s of the cases: it is %s by %s points."
            .formatted(
                Words.percent(e.meanConfidence()),
                Words.percent(e.top1()),
                excess > 0 ? "too sure" : "not sure enough",
                Words.fixed(100 * Math.abs(excess), 1));
    Element notes =
        Element.of(
            "div",
            Element.of("p", judgement),
            Element.of(
                "ul",
                Element.of("li", "how much was right").with("class", "key sure"),
                Element.of("li", "missing: the model was too sure").with("class", "key over"),
                Element.of("li", "more: it was not sure enough").with("class", "key under"),
                Element.of("li", "how many answers there are").with("class", "key count"),
                Element.of("li", "as right as sure").with("class", "key ideal")),
            Element.of(
                "p",
                "Pale: of fewer than %s answers, which may be so by chance."
                    .formatted(ReliabilityDiagram.FEW)));
    return section(
        "Calibration",
        "Of the answers given with 80 % confidence, 80 % should be right.",
        Element.of("div", Element.of("figure", ReliabilityDiagram.of(e)), notes)
            .with("class", "beside narrow"));
  }

  private static List<Element> unreadable(Evaluation e) {
    List<Unreadable> all = e.unreadable();
    if (all.isEmpty()) {
      return List.of();
    }
    Element list = Element.of("ul").with("class", "unreadable");
    all.stream().limit(UNREADABLE_SHOWN).forEach(u -> list.add(Element.of("li", u.reason())));
    return List.of(section("Left out", "Not readable: " + Words.images(all.size()) + ".", list));
  }

  private List<Element> options() {
    if (report.options().isEmpty()) {
      return List.of();
    }
    List<Element> entries = new ArrayList<>();
    report
        .options()
        .forEach((name, value) ->
            entries.add(Element.of("div", Element.of("dt", name), breakable(value))));
    return List.of(
        section(
            "Options",
            "What was set, said or not. What was off is left out.",
            Element.of("dl", entries)));
  }

  /** Returns a value whose lines may end behind its commas. */
  private static Element breakable(String value) {
    Element entry = Element.of("dd");
    for (String part : value.split("(?<=,)")) {
      entry.add(Element.of("span", part));
    }
    return entry;
  }
}
