package io.github.mobilenet4j.kernels;

/**
 * Pixels cut into tiles of two heights that differ by one: no small tile is left over at the end.
 */
final class TileSplit {
  private TileSplit() {}

  /** Returns how many tiles of at most so many pixels there have to be. */
  static int tiles(int pixels, int most) {
    return (pixels + most - 1) / most;
  }

  /** Returns the pixels of the taller tiles. */
  static int rows(int pixels, int tiles) {
    return (pixels + tiles - 1) / tiles;
  }

  /** Returns how many of the tiles are the taller ones, which come first. */
  static int taller(int pixels, int tiles, int rows) {
    return tiles - (tiles * rows - pixels);
  }
}
