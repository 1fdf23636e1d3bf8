package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.RecordJson;
import io.github.mobilenet4j.files.Variant;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How images are changed by chance, so that the network sees each a little different in every
 * epoch. Every step is defined as in torchvision, in its order.
 *
 * <p>What happens to an image is a function of seed, epoch and its number in the data set, and of
 * nothing else.
 *
 * @param values of the parameters; those that are not there are off
 */
public record Augmentation(Map<Parameter, Double> values) {
  /** What is changed; how far it may be, and how far the presets do. */
  public enum Parameter {
    /**
     * Random resized crop: the smallest part of the image's area that is taken, in (0, 1]; the
     * largest is all of it. 1: the image is framed as for inference.
     */
    MIN_SCALE(1e-4, 1, 1, 0.5, 0.08),
    /**
     * Random resized crop: the part is at most this many times as wide as it is high, or as high as
     * it is wide, before it is made square; ≥ 1, 4/3 in torchvision.
     */
    MAX_RATIO(1, 100, 1, 4.0 / 3, 4.0 / 3),
    /**
     * Images whose shorter side is below the network's are not cropped so: a part of them would be
     * a blur. They are moved instead, by at most this part of their side in each direction
     * (torchvision's {@code RandomCrop} with padding), in [0, 1]; 0: they are cropped as the others
     * are.
     */
    SHIFT(0, 1, 0, 0.125, 0.125),
    /** How often the image is mirrored, left and right, in [0, 1]. */
    FLIP(0, 1, 0, 0.5, 0.5),
    /** The most degrees it is turned by, either way, in [0, 180]. */
    ROTATION(0, 180, 0, 0, 15),
    /** The largest part of the input's side it is moved by, in [0, 1]. */
    TRANSLATION(0, 1, 0, 0, 0.1),
    /**
     * How often one operation of TrivialAugment (arXiv:2103.10158, the wide space) is done, in [0,
     * 1]: of geometry, colour or contrast, of any strength.
     */
    TRIVIAL(0, 1, 0, 0, 0),
    /** How often it is made smaller, to a third of its side at least, and larger again. */
    RESCALE(0, 1, 0, 0, 0),
    /** How often it is blurred, by a Gaussian of at most two pixels, in [0, 1]. */
    BLUR(0, 1, 0, 0, 0),
    /** How often it is sharpened, by a factor of at most 3 where 1 changes nothing, in [0, 1]. */
    SHARPEN(0, 1, 0, 0, 0),
    /** A factor of 1 ± this, ≥ 0. */
    BRIGHTNESS(0, 100, 0, 0, 0.4),
    /** A factor of 1 ± this, ≥ 0. */
    CONTRAST(0, 100, 0, 0, 0.4),
    /** A factor of 1 ± this, ≥ 0. */
    SATURATION(0, 100, 0, 0, 0.4),
    /** The largest part of the colour circle that the hue is turned by, in [0, 0.5]. */
    HUE(0, 0.5, 0, 0, 0.05),
    /**
     * How often a rectangle is covered, of 2 to 33 % of the area and of a width between 0.3 of its
     * height and its height / 0.3, in [0, 1].
     */
    ERASING(0, 1, 0, 0, 0.25),
    /**
     * α of the Beta distribution of the share that another image of the batch gets, in {0} and
     * [0.05, 8].
     */
    MIXUP(0.05, 8, 0, 0, 0.2),
    /**
     * α of the Beta distribution of the area that another image's rectangle covers, in {0} and
     * [0.05, 8]. Where mixup is set too, a coin is tossed for each batch.
     */
    CUTMIX(0.05, 8, 0, 0, 1);

    private static final Pattern NEXT_WORD = Pattern.compile("_(.)");

    private final double least;
    private final double most;
    private final double none;
    private final double light;
    private final double strong;

    Parameter(double least, double most, double none, double light, double strong) {
      this.least = least;
      this.most = most;
      this.none = none;
      this.light = light;
      this.strong = strong;
    }

    private double checked(double value) {
      if (value == none || value >= least && value <= most) {
        return value;
      }
      throw new MobileNetException(
          "augmentation: %s is %s, expected %s to %s".formatted(this, value, least, most));
    }

    /** Returns the name, such as {@code minScale}. */
    @Override
    public String toString() {
      return NEXT_WORD
          .matcher(name().toLowerCase(Locale.ROOT))
          .replaceAll(word -> word.group(1).toUpperCase(Locale.ROOT));
    }
  }

  /** Images as they are at inference. */
  public static final Augmentation NONE = preset(p -> p.none);

  /**
   * For small networks, which overfit less: no colours, and no crops below half of the image, as
   * section 3.2 of arXiv:1704.04861 advises.
   */
  public static final Augmentation LIGHT = preset(p -> p.light);

  /** For many epochs, few images or wide networks. */
  public static final Augmentation STRONG = preset(p -> p.strong);

  /** {@link #LIGHT}, and to each image one operation of TrivialAugment. */
  public static final Augmentation TRIVIAL = LIGHT.with(Parameter.TRIVIAL, 1);

  private static final List<Parameter> ADDED =
      List.of(Parameter.RESCALE, Parameter.BLUR, Parameter.SHARPEN, Parameter.TRIVIAL);

  private static final Map<String, Augmentation> PRESETS =
      new TreeMap<>(Map.of("none", NONE, "light", LIGHT, "strong", STRONG, "trivial", TRIVIAL));

  /**
   * Copies and checks the values.
   *
   * @throws MobileNetException if one is out of its range
   */
  public Augmentation {
    Map<Parameter, Double> all = new EnumMap<>(Parameter.class);
    for (Parameter p : Parameter.values()) {
      all.put(p, p.checked(values.getOrDefault(p, p.none)));
    }
    values = Collections.unmodifiableMap(all);
  }

  private static Augmentation preset(Function<Parameter, Double> value) {
    return new Augmentation(
        Arrays.stream(Parameter.values()).collect(Collectors.toMap(Function.identity(), value)));
  }

  /** Returns the value of a parameter. */
  public double get(Parameter parameter) {
    return values.get(parameter);
  }

  /**
   * Returns the same with one parameter changed.
   *
   * @throws MobileNetException if the value is out of its range
   */
  public Augmentation with(Parameter parameter, double value) {
    Map<Parameter, Double> changed = new EnumMap<>(values);
    changed.put(parameter, value);
    return new Augmentation(changed);
  }

  /**
   * Reads a preset and changes to it: {@code light}, {@code light,mixup=0.2}, {@code
   * strong,rotation=0,hue=0}. What {@link #toString} gives is read back to an equal augmentation.
   *
   * @throws MobileNetException if there is no such preset or parameter, or a value is no number or
   *     out of its range
   */
  public static Augmentation of(String text) {
    Variant variant = Variant.of(text);
    return fromJson(variant.name(), variant.over(variant.choose(PRESETS).toJson()));
  }

  /** Returns the values as an object of JSON. */
  public Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    values.forEach((parameter, value) -> json.put(parameter.toString(), value));
    return json;
  }

  /**
   * Returns the augmentation in an object of JSON.
   *
   * @param source where it comes from, for messages
   * @throws MobileNetException if a field is missing, unknown, no number or out of range
   */
  public static Augmentation fromJson(String source, Object json) {
    Map<String, Class<?>> types = new LinkedHashMap<>();
    NONE.toJson().keySet().forEach(name -> types.put(name, double.class));
    Map<String, Object> fields = RecordJson.fields(source, types, completed(json));
    return preset(parameter -> (Double) fields.get(parameter.toString()));
  }

  /** Returns an object of JSON with the parameters that older versions did not have. */
  private static Object completed(Object json) {
    if (!(json instanceof Map<?, ?> known)) {
      return json;
    }
    Map<Object, Object> all = new LinkedHashMap<>(known);
    for (Parameter p : ADDED) {
      all.putIfAbsent(p.toString(), p.none);
    }
    return all;
  }

  /** Returns the preset that is most alike and the changes to it, as {@link #of} reads them. */
  @Override
  public String toString() {
    return PRESETS.entrySet().stream()
        .map(preset -> new Variant(preset.getKey(), changes(preset.getValue())).toString())
        .min(Comparator.comparingInt(String::length))
        .orElseThrow();
  }

  private Map<String, String> changes(Augmentation from) {
    Map<String, String> changes = new LinkedHashMap<>();
    values.forEach((parameter, value) -> {
      if (value != from.get(parameter)) {
        changes.put(parameter.toString(), value.toString().replaceFirst("\\.0$", ""));
      }
    });
    return changes;
  }
}
