package io.github.mobilenet4j.kernels;

/** How the values of a kernel lie, neighbours of a step next to each other. */
public enum Packing {
  /** Four neighbours of 8 bits, as one instruction multiplies and adds them up. */
  BYTES(4, 1),
  /** Two neighbours of 16 bits. */
  SHORTS(2, 2),
  /** Single values as floats. */
  FLOATS(1, 4);

  /** Input channels that a step multiplies. */
  final int step;

  /** Bytes of a value. */
  final int size;

  Packing(int step, int size) {
    this.step = step;
    this.size = size;
  }

  /**
   * Writes values.
   *
   * @param at where, in bytes
   */
  void put(Buffer to, int at, int[] values) {
    switch (this) {
      case BYTES -> {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] = (byte) values[i];
        }
        to.set(at, bytes, 0, bytes.length);
      }
      case SHORTS -> {
        short[] shorts = new short[values.length];
        for (int i = 0; i < shorts.length; i++) {
          shorts[i] = (short) values[i];
        }
        to.set(at / Short.BYTES, shorts, 0, shorts.length);
      }
      case FLOATS -> {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
          floats[i] = values[i];
        }
        to.set(at / Float.BYTES, floats, 0, floats.length);
      }
    }
  }
}
