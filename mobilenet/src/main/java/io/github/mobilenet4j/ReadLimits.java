package io.github.mobilenet4j;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a file may ask for, whatever is written in it: the one policy of everything that reads. A
 * file that asks for more is refused with a {@link MobileNetException}, before memory is taken.
 *
 * <p>With the {@link #DEFAULT}, no file of up to 5 MB takes more than 256 MB of memory or two
 * seconds of an ordinary processor. Of larger files, {@code memory}, {@code jpegSamples} and {@code
 * steps} allow more: each further megabyte may take as much again.
 *
 * <p>Readers take the limits as an argument. Without one they take {@link #standard}, in which a
 * system property changes each limit: {@code -Dmobilenet4j.limits.inputSide=16000}, {@code
 * -Dmobilenet4j.limits.memory=2g}.
 *
 * @param values each limit, ≥ 1; those that are left out are the default's
 */
public record ReadLimits(Map<Limit, Long> values) {
  /** What is limited. */
  public enum Limit {
    /** Bytes that reading a file may take, beside the file itself. */
    MEMORY("memory", 256L << 20),
    /** Height × width of an image; more than 536 million are never read. */
    PIXELS("pixels", 100_000_000),
    /** Samples that a JPEG's scans go over: scans × pixels of each component. */
    JPEG_SAMPLES("jpegSamples", 400_000_000),
    /** Rows, and columns, of a model's input. */
    INPUT_SIDE("inputSide", 4096),
    /** Bytes of one image between the layers of a model, in float32. */
    ACTIVATION_BYTES("activationBytes", 1L << 30),
    /** Bytes of a model's weights, in float32. */
    WEIGHT_BYTES("weightBytes", 1L << 30),
    /** Operators, nodes, layers or tensors of a model file, each. */
    ENTRIES("entries", 16_384),
    /** Axes of a tensor. */
    RANK("rank", 8),
    /** Steps of the program that a PyTorch file is; copying an element is a step. */
    STEPS("steps", 1_000_000);

    private final String property;
    private final long standard;

    Limit(String property, long standard) {
      this.property = property;
      this.standard = standard;
    }

    /** Returns the system property that changes it. */
    public String property() {
      return PROPERTY + property;
    }
  }

  /** Enough for photographs of 100 megapixels and every MobileNet V1 that was ever published. */
  public static final ReadLimits DEFAULT = new ReadLimits(Map.of());

  private static final String PROPERTY = "mobilenet4j.limits.";

  /** A file of so many bytes is given the limits as they are. */
  private static final long SMALL_FILE = 5_000_000;

  /** A larger file is given as much again for each so many bytes more. */
  private static final long AS_MUCH_AGAIN = 1_000_000;

  /**
   * Checks every value.
   *
   * @throws MobileNetException if one is below 1
   */
  public ReadLimits {
    Map<Limit, Long> all = new EnumMap<>(Limit.class);
    for (Limit limit : Limit.values()) {
      long value = values.getOrDefault(limit, limit.standard);
      if (value < 1) {
        throw new MobileNetException(
            "the limit %s is %s, expected at least 1".formatted(limit.property, value));
      }
      all.put(limit, value);
    }
    values = Collections.unmodifiableMap(all);
  }

  /**
   * Returns the {@link #DEFAULT}, changed by the system properties {@code mobilenet4j.limits.NAME}:
   * whole numbers, which may end in k, m or g for 2¹⁰, 2²⁰ or 2³⁰.
   *
   * @throws MobileNetException if one is not
   */
  public static ReadLimits standard() {
    Map<Limit, Long> values = new EnumMap<>(Limit.class);
    for (Limit limit : Limit.values()) {
      String text = System.getProperty(limit.property());
      if (text != null) {
        values.put(limit, parsed(limit.property(), text));
      }
    }
    return new ReadLimits(values);
  }

  private static long parsed(String name, String text) {
    String number = text.strip().toLowerCase(Locale.ROOT);
    int unit = number.isEmpty() ? -1 : "kmg".indexOf(number.charAt(number.length() - 1));
    try {
      return unit < 0
          ? Long.parseLong(number)
          : Math.multiplyExact(
              Long.parseLong(number.substring(0, number.length() - 1)), 1L << 10 * (unit + 1));
    } catch (NumberFormatException | ArithmeticException e) {
      throw new MobileNetException(
          "%s is '%s', expected a whole number such as 4096 or 2g".formatted(name, text), e);
    }
  }

  /** Returns the same with another value of a limit. */
  public ReadLimits with(Limit limit, long value) {
    Map<Limit, Long> changed = new EnumMap<>(values);
    changed.put(limit, value);
    return new ReadLimits(changed);
  }

  /** Returns the value of a limit. */
  public long of(Limit limit) {
    return values.get(limit);
  }

  /** Returns the most operators, nodes, layers or tensors of a model file, each. */
  public int entries() {
    return Math.clamp(of(Limit.ENTRIES), 1, Integer.MAX_VALUE);
  }

  /** Returns the most axes of a tensor. */
  public int rank() {
    return Math.clamp(of(Limit.RANK), 1, Integer.MAX_VALUE);
  }

  /** Returns the bytes of memory that reading a file of a length may take. */
  public long memory(long fileBytes) {
    return forFile(Limit.MEMORY, fileBytes);
  }

  /** Returns the samples that the scans of a JPEG file of a length may go over. */
  public long jpegSamples(long fileBytes) {
    return forFile(Limit.JPEG_SAMPLES, fileBytes);
  }

  /** Returns the steps that a PyTorch file of a length may take. */
  public long steps(long fileBytes) {
    return forFile(Limit.STEPS, fileBytes);
  }

  private long forFile(Limit limit, long fileBytes) {
    double times = 1 + (double) Math.max(fileBytes - SMALL_FILE, 0) / AS_MUCH_AGAIN;
    return (long) (of(limit) * times);
  }
}
