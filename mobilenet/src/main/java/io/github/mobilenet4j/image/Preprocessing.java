package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import java.util.List;

/**
 * What happens to a picture before the network sees it. It belongs to the weights: the same weights
 * behind another preprocessing lose accuracy without any error.
 *
 * <p>A value {@code v} of 0..255 becomes {@code (v / 255 − mean) / deviation}, per channel.
 *
 * @param crop how the picture becomes height × width
 * @param cropFraction the part of the shorter side that is kept, in (0, 1]; 0.875 is 224 of 256
 * @param resampling how pixels are interpolated
 * @param mean red, green, blue, on the scale 0..1
 * @param deviation red, green, blue, on the scale 0..1, &gt; 0
 */
public record Preprocessing(
    Crop crop,
    double cropFraction,
    Resampling resampling,
    List<Double> mean,
    List<Double> deviation) {

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

  /** {@code [−1, 1]}: TF-Slim, Keras, timm, Hugging Face. */
  public static final Preprocessing TENSORFLOW = scaled(0.5, 0.5);

  /** {@code [0, 1]}: MLPerf Tiny. */
  public static final Preprocessing UNIT = scaled(0, 1);

  /** ImageNet mean and standard deviation: torchvision's convention and the tutorial's network. */
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
    deviation = List.copyOf(deviation);
    if (!(cropFraction > 0 && cropFraction <= 1)) {
      throw new MobileNetException("crop fraction is " + cropFraction + ", expected in (0, 1]");
    }
    if (mean.size() != 3 || !mean.stream().allMatch(Double::isFinite)) {
      throw new MobileNetException("mean is " + mean + ", expected three finite numbers");
    }
    if (deviation.size() != 3 || !deviation.stream().allMatch(d -> d > 0 && Double.isFinite(d))) {
      throw new MobileNetException("deviation is " + deviation + ", expected three numbers > 0");
    }
  }

  private static Preprocessing scaled(double mean, double deviation) {
    return new Preprocessing(
        Crop.RESIZE_THEN_CROP,
        0.875,
        Resampling.BILINEAR,
        List.of(mean, mean, mean),
        List.of(deviation, deviation, deviation));
  }
}
