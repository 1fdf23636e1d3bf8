package io.github.mobilenet4j.report;

import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Weights;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The paper's grid of width and resolution multipliers: 16 networks, and how long each takes. */
final class Multipliers {
  private static final int RUNS = 5;

  private Multipliers() {}

  /** Who published an accuracy. */
  enum Source {
    /** Tables 6 and 7 of the paper. */
    PAPER,
    /** The page of the authors' checkpoints, for what the paper has in a figure only. */
    CHECKPOINTS
  }

  /** An accuracy on ImageNet, per cent. */
  private record Published(double alpha, int resolution, double top1, Source source) {}

  /**
   * Howard et al., arXiv:1704.04861, Tables 6 and 7; else tensorflow/models,
   * research/slim/nets/mobilenet_v1.md.
   */
  private static final List<Published> PUBLISHED =
      List.of(
          new Published(1, 224, 70.6, Source.PAPER),
          new Published(0.75, 224, 68.4, Source.PAPER),
          new Published(0.5, 224, 63.7, Source.PAPER),
          new Published(0.25, 224, 50.6, Source.PAPER),
          new Published(1, 192, 69.1, Source.PAPER),
          new Published(1, 160, 67.2, Source.PAPER),
          new Published(1, 128, 64.4, Source.PAPER),
          new Published(0.75, 192, 67.2, Source.CHECKPOINTS),
          new Published(0.75, 160, 65.3, Source.CHECKPOINTS),
          new Published(0.75, 128, 62.1, Source.CHECKPOINTS),
          new Published(0.5, 192, 61.7, Source.CHECKPOINTS),
          new Published(0.5, 160, 59.1, Source.CHECKPOINTS),
          new Published(0.5, 128, 56.3, Source.CHECKPOINTS),
          new Published(0.25, 192, 47.7, Source.CHECKPOINTS),
          new Published(0.25, 160, 45.5, Source.CHECKPOINTS),
          new Published(0.25, 128, 41.5, Source.CHECKPOINTS));

  /**
   * One of them.
   *
   * @param macs multiply-adds of an image
   * @param parameters that training changes, with 1,000 classes
   * @param top1 published accuracy on ImageNet, per cent
   * @param milliseconds an image, float32
   * @param measured whether it ran, or was estimated by the rate of those that did; 0 milliseconds
   *     where none did
   */
  record Variant(
      double alpha,
      int resolution,
      long macs,
      long parameters,
      double top1,
      Source source,
      double milliseconds,
      boolean measured) {}

  /**
   * Runs as many of them as a time allows, the small ones first.
   *
   * @param threads of an image
   * @param budget about what it may take; zero for no measurement
   */
  static List<Variant> measure(int threads, Duration budget) {
    List<Variant> variants = new ArrayList<>();
    for (Published each : PUBLISHED) {
      MobileNetV1 network = network(each.alpha, each.resolution);
      variants.add(
          new Variant(
              each.alpha,
              each.resolution,
              network.macs(),
              network.trainableParameters(),
              each.top1,
              each.source,
              0,
              false));
    }
    variants.sort(Comparator.comparingLong(Variant::macs));
    long end = System.nanoTime() + budget.toNanos();
    Map<Double, Weights> weights = new HashMap<>();
    double macsAMillisecond = 0;
    for (int i = 0; i < variants.size(); i++) {
      Variant each = variants.get(i);
      double estimate = macsAMillisecond == 0 ? 0 : each.macs / macsAMillisecond;
      // Compiling costs about as much as two runs.
      boolean fits = System.nanoTime() + (long) (4e6 * estimate) < end;
      double milliseconds =
          fits
              ? milliseconds(network(each.alpha, each.resolution), weights, threads, end)
              : estimate;
      if (fits) {
        macsAMillisecond = each.macs / milliseconds;
      }
      variants.set(
          i,
          new Variant(
              each.alpha,
              each.resolution,
              each.macs,
              each.parameters,
              each.top1,
              each.source,
              milliseconds,
              fits));
    }
    return List.copyOf(variants);
  }

  private static double milliseconds(
      MobileNetV1 network, Map<Double, Weights> weights, int threads, long end) {
    Weights zeros = weights.computeIfAbsent(network.widthMultiplier(), _ -> zeros(network));
    float[] x = new float[Math.toIntExact(network.input().size())];
    float[] logits = new float[network.outputs()];
    try (Session session = Session.of(network, zeros, Precision.FLOAT32, 1, threads)) {
      session.run(x, 1, logits);
      long fastest = Long.MAX_VALUE;
      for (int run = 0; run == 0 || run < RUNS && System.nanoTime() < end; run++) {
        long start = System.nanoTime();
        session.run(x, 1, logits);
        fastest = Math.min(fastest, System.nanoTime() - start);
      }
      return fastest / 1e6;
    }
  }

  /** What the values are does not matter to the time. */
  private static Weights zeros(MobileNetV1 network) {
    Map<String, float[]> values = new HashMap<>();
    network.foldedParameters().forEach(p -> values.put(p.name(), new float[(int) p.size()]));
    return new Weights.Folded(values);
  }

  private static MobileNetV1 network(double alpha, int resolution) {
    return MobileNetV1.builder().widthMultiplier(alpha).resolution(resolution).build();
  }
}
