package io.github.mobilenet4j.files;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Keeps other processes, and other threads of this one, from working in a folder. It is held until
 * closed, or until the process ends, however it ends. Two empty, hidden files stay in the folder.
 */
public final class FolderLock implements AutoCloseable {
  // POSIX: who closes a file gives back every lock that his process has on it, also those of other
  // threads. So these are told apart by a file of their own; who fails there never opens the other.
  private static final List<String> FILES = List.of(".lock-threads", ".lock");

  private final Deque<FileChannel> held;

  private FolderLock(Deque<FileChannel> held) {
    this.held = held;
  }

  /**
   * Returns the lock of a folder, which is there; nothing where somebody else has it.
   *
   * @throws MobileNetException if it cannot be written, or its file system has no locks
   */
  public static Optional<FolderLock> tryLock(Path folder) {
    FolderLock lock = new FolderLock(new ArrayDeque<>());
    boolean complete = false;
    try {
      complete = lock.takeAll(folder);
    } finally {
      if (!complete) {
        lock.close();
      }
    }
    return complete ? Optional.of(lock) : Optional.empty();
  }

  private boolean takeAll(Path folder) {
    for (String name : FILES) {
      Path file = folder.resolve(name);
      try {
        held.push(FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
        if (held.peek().tryLock() == null) {
          return false; // another process has it
        }
      } catch (OverlappingFileLockException _) {
        return false; // another thread of this process has it
      } catch (IOException e) {
        throw MobileNetException.cannot("write", file, e);
      }
    }
    return true;
  }

  /** Gives the folder back. */
  @Override
  public void close() {
    while (!held.isEmpty()) {
      try {
        held.pop().close();
      } catch (IOException _) {
        // The process's end gives it back.
      }
    }
  }
}
