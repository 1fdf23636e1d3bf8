package io.github.mobilenet4j;

import java.util.Locale;

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
 * @param memory bytes that reading a file may take, beside the file itself
 * @param pixels height × width of an image; more than 536 million are never read
 * @param jpegSamples samples that a JPEG's scans go over: scans × pixels of each component
 * @param inputSide rows, and columns, of a model's input
 * @param activationBytes of one image between the layers of a model, in float32
 * @param weightBytes of a model, in float32
 * @param entries operators, nodes, layers or tensors of a model file, each
 * @param rank axes of a tensor
 * @param steps of the program that a PyTorch file is; copying an element is a step
 */
public record ReadLimits(
    long memory,
    long pixels,
    long jpegSamples,
    int inputSide,
    long activationBytes,
    long weightBytes,
    int entries,
    int rank,
    long steps) {

  /** Enough for photographs of 100 megapixels and every MobileNet V1 that was ever published. */
  public static final ReadLimits DEFAULT =
      new ReadLimits(
          256L << 20, 100_000_000, 400_000_000, 4096, 1L << 30, 1L << 30, 16_384, 8, 1_000_000);

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
    check("memory", memory);
    check("pixels", pixels);
    check("jpegSamples", jpegSamples);
    check("inputSide", inputSide);
    check("activationBytes", activationBytes);
    check("weightBytes", weightBytes);
    check("entries", entries);
    check("rank", rank);
    check("steps", steps);
  }

  private static void check(String name, long value) {
    if (value < 1) {
      throw new MobileNetException(
          "the limit %s is %s, expected at least 1".formatted(name, value));
    }
  }

  /**
   * Returns the {@link #DEFAULT}, changed by the system properties {@code mobilenet4j.limits.NAME}:
   * whole numbers, which may end in k, m or g for 2¹⁰, 2²⁰ or 2³⁰.
   *
   * @throws MobileNetException if one is not
   */
  public static ReadLimits standard() {
    return new ReadLimits(
        property("memory", DEFAULT.memory),
        property("pixels", DEFAULT.pixels),
        property("jpegSamples", DEFAULT.jpegSamples),
        (int) Math.min(property("inputSide", DEFAULT.inputSide), Integer.MAX_VALUE),
        property("activationBytes", DEFAULT.activationBytes),
        property("weightBytes", DEFAULT.weightBytes),
        (int) Math.min(property("entries", DEFAULT.entries), Integer.MAX_VALUE),
        (int) Math.min(property("rank", DEFAULT.rank), Integer.MAX_VALUE),
        property("steps", DEFAULT.steps));
  }

  private static long property(String name, long absent) {
    String text = System.getProperty(PROPERTY + name);
    if (text == null) {
      return absent;
    }
    String number = text.strip().toLowerCase(Locale.ROOT);
    int unit = number.isEmpty() ? -1 : "kmg".indexOf(number.charAt(number.length() - 1));
    try {
      return unit < 0
          ? Long.parseLong(number)
          : Math.multiplyExact(
              Long.parseLong(number.substring(0, number.length() - 1)), 1L << 10 * (unit + 1));
    } catch (NumberFormatException | ArithmeticException e) {
      throw new MobileNetException(
          "%s%s is '%s', expected a whole number such as 4096 or 2g"
              .formatted(PROPERTY, name, text),
          e);
    }
  }

  /** Returns the bytes of memory that reading a file of a length may take. */
  public long memory(long fileBytes) {
    return forFile(memory, fileBytes);
  }

  /** Returns the samples that the scans of a JPEG file of a length may go over. */
  public long jpegSamples(long fileBytes) {
    return forFile(jpegSamples, fileBytes);
  }

  /** Returns the steps that a PyTorch file of a length may take. */
  public long steps(long fileBytes) {
    return forFile(steps, fileBytes);
  }

  private static long forFile(long limit, long fileBytes) {
    double times = 1 + (double) Math.max(fileBytes - SMALL_FILE, 0) / AS_MUCH_AGAIN;
    return (long) (limit * times);
  }

  /** Returns the same with another limit of memory, in bytes. */
  public ReadLimits withMemory(long value) {
    return new ReadLimits(
        value, pixels, jpegSamples, inputSide, activationBytes, weightBytes, entries, rank, steps);
  }

  /** Returns the same with another limit of an image's pixels. */
  public ReadLimits withPixels(long value) {
    return new ReadLimits(
        memory, value, jpegSamples, inputSide, activationBytes, weightBytes, entries, rank, steps);
  }

  /** Returns the same with another limit of a JPEG's samples. */
  public ReadLimits withJpegSamples(long value) {
    return new ReadLimits(
        memory, pixels, value, inputSide, activationBytes, weightBytes, entries, rank, steps);
  }

  /** Returns the same with another limit of a model's rows and columns. */
  public ReadLimits withInputSide(int value) {
    return new ReadLimits(
        memory, pixels, jpegSamples, value, activationBytes, weightBytes, entries, rank, steps);
  }

  /** Returns the same with another limit of a model's activations, in bytes. */
  public ReadLimits withActivationBytes(long value) {
    return new ReadLimits(
        memory, pixels, jpegSamples, inputSide, value, weightBytes, entries, rank, steps);
  }

  /** Returns the same with another limit of a model's weights, in bytes. */
  public ReadLimits withWeightBytes(long value) {
    return new ReadLimits(
        memory, pixels, jpegSamples, inputSide, activationBytes, value, entries, rank, steps);
  }

  /** Returns the same with another limit of operators, nodes, layers and tensors. */
  public ReadLimits withEntries(int value) {
    return new ReadLimits(
        memory, pixels, jpegSamples, inputSide, activationBytes, weightBytes, value, rank, steps);
  }

  /** Returns the same with another limit of a PyTorch file's steps. */
  public ReadLimits withSteps(long value) {
    return new ReadLimits(
        memory, pixels, jpegSamples, inputSide, activationBytes, weightBytes, entries, rank, value);
  }
}
