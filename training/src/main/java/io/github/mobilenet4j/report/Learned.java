package io.github.mobilenet4j.report;

import io.github.mobilenet4j.image.RgbImage;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a training learned from.
 *
 * @param samples some images as they went into the network, cropped and changed
 * @param counts how many images each class has, in the order to be shown
 * @param commands what to do next, by what it is for
 */
public record Learned(
    List<Sample> samples, Map<String, Integer> counts, Map<String, String> commands) {
  /** Nothing: there was no training. */
  public static final Learned NOTHING = new Learned(List.of(), Map.of(), Map.of());

  /** An image as it went in, and its class. */
  public record Sample(RgbImage image, String label) {}

  /** Copies list and maps. */
  public Learned {
    samples = List.copyOf(samples);
    counts = Collections.unmodifiableMap(new LinkedHashMap<>(counts));
    commands = Collections.unmodifiableMap(new LinkedHashMap<>(commands));
  }
}
