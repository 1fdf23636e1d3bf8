package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A folder of downloaded files. What was downloaded stands in {@code SHA256SUMS}, which {@code
 * sha256sum --check} reads too; files that do not stand there were put there by hand and are
 * trusted.
 */
record CacheFolder(Path path) {
  private static final String SUMS = "SHA256SUMS";
  private static final Pattern SUM = Pattern.compile("([0-9a-f]{64}) [ *](.+)");
  private static final long LOCK_MILLISECONDS = 100;

  /** Returns what a file's SHA-256 was when it was downloaded. */
  Optional<Checksum> recorded(String file) {
    return Optional.ofNullable(sums().get(file))
        .map(hex -> new Checksum(Checksum.Kind.SHA_256, hex));
  }

  /** Writes down a file's SHA-256. */
  void record(String file, String sha256) {
    Map<String, String> sums = sums();
    sums.put(file, sha256);
    String lines =
        sums.entrySet().stream()
            .map(sum -> sum.getValue() + "  " + sum.getKey() + "\n")
            .collect(Collectors.joining());
    AtomicFile.writeText(path.resolve(SUMS), lines);
  }

  private Map<String, String> sums() {
    Path file = path.resolve(SUMS);
    try {
      Map<String, String> sums = new TreeMap<>();
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          Matcher sum = SUM.matcher(line);
          if (sum.matches()) {
            sums.put(sum.group(2), sum.group(1));
          }
        }
      }
      return sums;
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    }
  }

  /**
   * Returns a file if it is there.
   *
   * @throws MobileNetException if it is not what was downloaded
   */
  Optional<Path> find(String name) {
    Path file = path.resolve(name);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    Optional<Checksum> expected = recorded(name);
    if (expected.isPresent()) {
      String found;
      try {
        found = expected.get().kind().of(file);
      } catch (IOException e) {
        throw MobileNetException.cannot("read", file, e);
      }
      if (!found.equals(expected.get().hex())) {
        throw new MobileNetException(
            "%s: has changed since it was downloaded: its SHA-256 is %s, was %s; delete it, and it"
                    .formatted(file, found, expected.get().hex())
                + " is downloaded again");
      }
    }
    return Optional.of(file);
  }

  /**
   * Makes the folder and keeps others, in this process or another, from downloading into it.
   *
   * @throws MobileNetException if it cannot be written
   */
  FolderLock lock(DownloadListener listener) {
    try {
      Files.createDirectories(path);
      Optional<FolderLock> lock = FolderLock.tryLock(path);
      if (lock.isEmpty()) {
        listener.waits(path + ": another download is under way");
      }
      while (lock.isEmpty()) {
        Thread.sleep(LOCK_MILLISECONDS);
        lock = FolderLock.tryLock(path);
      }
      return lock.get();
    } catch (IOException e) {
      throw MobileNetException.cannot("write", path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MobileNetException(path + ": interrupted", e);
    }
  }
}
