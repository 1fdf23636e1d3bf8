package io.github.mobilenet4j.kernels;

/**
 * Memory that a thread is about to read. Products, which compute for long with what is in a cache,
 * ask for it meanwhile ({@link Kernels#with}), each line once; it changes no result. For one
 * thread.
 */
public final class Ahead {
  private static final int MOST = 3;

  /** What asks for nothing. */
  static final Ahead NOTHING = new Ahead();

  private final long[] next = new long[MOST];
  private final long[] end = new long[MOST];
  private int first;
  private int count;

  /** Nothing. */
  public Ahead() {}

  /** Forgets all that was not asked for yet. */
  public void clear() {
    first = 0;
    count = 0;
  }

  /**
   * Adds some floats, the last of at most three such places.
   *
   * @throws IndexOutOfBoundsException if there are three
   */
  public void add(Buffer buffer, int offset, int floats) {
    next[count] = buffer.address(offset);
    end[count] = next[count] + Buffer.bytes(floats);
    count++;
  }

  /** Returns the address of the next lines to ask for, which may be more than are left; 0: none. */
  long take(long lines) {
    while (first < count && next[first] >= end[first]) {
      first++;
    }
    if (first == count) {
      return 0;
    }
    long from = next[first];
    next[first] += lines * NativeMemory.ALIGNMENT;
    return from;
  }
}
