package io.github.mobilenet4j.data;

import java.util.function.IntUnaryOperator;

/**
 * Changes of colour, in place, on {@code [pixels, 3]} bytes. Values are those of Pillow's {@code
 * ImageEnhance}, of its {@code ImageOps} and of its 8-bit HSV, on which torchvision rests.
 */
final class Colours {
  private Colours() {}

  /** 0 is black, 1 changes nothing. */
  static void brightness(byte[] rgb, double factor) {
    replace(rgb, value -> blend(0, value, (float) factor));
  }

  /** 0 is the mean grey everywhere, 1 changes nothing. */
  static void contrast(byte[] rgb, double factor) {
    long sum = 0;
    for (int i = 0; i < rgb.length; i += 3) {
      sum += grey(rgb, i);
    }
    int mean = (int) (sum / (rgb.length / 3.0) + 0.5);
    replace(rgb, value -> blend(mean, value, (float) factor));
  }

  /**
   * Keeps the highest bits of each value.
   *
   * @param bits in [0, 8]; 8 changes nothing
   */
  static void posterize(byte[] rgb, int bits) {
    int kept = -1 << 8 - bits;
    replace(rgb, value -> value & kept);
  }

  /**
   * Makes bright values dark.
   *
   * @param threshold the least value that is replaced by its distance from 255; 256 changes nothing
   */
  static void solarize(byte[] rgb, double threshold) {
    replace(rgb, value -> value < threshold ? value : 255 - value);
  }

  /** Stretches each channel, so that its least value is 0 and its largest 255. */
  static void autoContrast(byte[] rgb) {
    for (int c = 0; c < 3; c++) {
      int[] counts = counts(rgb, c);
      int least = 0;
      while (counts[least] == 0) {
        least++;
      }
      int largest = 255;
      while (counts[largest] == 0) {
        largest--;
      }
      if (largest > least) {
        double scale = 255.0 / (largest - least);
        double offset = -least * scale;
        replace(rgb, c, 3, value -> Math.clamp((int) (value * scale + offset), 0, 255));
      }
    }
  }

  /** Spreads each channel, so that about as many values are in each part of the range. */
  static void equalize(byte[] rgb) {
    for (int c = 0; c < 3; c++) {
      int[] counts = counts(rgb, c);
      int largest = 255;
      while (counts[largest] == 0) {
        largest--;
      }
      int step = (rgb.length / 3 - counts[largest]) / 255;
      if (step > 0) {
        int[] below = new int[256];
        for (int v = 1; v < 256; v++) {
          below[v] = below[v - 1] + counts[v - 1];
        }
        replace(rgb, c, 3, value -> Math.min((step / 2 + below[value]) / step, 255));
      }
    }
  }

  /** Returns how often a channel has each value. */
  private static int[] counts(byte[] rgb, int channel) {
    int[] counts = new int[256];
    for (int i = channel; i < rgb.length; i += 3) {
      counts[rgb[i] & 0xff]++;
    }
    return counts;
  }

  private static void replace(byte[] rgb, IntUnaryOperator change) {
    replace(rgb, 0, 1, change);
  }

  /** Replaces every so manieth value, from 0 to 255, by another. */
  private static void replace(byte[] rgb, int from, int every, IntUnaryOperator change) {
    byte[] table = new byte[256];
    for (int v = 0; v < table.length; v++) {
      table[v] = (byte) change.applyAsInt(v);
    }
    for (int i = from; i < rgb.length; i += every) {
      rgb[i] = table[rgb[i] & 0xff];
    }
  }

  /** 0 is grey, 1 changes nothing. */
  static void saturation(byte[] rgb, double factor) {
    float f = (float) factor;
    for (int i = 0; i < rgb.length; i += 3) {
      int grey = grey(rgb, i);
      for (int c = i; c < i + 3; c++) {
        rgb[c] = blend(grey, rgb[c] & 0xff, f);
      }
    }
  }

  /**
   * Turns the colour circle.
   *
   * @param turn in [−0.5, 0.5], a part of the circle
   */
  static void hue(byte[] rgb, double turn) {
    int shift = (int) (turn * 255);
    for (int i = 0; i < rgb.length; i += 3) {
      int red = rgb[i] & 0xff;
      int green = rgb[i + 1] & 0xff;
      int blue = rgb[i + 2] & 0xff;
      int value = Math.max(red, Math.max(green, blue));
      int range = value - Math.min(red, Math.min(green, blue));
      int saturation = range == 0 ? 0 : (int) ((float) range / value * 255.0);
      if (saturation == 0) {
        rgb[i] = (byte) value;
        rgb[i + 1] = (byte) value;
        rgb[i + 2] = (byte) value;
        continue;
      }
      fromHue((hueOf(red, green, blue, value, range) + shift) & 0xff, saturation, value, rgb, i);
    }
  }

  /** Returns the place on the colour circle, 0..255: red at 0, green at 85, blue at 170. */
  private static int hueOf(int red, int green, int blue, int value, int range) {
    float sixths;
    if (red == value) {
      sixths = part(value - blue, range) - part(value - green, range);
    } else if (green == value) {
      sixths = (float) (2.0 + part(value - red, range) - part(value - blue, range));
    } else {
      sixths = (float) (4.0 + part(value - green, range) - part(value - red, range));
    }
    double turns = sixths / 6.0 + 1.0;
    return (int) ((float) (turns < 1 ? turns : turns - 1) * 255.0);
  }

  private static float part(int of, int range) {
    return of / (float) range;
  }

  private static void fromHue(int hue, int saturation, int value, byte[] rgb, int at) {
    double sixths = hue * 6.0 / 255.0;
    int sextant = (int) sixths;
    float rest = (float) (sixths - sextant);
    float colour = (float) (saturation / 255.0);
    byte full = (byte) value;
    byte least = rounded(value * (1.0 - colour));
    byte falling = rounded(value * (1.0 - colour * rest));
    byte rising = rounded(value * (1.0 - colour * (1.0 - rest)));
    switch (sextant % 6) {
      case 0 -> set(rgb, at, full, rising, least);
      case 1 -> set(rgb, at, falling, full, least);
      case 2 -> set(rgb, at, least, full, rising);
      case 3 -> set(rgb, at, least, falling, full);
      case 4 -> set(rgb, at, rising, least, full);
      default -> set(rgb, at, full, least, falling);
    }
  }

  private static byte rounded(double value) {
    return (byte) (value + 0.5);
  }

  private static void set(byte[] rgb, int at, byte red, byte green, byte blue) {
    rgb[at] = red;
    rgb[at + 1] = green;
    rgb[at + 2] = blue;
  }

  /** Luma of ITU-R BT.601, in 16-bit fixed point. */
  private static int grey(byte[] rgb, int at) {
    return (rgb[at] & 0xff) * 19595
            + (rgb[at + 1] & 0xff) * 38470
            + (rgb[at + 2] & 0xff) * 7471
            + 0x8000
        >> 16;
  }

  /** Returns a value on the line through two, at factor 0 the first, at 1 the other. */
  static byte blend(int from, int to, float factor) {
    return (byte) Math.clamp((int) (from + factor * (to - from)), 0, 255);
  }
}
