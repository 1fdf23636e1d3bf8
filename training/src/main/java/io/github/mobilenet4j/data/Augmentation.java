package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How pictures are changed by chance, so that the network sees each a little different in every
 * epoch. Every step is defined as in torchvision, in its order; 0 leaves it out.
 *
 * <p>What happens to a picture is a function of seed, epoch and its number in the data set, and of
 * nothing else.
 *
 * @param minScale random resized crop: the smallest part of the picture's area that is taken, in
 *     (0, 1]; the largest is all of it. 1: the picture is framed as for inference
 * @param maxRatio random resized crop: the part is at most this many times as wide as it is high,
 *     or as high as it is wide, before it is made square; ≥ 1, 4/3 in torchvision
 * @param shift pictures whose shorter side is below the network's are not cropped so: a part of
 *     them would be a blur. They are moved instead, by at most this part of their side in each
 *     direction (torchvision's {@code RandomCrop} with padding), in [0, 1]; 0: they are cropped as
 *     the others are
 * @param flip how often the picture is mirrored, left and right, in [0, 1]
 * @param rotation the most degrees it is turned by, either way, in [0, 180]
 * @param translation the largest part of the input's side it is moved by, in [0, 1]
 * @param brightness a factor of 1 ± this, ≥ 0
 * @param contrast a factor of 1 ± this, ≥ 0
 * @param saturation a factor of 1 ± this, ≥ 0
 * @param hue the largest part of the colour circle that the hue is turned by, in [0, 0.5]
 * @param erasing how often a rectangle is covered, of 2 to 33 % of the area and of a width between
 *     0.3 of its height and its height / 0.3, in [0, 1]
 * @param mixup α of the Beta distribution of the share that another picture of the batch gets, in
 *     {0} and [0.05, 8]
 * @param cutmix α of the Beta distribution of the area that another picture's rectangle covers, in
 *     {0} and [0.05, 8]. Where both are set, a coin is tossed for each batch
 */
public record Augmentation(
    double minScale,
    double maxRatio,
    double shift,
    double flip,
    double rotation,
    double translation,
    double brightness,
    double contrast,
    double saturation,
    double hue,
    double erasing,
    double mixup,
    double cutmix) {

  /** Pictures as they are at inference. */
  public static final Augmentation NONE = new Augmentation(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /**
   * For small networks, which overfit less: no colours, and no crops below half of the picture, as
   * section 3.2 of arXiv:1704.04861 advises.
   */
  public static final Augmentation LIGHT =
      NONE.with("minScale", 0.5).with("maxRatio", 4.0 / 3).with("shift", 0.125).with("flip", 0.5);

  /** For many epochs, few pictures or wide networks. */
  public static final Augmentation STRONG =
      LIGHT
          .with("minScale", 0.08)
          .with("rotation", 15)
          .with("translation", 0.1)
          .with("brightness", 0.4)
          .with("contrast", 0.4)
          .with("saturation", 0.4)
          .with("hue", 0.05)
          .with("erasing", 0.25)
          .with("mixup", 0.2)
          .with("cutmix", 1);

  private static final Map<String, Augmentation> PRESETS =
      new TreeMap<>(Map.of("none", NONE, "light", LIGHT, "strong", STRONG));

  /**
   * Checks every value.
   *
   * @throws MobileNetException if one is out of its range
   */
  public Augmentation {
    check("minScale", minScale, 1e-4, 1);
    check("maxRatio", maxRatio, 1, 100);
    check("shift", shift, 0, 1);
    check("flip", flip, 0, 1);
    check("rotation", rotation, 0, 180);
    check("translation", translation, 0, 1);
    check("brightness", brightness, 0, 100);
    check("contrast", contrast, 0, 100);
    check("saturation", saturation, 0, 100);
    check("hue", hue, 0, 0.5);
    check("erasing", erasing, 0, 1);
    check("mixup", mixup, mixup == 0 ? 0 : 0.05, 8);
    check("cutmix", cutmix, cutmix == 0 ? 0 : 0.05, 8);
  }

  private static void check(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new MobileNetException(
          "augmentation: %s is %s, expected %s to %s".formatted(name, value, least, most));
    }
  }

  /**
   * Reads a preset and changes to it: {@code light}, {@code light,mixup=0.2}, {@code
   * strong,rotation=0,hue=0}. What {@link #toString} gives is read back to an equal augmentation.
   *
   * @throws MobileNetException if there is no such preset or parameter, or a value is no number or
   *     out of its range
   */
  public static Augmentation of(String text) {
    String[] parts = text.split(",", -1);
    Augmentation augmentation = PRESETS.get(parts[0].strip());
    if (augmentation == null) {
      throw new MobileNetException(
          "augmentation \"%s\", expected none, light or strong".formatted(parts[0]));
    }
    for (String part : Arrays.asList(parts).subList(1, parts.length)) {
      String[] pair = part.split("=", -1);
      if (pair.length != 2) {
        throw new MobileNetException(
            "augmentation \"%s\", expected a parameter and its value: flip=0.5".formatted(part));
      }
      try {
        augmentation = augmentation.with(pair[0].strip(), Double.parseDouble(pair[1].strip()));
      } catch (NumberFormatException e) {
        throw new MobileNetException(
            "augmentation \"%s\", expected a number after =".formatted(part), e);
      }
    }
    return augmentation;
  }

  /**
   * Returns the same with one parameter changed.
   *
   * @param parameter the name of a component of this record
   * @throws MobileNetException if there is no such parameter, or the value is out of its range
   */
  public Augmentation with(String parameter, double value) {
    List<String> names = names();
    int changed = names.indexOf(parameter);
    if (changed < 0) {
      throw new MobileNetException(
          "augmentation has no parameter \"%s\", it has %s"
              .formatted(parameter, String.join(", ", names)));
    }
    double[] v = values();
    v[changed] = value;
    return new Augmentation(
        v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[12]);
  }

  /** Returns the preset that is most alike and the changes to it, as {@link #of} reads them. */
  @Override
  public String toString() {
    return PRESETS.entrySet().stream()
        .map(preset -> preset.getKey() + changes(preset.getValue()))
        .min(Comparator.comparingInt(String::length))
        .orElseThrow();
  }

  private String changes(Augmentation from) {
    List<String> names = names();
    double[] before = from.values();
    double[] values = values();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < values.length; i++) {
      if (values[i] != before[i]) {
        String value = Double.toString(values[i]);
        text.append(',').append(names.get(i)).append('=').append(value.replaceFirst("\\.0$", ""));
      }
    }
    return text.toString();
  }

  private static List<String> names() {
    return Arrays.stream(Augmentation.class.getRecordComponents())
        .map(RecordComponent::getName)
        .toList();
  }

  private double[] values() {
    return new double[] {
      minScale,
      maxRatio,
      shift,
      flip,
      rotation,
      translation,
      brightness,
      contrast,
      saturation,
      hue,
      erasing,
      mixup,
      cutmix
    };
  }
}
