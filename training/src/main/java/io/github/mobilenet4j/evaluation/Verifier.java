package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.evaluation.Verification.Agreement;
import io.github.mobilenet4j.evaluation.Verification.Difference;
import io.github.mobilenet4j.evaluation.Verification.LayerOutputs;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Logits;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Finite;
import io.github.mobilenet4j.weights.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Runs two models on the same pictures and compares what every layer computes: do a network and
 * what was made of it by an export, a conversion or a quantisation do the same?
 *
 * <p>Weights cannot tell: one file may have BatchNorm folded into its kernels and the other not.
 * Activations can. They are those of inference, to the last bit ({@link Session#trace}).
 *
 * <pre>{@code
 * try (Verifier verifier = new Verifier(model, exported)) {
 *   verifier.add("cat.jpg", new ImageReader().read(Path.of("cat.jpg")));
 *   Verification verification = verifier.verification();
 *   verification.firstDifference(1e-4).ifPresent(layer -> System.out.println(layer.first().name()));
 * }
 * }</pre>
 *
 * <p>Not safe to share between threads.
 */
public final class Verifier implements AutoCloseable {
  private final Side first;
  private final Side second;

  /** The second with the input of the first; the same object where it has that anyway. */
  private final Side secondGivenFirst;

  private final ClassPairs pairs;
  private final List<Way> ways = new ArrayList<>();
  private final List<LayerTally> layers = new ArrayList<>();
  private int images;

  /** A model, ready to run. */
  private record Side(Model model, Session session, float[] x) {
    private static Side of(Model model) {
      return of(model, Precision.of(model.weights()));
    }

    private static Side of(Model model, Precision precision) {
      MobileNetV1 network = model.network();
      return new Side(
          model,
          Session.of(network, model.weights(), precision, 1, 1),
          new float[Math.toIntExact(network.input().size())]);
    }

    /** Returns the names of what comes out, which without a classifier are numbered features. */
    private static Labels names(Model model) {
      return model.network().hasClassifier()
          ? model.labels()
          : Labels.numbered(model.network().features());
    }

    private float[] ofClasses(float[] logits) {
      return model.network().head().ofClasses(logits, 1);
    }

    private float[] ofOthers(float[] outputs) {
      MobileNetV1.Head head = model.network().head();
      return Arrays.copyOfRange(outputs, head.logits() - head.others(), head.logits());
    }

    private List<float[]> outputs(String name, RgbImage image) {
      MobileNetV1 network = model.network();
      model.preprocessing().apply(image, network.height(), network.width(), x, 0);
      List<float[]> outputs = new ArrayList<>();
      session.trace(x, (_, values) -> outputs.add(values));
      float[] last = outputs.getLast();
      if (Finite.firstNot(last, 0, last.length) >= 0) {
        Finite.requireOutputs(name, network.layers(), outputs);
      }
      return outputs;
    }
  }

  /** The logits of an image: of each class, and of other things. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Outputs(float[] classes, float[] others) {
    private static Outputs of(Side side, List<float[]> layers) {
      float[] last = layers.getLast();
      return new Outputs(side.ofClasses(last), side.ofOthers(last));
    }
  }

  /** The largest difference and magnitude so far. */
  private static final class Tally {
    private double largest;
    private double magnitude;

    private void add(float a, float b) {
      double difference = Math.abs((double) a - b);
      largest = Math.max(largest, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
      if (Float.isFinite(a) && Float.isFinite(b)) {
        magnitude = Math.max(magnitude, Math.max(Math.abs(a), Math.abs(b)));
      }
    }

    private void add(float[] a, float[] b) {
      for (int i = 0; i < a.length; i++) {
        add(a[i], b[i]);
      }
    }

    private void add(float[] a, float[] b, ClassPairs pairs) {
      if (pairs.size() == 0) {
        largest = Double.POSITIVE_INFINITY;
      }
      for (int i = 0; i < a.length; i++) {
        if (pairs.index()[i] >= 0) {
          add(a[i], b[pairs.index()[i]]);
        }
      }
    }

    private Difference difference() {
      return new Difference(largest, magnitude);
    }
  }

  /** A way to look at logits. */
  private static final class Way {
    private final boolean sameInput;
    private final boolean classesByOrder;
    private final ClassPairs pairs;
    private final Tally logits = new Tally();
    private int sameTop1;
    private String farthest;

    private Way(boolean sameInput, boolean classesByOrder, ClassPairs pairs) {
      this.sameInput = sameInput;
      this.classesByOrder = classesByOrder;
      this.pairs = pairs;
    }

    private void add(String image, Outputs first, Outputs second) {
      float[] a = first.classes;
      float[] b = second.classes;
      double before = logits.largest;
      logits.add(a, b, pairs);
      if (first.others.length == second.others.length) {
        logits.add(first.others, second.others);
      } else {
        logits.largest = Double.POSITIVE_INFINITY;
      }
      if (farthest == null || logits.largest > before) {
        farthest = image;
      }
      if (pairs.index()[Logits.argmax(a, 0, a.length)] == Logits.argmax(b, 0, b.length)) {
        sameTop1++;
      }
    }

    private Agreement agreements() {
      return new Agreement(sameInput, classesByOrder, logits.difference(), sameTop1, farthest);
    }
  }

  private record LayerTally(Layer first, Layer second, Tally tally) {
    /** Adds a picture's outputs. The classifier's are those of the {@link Way}s. */
    private void add(float[] a, float[] b) {
      if (!(first instanceof Layer.Classifier) && LayerOutputs.comparable(first, second)) {
        tally.add(a, b);
      }
    }
  }

  /**
   * Prepares both models.
   *
   * @param first the model to trust: where the input is to be the same, it is this one's
   * @param second the model to compare with it
   * @throws MobileNetException if one cannot be run, or one has a classifier and the other none
   */
  public Verifier(Model first, Model second) {
    this(first, second, Precision.of(first.weights()));
  }

  /**
   * Prepares both models.
   *
   * @param first the model to trust: where the input is to be the same, it is this one's
   * @param second the model to compare with it, in what its weights are made for
   * @param precision what the first computes in
   * @throws MobileNetException if one cannot be run, or one has a classifier and the other none
   */
  public Verifier(Model first, Model second, Precision precision) {
    if (first.network().hasClassifier() != second.network().hasClassifier()) {
      throw new MobileNetException(
          "one of the models has a classifier and the other none, expected the same of both");
    }
    Model given = second.withInputOf(first);
    this.first = Side.of(first, precision);
    this.second = Side.of(second);
    this.secondGivenFirst = given.equals(second) ? this.second : Side.of(given);
    Labels names = Side.names(first);
    Labels others = Side.names(second);
    this.pairs = ClassPairs.byName(names, others);
    ClassPairs order = ClassPairs.byOrder(names, others);
    for (boolean sameInput : new boolean[] {false, true}) {
      for (boolean byOrder : new boolean[] {false, true}) {
        boolean another =
            (!sameInput || secondGivenFirst != this.second)
                && (!byOrder || order.size() > 0 && !order.sameAs(pairs));
        if (another) {
          ways.add(new Way(sameInput, byOrder, byOrder ? order : pairs));
        }
      }
    }
    List<Layer> ours = first.network().layers();
    List<Layer> theirs = given.network().layers();
    for (int i = 0; i < Math.min(ours.size(), theirs.size()); i++) {
      LayerTally tally = new LayerTally(ours.get(i), theirs.get(i), new Tally());
      layers.add(tally);
      if (!LayerOutputs.comparable(tally.first(), tally.second())) {
        tally.tally().largest = Double.POSITIVE_INFINITY;
        break;
      }
    }
  }

  /**
   * Runs both models on a picture.
   *
   * @param name what to call it in the result
   * @throws MobileNetException if a model gives what is not finite, naming the layer where that
   *     began
   */
  public void add(String name, RgbImage image) {
    List<float[]> a = first.outputs(name, image);
    List<float[]> b = secondGivenFirst.outputs(name, image);
    Outputs expected = Outputs.of(first, a);
    Outputs given = Outputs.of(secondGivenFirst, b);
    Outputs own =
        secondGivenFirst == second ? given : Outputs.of(second, second.outputs(name, image));
    for (Way way : ways) {
      way.add(name, expected, way.sameInput ? given : own);
    }
    for (int i = 0; i < layers.size(); i++) {
      layers.get(i).add(a.get(i), b.get(i));
    }
    images++;
  }

  /**
   * Returns what was found so far.
   *
   * @throws MobileNetException if there was no picture yet
   */
  public Verification verification() {
    if (images == 0) {
      throw new MobileNetException("there is no picture to compare the models on");
    }
    return new Verification(
        images,
        pairs.size(),
        ways.stream().map(Way::agreements).toList(),
        layers.stream()
            .map(l ->
                new LayerOutputs(
                    l.first(),
                    l.second(),
                    l.first() instanceof Layer.Classifier ? classifier() : l.tally().difference()))
            .toList());
  }

  /** Returns the least difference of the logits, given the same input: labels are not its work. */
  private Difference classifier() {
    boolean another = secondGivenFirst != second;
    return ways.stream()
        .filter(way -> way.sameInput == another)
        .map(way -> way.logits.difference())
        .min(Comparator.comparingDouble(Difference::largest))
        .orElseThrow();
  }

  /** Ends the sessions. */
  @Override
  public void close() {
    first.session().close();
    second.session().close();
    secondGivenFirst.session().close();
  }
}
