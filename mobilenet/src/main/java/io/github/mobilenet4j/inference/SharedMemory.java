package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Region;

/**
 * Native memory that has several owners: it goes back to the operating system, at once, when the
 * last of them lets go. The whole of who owns what:
 *
 * <ul>
 *   <li>The packed weights of an {@link InferencePlan} belong to the plan and to every session that
 *       is open on it. The plan lets go when nobody can reach it any more, or, if it was compiled
 *       for one {@link Session#of session} or one {@link Classifier} alone, when that is closed.
 *   <li>The buffers of a {@link Session} belong to it alone. It lets go of them, and of the plan's
 *       memory, when it is closed; if nobody does that, when nobody can reach it.
 * </ul>
 *
 * <p>Machine code runs only inside a method of a session, which excludes its {@code close()}: what
 * it reads and writes is the session's, and is there.
 */
final class SharedMemory {
  private final Region region = new Region();
  private int owners = 1;

  /** Returns where to allocate. Only owners may use what lies in it. */
  Region region() {
    return region;
  }

  /** Makes one more owner and returns true, or false if the last one has let go. */
  synchronized boolean own() {
    if (owners == 0) {
      return false;
    }
    owners++;
    return true;
  }

  /** Makes one owner fewer. Each lets go once. */
  synchronized void letGo() {
    owners--;
    if (owners == 0) {
      region.close();
    }
  }
}
