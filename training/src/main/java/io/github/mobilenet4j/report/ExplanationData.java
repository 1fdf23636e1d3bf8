package io.github.mobilenet4j.report;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.explanation.ClassActivationMap;
import io.github.mobilenet4j.explanation.FeatureMaps;
import io.github.mobilenet4j.explanation.ReceptiveField;
import io.github.mobilenet4j.files.RecordJson;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.inference.Prediction;
import io.github.mobilenet4j.inference.Predictions;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Weights;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image's way through a network, as the data of one page: {@link ExplanationPage} is such a
 * page, and its modules take the same data as JSON from anywhere else.
 *
 * <p>Of each layer some channels are there, as many as 1.6 MB hold together; what a sum over all
 * channels needs of the others is there as one number.
 */
public final class ExplanationData {
  /** Rows times columns of the largest input: the page would have more than 3 MB. */
  public static final int MOST_PIXELS = 448 * 448;

  private static final int RUNS = 20;
  private static final Duration RUNS_TIME = Duration.ofMillis(150);

  /**
   * What is wanted.
   *
   * @param name of the image, for people
   * @param modelName of the model, for people
   * @param precision what the network computes in
   * @param threads of an image
   * @param top how many classes, ≥ 1
   * @param grid how long the 16 networks of the paper's grid of multipliers are measured, about;
   *     zero for estimates by the rate of this network
   */
  public record Options(
      String name, String modelName, Precision precision, int threads, int top, Duration grid) {}

  private record About(
      String name,
      String model,
      double widthMultiplier,
      double ceiling,
      Precision precision,
      int threads,
      int classes,
      boolean unknown) {}

  /** The image as the network sees it, and the number that each byte of a channel becomes. */
  private record Picture(int height, int width, int channels, Packed rgb, Packed numbers) {}

  private record Guess(int index, String label, double probability) {}

  private record Sum(double bias, double mean, double logit, double computed) {}

  private record ClassMap(Guess guess, Sum sum, boolean linear, Packed values, Packed weights) {}

  private record Cost(long macs, long kernelValues) {}

  private record Field(int start, int size, int stride) {}

  private record Geometry(
      List<Integer> in,
      List<Integer> out,
      int stride,
      List<Integer> before,
      Field rows,
      Field columns) {}

  /** What the values of a layer are rounded to; scale 0 where they are floats. */
  private record Steps(double scale, int zero) {}

  /**
   * @param weights of the stem {@code [channels, 3, 3, C]}, depthwise {@code [channels, 3, 3]},
   *     pointwise {@code [channels, C]}
   * @param biases {@code [channels]}
   * @param others pointwise, {@code [channels, height, width]}: what the channels that are not
   *     shown add
   */
  private record Arithmetic(Packed weights, Packed biases, Packed others) {}

  /**
   * @param channels those that are shown
   * @param maps {@code [channels, height, width]}
   */
  private record Shown(
      List<Integer> channels, Packed maps, double largest, Steps steps, Arithmetic sums) {}

  private record Row(
      String name, String kind, int block, Geometry geometry, Cost cost, Shown shown) {}

  private record Operator(String name, long macs, double milliseconds, Cost standard) {}

  private record Document(
      About about,
      Picture image,
      List<ClassMap> classes,
      Packed features,
      List<Row> layers,
      List<Operator> operators,
      List<Multipliers.Variant> multipliers) {}

  private final Document document;

  private ExplanationData(Document document) {
    this.document = document;
  }

  /**
   * Runs a model on an image and gathers the data.
   *
   * @throws MobileNetException if the model's input is larger than {@link #MOST_PIXELS}, or as
   *     {@link Session#of(MobileNetV1, Weights, Precision, int, int)} and {@link
   *     FeatureMaps#of(Session, float[])}
   */
  public static ExplanationData of(Model model, RgbImage image, Options options) {
    return new ExplanationData(new Gathering(model, image, options).document());
  }

  /** Returns all of it, as a value of JSON. */
  public Map<String, Object> json() {
    return RecordJson.of(document);
  }

  /** Returns what a person would want to know of it, without maps and weights. */
  public Map<String, Object> summary() {
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("about", RecordJson.of(document.about));
    summary.put("input", List.of(document.image.height, document.image.width));
    summary.put(
        "classes",
        document.classes.stream()
            .map(map -> {
              Map<String, Object> object = RecordJson.of(map.guess);
              object.putAll(RecordJson.of(map.sum));
              return object;
            })
            .toList());
    summary.put(
        "layers",
        document.layers.stream()
            .map(row -> {
              Map<String, Object> object = new LinkedHashMap<>();
              object.put("name", row.name);
              object.put("kind", row.kind);
              object.putAll(RecordJson.of(row.geometry));
              object.putAll(RecordJson.of(row.cost));
              return object;
            })
            .toList());
    summary.put("operators", document.operators.stream().map(RecordJson::of).toList());
    summary.put("multipliers", document.multipliers.stream().map(RecordJson::of).toList());
    return summary;
  }

  /** Returns what the image shows most probably, empty if the network has no classifier. */
  public Optional<String> label() {
    return document.classes.stream().findFirst().map(map -> map.guess.label);
  }

  /** Returns the name of the image. */
  public String name() {
    return document.about.name;
  }

  /** How the document is made. */
  private static final class Gathering {
    private final Model model;
    private final MobileNetV1 network;
    private final RgbImage fitted;
    private final Options options;
    private final Weights.Folded folded;
    private final float[] x;
    private final FeatureMaps maps;
    private final List<Operator> operators;

    Gathering(Model model, RgbImage image, Options options) {
      this.model = model;
      this.network = model.network();
      this.options = options;
      if (network.input().area() > MOST_PIXELS) {
        throw new MobileNetException(
            "the model's input is %s×%s, at most %s pixels can be shown: a smaller --resolution fits any model"
                .formatted(network.height(), network.width(), MOST_PIXELS));
      }
      fitted = model.preprocessing().fit(image, network.height(), network.width());
      x = new float[Math.toIntExact(network.input().size())];
      model.preprocessing().apply(image, network.height(), network.width(), x, 0);
      folded = model.weights().folded(network);
      try (Session session =
          Session.of(network, model.weights(), options.precision, 1, options.threads)) {
        maps = FeatureMaps.of(session, x);
        operators = operators(session);
      }
    }

    /** Returns the times of the fastest of some runs. */
    private List<Operator> operators(Session session) {
      List<String> names = session.plan().operators();
      float[] unused = new float[network.outputs()];
      long[] fastest = new long[names.size()];
      long shortest = Long.MAX_VALUE;
      long end = System.nanoTime() + RUNS_TIME.toNanos();
      for (int run = 0; run < 2 || run < RUNS && System.nanoTime() < end; run++) {
        long[] nanos = new long[names.size()];
        long start = System.nanoTime();
        session.profile(x, 1, unused, nanos);
        long time = System.nanoTime() - start;
        if (time < shortest) {
          shortest = time;
          fastest = nanos;
        }
      }
      List<Operator> all = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        long macs = session.plan().macs().get(i);
        all.add(new Operator(names.get(i), macs, fastest[i] / 1e6, standard(i)));
      }
      return all;
    }

    /** Returns what a block would cost as one standard convolution. */
    private Cost standard(int operator) {
      List<MobileNetV1.Block> blocks = network.blocks();
      return operator == 0 || operator > blocks.size()
          ? new Cost(0, 0)
          : cost(blocks.get(operator - 1).standard());
    }

    Document document() {
      List<ClassMap> classes = new ArrayList<>();
      Optional<ClassActivationMap> best = Optional.empty();
      boolean unknown = false;
      if (network.hasClassifier()) {
        Predictions predictions =
            Predictions.of(model, maps.output(network.classifier()), options.top);
        unknown = predictions.unknown();
        for (Prediction prediction : predictions) {
          ClassActivationMap map = ClassActivationMap.of(maps, model.weights(), prediction.index());
          best = best.or(() -> Optional.of(map));
          classes.add(classMap(prediction, map));
        }
      }
      About about =
          new About(
              options.name,
              options.modelName,
              network.widthMultiplier(),
              Float.isFinite(network.activation().ceiling()) ? network.activation().ceiling() : 0,
              options.precision,
              options.threads,
              network.classes(),
              unknown);
      return new Document(
          about,
          picture(),
          classes,
          Packed.floats(maps.output(network.pool())),
          rows(ShownChannels.of(maps, best)),
          operators,
          multipliers());
    }

    private List<Multipliers.Variant> multipliers() {
      return Multipliers.measure(options.threads, options.grid);
    }

    private Picture picture() {
      float[] numbers = new float[256 * network.channels()];
      byte[] ramp = new byte[256 * 3];
      for (int i = 0; i < ramp.length; i++) {
        ramp[i] = (byte) (i / 3);
      }
      model.preprocessing().scale(new RgbImage(16, 16, ramp), numbers, 0);
      if (integers().isPresent()) {
        Weights.Quantized integers = integers().get();
        for (int i = 0; i < numbers.length; i++) {
          numbers[i] =
              integers.input().real(integers.input().quantized(numbers[i], integers.type()));
        }
      }
      return new Picture(
          network.height(),
          network.width(),
          network.channels(),
          Packed.bytes(fitted.rgb()),
          Packed.floats(numbers));
    }

    /** Returns the integers that it computes in. */
    private Optional<Weights.Quantized> integers() {
      return options.precision == Precision.INT8
              && model.weights() instanceof Weights.Quantized quantized
          ? Optional.of(quantized)
          : Optional.empty();
    }

    private static ClassMap classMap(Prediction prediction, ClassActivationMap map) {
      return new ClassMap(
          new Guess(prediction.index(), prediction.label(), prediction.probability()),
          new Sum(map.bias(), map.mean(), map.logit(), map.computed()),
          map.linear(),
          Packed.floats(floats(map.values())),
          Packed.floats(floats(map.weights())));
    }

    private List<Row> rows(List<List<Integer>> shown) {
      List<Row> rows = new ArrayList<>();
      List<Layer> layers = network.layers();
      for (int i = 0; i < layers.size(); i++) {
        Layer layer = layers.get(i);
        int block = layer instanceof Layer.Convolution c ? c.block() : -1;
        List<Integer> before = i > 0 && i <= shown.size() ? shown.get(i - 1) : List.of();
        rows.add(
            new Row(
                layer.name(),
                layer.kind(),
                block,
                geometry(layer),
                cost(layer),
                i < shown.size()
                    ? shown((Layer.Convolution) layer, shown.get(i), before)
                    : new Shown(
                        List.of(),
                        Packed.NONE,
                        0,
                        steps(layer),
                        new Arithmetic(Packed.NONE, Packed.NONE, Packed.NONE))));
      }
      return rows;
    }

    private Geometry geometry(Layer layer) {
      ReceptiveField field = ReceptiveField.of(network, layer, 0, 0);
      int stride = 1;
      List<Integer> before = List.of(0, 0);
      if (layer instanceof Layer.Standard || layer instanceof Layer.Depthwise) {
        Layer.Convolution convolution = (Layer.Convolution) layer;
        stride = convolution.stride();
        before =
            List.of(
                network.padding(convolution).before(layer.in().height(), stride),
                network.padding(convolution).before(layer.in().width(), stride));
      }
      return new Geometry(
          list(layer.in()),
          list(layer.out()),
          stride,
          before,
          field(field.rows()),
          field(field.columns()));
    }

    private Steps steps(Layer layer) {
      return integers()
          .map(integers -> integers.after(layer))
          .map(q -> new Steps(q.scale(), q.zeroPoint()))
          .orElse(new Steps(0, 0));
    }

    private Shown shown(Layer.Convolution layer, List<Integer> channels, List<Integer> before) {
      int area = Math.toIntExact(layer.out().area());
      float[] values = new float[channels.size() * area];
      for (int i = 0; i < channels.size(); i++) {
        System.arraycopy(maps.map(layer, channels.get(i)), 0, values, i * area, area);
      }
      float largest = 0;
      for (float value : values) {
        largest = Math.max(largest, value);
      }
      Packed packed =
          integers()
              .map(integers -> Packed.integers(values, integers.after(layer), integers.type()))
              .orElseGet(() -> Packed.steps(values));
      return new Shown(
          channels, packed, largest, steps(layer), arithmetic(layer, channels, before));
    }

    private Arithmetic arithmetic(
        Layer.Convolution layer, List<Integer> channels, List<Integer> before) {
      float[] kernel = folded.get(layer, Role.KERNEL);
      float[] bias = folded.get(layer, Role.BIAS);
      int all = layer.out().channels();
      int each = kernel.length / all;
      float[] weights = new float[channels.size() * each];
      float[] biases = new float[channels.size()];
      for (int i = 0; i < biases.length; i++) {
        biases[i] = bias[channels.get(i)];
        for (int n = 0; n < each; n++) {
          weights[i * each + n] = kernel[n * all + channels.get(i)];
        }
      }
      Packed others =
          layer instanceof Layer.Pointwise
              ? Packed.steps(others(layer, weights, channels.size(), before))
              : Packed.NONE;
      return new Arithmetic(Packed.floats(weights), Packed.floats(biases), others);
    }

    /** Returns what input channels add that are not among some. */
    private float[] others(Layer layer, float[] weights, int count, List<Integer> shown) {
      float[] in = maps.input(layer);
      int c = layer.in().channels();
      boolean[] left = new boolean[c];
      Arrays.fill(left, true);
      shown.forEach(channel -> left[channel] = false);
      int area = Math.toIntExact(layer.out().area());
      float[] sums = new float[count * area];
      for (int place = 0; place < area; place++) {
        for (int i = 0; i < count; i++) {
          double sum = 0;
          for (int n = 0; n < c; n++) {
            if (left[n]) {
              sum += (double) in[place * c + n] * weights[i * c + n];
            }
          }
          sums[i * area + place] = (float) sum;
        }
      }
      return sums;
    }

    private static float[] floats(double[] values) {
      float[] floats = new float[values.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) values[i];
      }
      return floats;
    }

    private static Cost cost(Layer layer) {
      return new Cost(layer.macs(), layer.kernelValues());
    }

    private static Field field(ReceptiveField.Span span) {
      return new Field(span.start(), span.size(), span.stride());
    }

    private static List<Integer> list(Shape shape) {
      return List.of(shape.height(), shape.width(), shape.channels());
    }
  }
}
