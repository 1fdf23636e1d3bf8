package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import java.util.Collections;
import java.util.List;

/**
 * What happens to a picture before the network sees it. It belongs to the weights: the same weights
 * behind another preprocessing lose accuracy without any error.
 *
 * <p>A value {@code v} of 0..255 becomes {@code (v / 255 − mean) / std}, per channel.
 *
 * @param crop how the picture becomes height × width
 * @param cropFraction the part of the shorter side that is kept, in (0, 1]; 0.875 is 224 of 256
 * @param resampling how pixels are interpolated
 *     <p>A network of one channel takes grey images: mean and std are then one number each, and
 *     each image becomes {@link RgbImage#grey} before anything else.
 * @param mean red, green, blue, or grey alone, on the scale 0..1
 * @param std red, green, blue, or grey alone, on the scale 0..1, &gt; 0
 */
public record Preprocessing(
    Crop crop, double cropFraction, Resampling resampling, List<Double> mean, List<Double> std) {

  /** How a picture of any size becomes the network's height × width. */
  public enum Crop {
    /**
     * Resize so that the shorter side is the network's side / cropFraction (rounded), keeping the
     * proportions, then cut the centre out: PyTorch, timm, Hugging Face.
     */
    RESIZE_THEN_CROP,
    /** Cut out the central cropFraction of each side, then resize that: TF-Slim. */
    CROP_THEN_RESIZE,
    /** Resize the whole picture, whatever its proportions. */
    SQUASH
  }

  /** {@code [−1, 1]}: TF-Slim, Keras, timm, Hugging Face. Else as {@link #IMAGENET}. */
  public static final Preprocessing TENSORFLOW = scaled(0.5, 0.5);

  /** {@code [0, 1]}: MLPerf Tiny. Else as {@link #IMAGENET}. */
  public static final Preprocessing UNIT = scaled(0, 1);

  /**
   * ImageNet mean and standard deviation, the centre 0.875 of the resized picture, bilinear:
   * torchvision's convention and the tutorial's network.
   */
  public static final Preprocessing IMAGENET =
      new Preprocessing(
          Crop.RESIZE_THEN_CROP,
          0.875,
          Resampling.BILINEAR,
          List.of(0.485, 0.456, 0.406),
          List.of(0.229, 0.224, 0.225));

  /**
   * Checks every value.
   *
   * @throws MobileNetException if one is out of its range
   */
  public Preprocessing {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (!(cropFraction > 0 && cropFraction <= 1)) {
      throw new MobileNetException("crop fraction is " + cropFraction + ", expected in (0, 1]");
    }
    if (mean.size() != 3 && mean.size() != 1 || !mean.stream().allMatch(Double::isFinite)) {
      throw new MobileNetException(
          "mean is " + mean + ", expected three finite numbers, or one for grey images");
    }
    if (std.size() != mean.size() || !std.stream().allMatch(d -> d > 0 && Double.isFinite(d))) {
      throw new MobileNetException(
          "std is %s, expected as many numbers > 0 as mean has: %s".formatted(std, mean.size()));
    }
    for (int c = 0; c < mean.size(); c++) {
      if (!Float.isFinite(scaled(0, c, mean, std)) || !Float.isFinite(scaled(255, c, mean, std))) {
        throw new MobileNetException(
            "mean is %s and std %s, by which pixels are no finite numbers".formatted(mean, std));
      }
    }
  }

  /**
   * Returns the same with another scale of the numbers.
   *
   * @throws MobileNetException if a value is out of its range
   */
  public Preprocessing withNormalization(List<Double> mean, List<Double> std) {
    return new Preprocessing(crop, cropFraction, resampling, mean, std);
  }

  /** Returns how many channels the network takes: 3, or 1 for grey images. */
  public int channels() {
    return mean.size();
  }

  /**
   * Returns the same for so many channels: for one, mean and std become the mean of theirs; for
   * three, they are the same for all.
   *
   * @param channels 1 or 3
   */
  public Preprocessing forChannels(int channels) {
    return channels == channels()
        ? this
        : withNormalization(spread(mean, channels), spread(std, channels));
  }

  private static List<Double> spread(List<Double> values, int channels) {
    double sum = values.stream().mapToDouble(v -> v).sum();
    return Collections.nCopies(channels, sum / values.size());
  }

  /** Returns the same with another interpolation. */
  public Preprocessing withResampling(Resampling other) {
    return new Preprocessing(crop, cropFraction, other, mean, std);
  }

  /**
   * Returns the picture in the network's size: resized and cropped, not yet scaled to floats, but
   * grey if the network takes one channel.
   *
   * <p>{@link Crop#RESIZE_THEN_CROP} resizes to the smallest size of the same proportions that
   * covers {@code round(height / cropFraction)} rows and {@code round(width / cropFraction)}
   * columns, the longer side rounded down, and cuts at {@code ⌊(size − kept) / 2⌋}. Where height
   * and width are equal this is torchvision's {@code Resize} and {@code CenterCrop}. Only the
   * pixels that are kept are computed; they are the same.
   *
   * <p>{@link Crop#CROP_THEN_RESIZE} leaves out {@code ⌊side · (1 − cropFraction) / 2⌋} pixels at
   * each end of a side, as {@code tf.image.central_crop} does. The proportions are lost.
   *
   * @param height the network's rows, ≥ 1
   * @param width the network's columns, ≥ 1
   * @throws MobileNetException if a side is below 1, the crop fraction all but 0, or the result
   *     does not fit into an array
   */
  public RgbImage fit(RgbImage image, int height, int width) {
    Sides sides = sides(image, height, width);
    return resampling.resize(inChannels(image), sides.rows(), sides.columns());
  }

  private RgbImage inChannels(RgbImage image) {
    return channels() == 1 ? image.grey() : image;
  }

  /** What happens to both sides of a picture. */
  private record Sides(Axis rows, Axis columns) {}

  private Sides sides(RgbImage image, int height, int width) {
    Resampling.checkSize(height, width);
    return switch (crop) {
      case SQUASH ->
          new Sides(Axis.whole(image.height(), height), Axis.whole(image.width(), width));
      case CROP_THEN_RESIZE ->
          new Sides(middle(image.height(), height), middle(image.width(), width));
      case RESIZE_THEN_CROP -> {
        long rows = Math.round(height / cropFraction);
        long columns = Math.round(width / cropFraction);
        if (rows > Integer.MAX_VALUE || columns > Integer.MAX_VALUE) {
          throw new MobileNetException("crop fraction " + cropFraction + " is too small");
        }
        if (image.height() * columns <= image.width() * rows) {
          columns = image.width() * rows / image.height();
        } else {
          rows = image.height() * columns / image.width();
        }
        yield new Sides(
            Axis.centred(image.height(), rows, height),
            Axis.centred(image.width(), columns, width));
      }
    };
  }

  /**
   * Writes the numbers that the network takes: {@link #fit}, then {@code (v / 255 − mean) / std}.
   *
   * @param height the network's rows, ≥ 1
   * @param width the network's columns, ≥ 1
   * @param x receives {@code [height, width, channels]} from {@code offset} on
   * @throws MobileNetException if a side is below 1 or {@code x} is too short
   */
  public void apply(RgbImage image, int height, int width, float[] x, int offset) {
    Sides sides = sides(image, height, width);
    checkRoom((long) channels() * height * width, x, offset);
    float[][] tables = tables();
    resampling.resize(
        inChannels(image),
        sides.rows(),
        sides.columns(),
        (y, rgb) -> scale(rgb, tables, x, offset + y * width * channels()));
  }

  /**
   * Writes the numbers of a picture that has the network's size already: {@code (v / 255 − mean) /
   * std}. If the network takes one channel, the picture's first is taken: it is to be grey, as
   * {@link #fit} returns it.
   *
   * @param x receives {@code [height, width, channels]} from {@code offset} on
   * @throws MobileNetException if {@code x} is too short
   */
  public void scale(RgbImage image, float[] x, int offset) {
    byte[] rgb = image.rgb();
    checkRoom(rgb.length / 3 * channels(), x, offset);
    scale(rgb, tables(), x, offset);
  }

  private static void scale(byte[] rgb, float[][] tables, float[] x, int offset) {
    int channels = tables.length;
    for (int c = 0; c < channels; c++) {
      float[] table = tables[c];
      for (int i = c, to = offset + c; i < rgb.length; i += 3, to += channels) {
        x[to] = table[rgb[i] & 0xff];
      }
    }
  }

  private static void checkRoom(long count, float[] x, int offset) {
    if (offset < 0 || offset + count > x.length) {
      throw new MobileNetException(
          "x has %s floats, expected %s from %s on".formatted(x.length, count, offset));
    }
  }

  /** Returns the number of each byte, by channel. */
  private float[][] tables() {
    float[][] tables = new float[channels()][256];
    for (int c = 0; c < tables.length; c++) {
      for (int v = 0; v < 256; v++) {
        tables[c][v] = scaled(v, c, mean, std);
      }
    }
    return tables;
  }

  private static float scaled(int value, int channel, List<Double> mean, List<Double> std) {
    return (float) ((value / 255.0 - mean.get(channel)) / std.get(channel));
  }

  /** The central {@code cropFraction} of a side, at least a pixel, resized to {@code size}. */
  private Axis middle(int length, int size) {
    int start = Math.min((int) ((length - length * cropFraction) / 2), (length - 1) / 2);
    return new Axis(start, length - 2 * start, size, 0, size);
  }

  private static Preprocessing scaled(double mean, double std) {
    return new Preprocessing(
        Crop.RESIZE_THEN_CROP,
        0.875,
        Resampling.BILINEAR,
        List.of(mean, mean, mean),
        List.of(std, std, std));
  }
}
