package io.github.mobilenet4j.kernels;

import java.util.ArrayList;
import java.util.List;

/**
 * What some kernels allocate on it goes back to the operating system when it is closed; see {@link
 * Kernels#in}. Heap memory does not care.
 *
 * <p>Not an {@link java.lang.foreign.Arena}: a shared one asks every thread of the process, when it
 * is closed, whether it is just reading there. Machine code could not be asked anyway. Whoever
 * closes a region has to see to it that nobody uses what lies in it.
 */
public final class Region implements AutoCloseable {
  private final List<Runnable> slabs = new ArrayList<>();
  private volatile boolean closed;

  /** Opens a region; it takes no memory before something is allocated. */
  public Region() {}

  /**
   * Adds memory.
   *
   * @param giveBack runs when this is closed
   * @throws IllegalStateException if it is closed
   */
  synchronized void add(Runnable giveBack) {
    requireOpen();
    slabs.add(giveBack);
  }

  /**
   * @throws IllegalStateException if it is closed
   */
  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the memory is closed");
    }
  }

  /** Returns whether it is not closed. */
  public boolean isOpen() {
    return !closed;
  }

  /** Gives all memory back. A second time it does nothing. */
  @Override
  public synchronized void close() {
    closed = true;
    slabs.forEach(Runnable::run);
    slabs.clear();
  }
}
