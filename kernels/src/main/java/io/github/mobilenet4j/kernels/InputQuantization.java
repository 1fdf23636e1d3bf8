package io.github.mobilenet4j.kernels;

import java.util.Arrays;

/** What {@link QuantizedKernels#quantize} needs: numbers, and the same in vectors. Immutable. */
public final class InputQuantization {
  /** The largest float below a half: added before a fraction is cut off, halves become whole. */
  static final float ALMOST_HALF = Math.nextDown(0.5f);

  /** Quotients beyond it are clamped, so that they are integers of 32 bits. */
  static final float FAR = 1024;

  // Places of the vectors, in bytes.
  static final int SCALE = 0;
  static final int SIGN = 64;
  static final int HALF = 128;
  static final int LOW = 192;
  static final int HIGH = 256;
  static final int ZERO_POINT = 320;
  static final int MOST = 384;

  private final float scale;
  private final int zeroPoint;
  private final Buffer constants;

  /**
   * @param kernels the kernels that will read it
   * @param scale of the bytes, &gt; 0
   * @param zeroPoint of the bytes, 0 to 255
   */
  public InputQuantization(QuantizedStorage kernels, float scale, int zeroPoint) {
    this.scale = scale;
    this.zeroPoint = zeroPoint;
    this.constants = kernels.allocate(MOST + 64);
    put(SCALE, Float.floatToRawIntBits(scale));
    put(SIGN, Integer.MIN_VALUE);
    put(HALF, Float.floatToRawIntBits(ALMOST_HALF));
    put(LOW, Float.floatToRawIntBits(-FAR));
    put(HIGH, Float.floatToRawIntBits(FAR));
    put(ZERO_POINT, zeroPoint);
    put(MOST, 255);
  }

  private void put(int at, int value) {
    int[] vector = new int[16];
    Arrays.fill(vector, value);
    constants.set(at / Integer.BYTES, vector, 0, vector.length);
  }

  /** Returns the byte of a number. */
  int apply(float x) {
    float quotient = Math.max(-FAR, Math.min(FAR, x / scale));
    int rounded = (int) (quotient + Math.copySign(ALMOST_HALF, quotient));
    return Math.clamp(rounded + zeroPoint, 0, 255);
  }

  float scale() {
    return scale;
  }

  int zeroPoint() {
    return zeroPoint;
  }

  Buffer constants() {
    return constants;
  }
}
