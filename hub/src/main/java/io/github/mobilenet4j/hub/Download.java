package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.AtomicFile;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One file that is downloaded. What has arrived lies beside the target in {@code .part}, the
 * server's tag for exactly these bytes in {@code .part.etag}: with both a download goes on where it
 * broke off, in this process or a later one. Only what is whole and has the right digests gets the
 * target's name.
 */
final class Download {
  /** No weights of this network have that many bytes, whatever a server says. */
  private static final long MOST_BYTES = 1L << 30;

  /** An attempt that got so much further than those before does not count as a failure. */
  private static final long WORTHWHILE = 1 << 20;

  private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18})");

  /** Not a weak tag, which two files may share. */
  private static final Pattern TAG = Pattern.compile("\"[!#-~]{1,200}\"");

  private final Http http;
  private final URI url;
  private final CacheFolder folder;
  private final String name;
  private final Function<Http.Answer, Optional<Checksum>> published;
  private final DownloadListener listener;
  private final Path target;
  private final Path part;
  private final Path tag;

  /** In bytes, -1 while nobody has said. */
  private long size;

  /** The most bytes there have been: a server that always breaks off at one place is given up. */
  private long farthest;

  private Optional<Checksum> checksum = Optional.empty();

  /**
   * @param name the file's in the folder
   * @param size in bytes, -1 if not known
   * @param published returns what is said of the file's digest, given an answer of the server
   */
  Download(
      Http http,
      URI url,
      CacheFolder folder,
      String name,
      long size,
      Function<Http.Answer, Optional<Checksum>> published,
      DownloadListener listener) {
    this.http = http;
    this.url = url;
    this.folder = folder;
    this.name = name;
    this.size = size;
    this.published = published;
    this.listener = listener;
    target = folder.path().resolve(name);
    part = target.resolveSibling(target.getFileName() + ".part");
    tag = target.resolveSibling(target.getFileName() + ".part.etag");
  }

  /**
   * Downloads the file.
   *
   * @param mustBePublished whether to refuse a file of whose digest nothing is said; of its size or
   *     its digest something has to be said anyway
   * @throws MobileNetException if it cannot be had or is not what was promised
   */
  Path run(Retry retry, boolean mustBePublished) {
    requirePlausibleSize();
    try {
      Files.createDirectories(target.getParent());
      boolean continued = done() > 0;
      retry.until(() -> attempt(retry));
      if (continued && fault(mustBePublished).isPresent()) {
        // What was there may be part of an older file, or damaged.
        restart();
        farthest = 0;
        retry.until(() -> attempt(retry));
      }
      Optional<String> fault = fault(mustBePublished);
      if (fault.isPresent()) {
        restart();
        throw new MobileNetException("%s: %s".formatted(url, fault.get()));
      }
      folder.record(name, Checksum.Kind.SHA_256.of(part));
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      Files.deleteIfExists(tag);
    } catch (IOException e) {
      throw MobileNetException.cannot("write", part, e);
    }
    listener.ends(target);
    return target;
  }

  /** Returns how much is there that a server can be asked to add to. */
  private long done() throws IOException {
    return Files.exists(part) && tag().isPresent() ? Files.size(part) : 0;
  }

  private Optional<String> tag() throws IOException {
    return Files.exists(tag)
        ? Optional.of(Files.readString(tag)).filter(text -> TAG.matcher(text).matches())
        : Optional.empty();
  }

  private void restart() throws IOException {
    Files.deleteIfExists(part);
    Files.deleteIfExists(tag);
  }

  private Path attempt(Retry retry) throws IOException, TransientFailure {
    long done = done();
    Map<String, String> headers =
        done == 0
            ? Map.of()
            : Map.of("Range", "bytes=" + done + "-", "If-Range", tag().orElseThrow());
    try (Http.Answer answer = http.get(url, headers)) {
      checksum = published.apply(answer);
      long from = from(answer, done);
      if (from == 0) {
        restart();
        answer
            .header("ETag")
            .filter(text -> TAG.matcher(text).matches())
            .ifPresent(text -> AtomicFile.writeText(tag, text));
      }
      requireSpace(size - from);
      listener.begins(url.toString(), target, from, size);
      receive(answer, from, retry);
    }
    return part;
  }

  /** Returns the position in the file at which the answer begins. */
  private long from(Http.Answer answer, long done) throws IOException, TransientFailure {
    if (answer.status() == 200) {
      require(answer.length());
      return 0;
    }
    Matcher range = RANGE.matcher(answer.header("Content-Range").orElse(""));
    if (answer.status() == 206
        && done > 0
        && range.matches()
        && Long.parseLong(range.group(1)) == done) {
      require(Long.parseLong(range.group(2)));
      return done;
    }
    restart();
    throw new TransientFailure(url.getHost() + ": has not the part that was asked for", 0);
  }

  /** Holds what the server says of the file's size against what is known. */
  private void require(long announced) {
    if (size >= 0 && announced >= 0 && announced != size) {
      throw new MobileNetException(
          "%s: has %s bytes, expected the %s that were announced".formatted(url, announced, size));
    }
    size = Math.max(size, announced);
    requirePlausibleSize();
  }

  private void requirePlausibleSize() {
    if (size > MOST_BYTES) {
      throw new MobileNetException(
          "%s: has %s bytes, expected at most %s".formatted(url, size, MOST_BYTES));
    }
  }

  private void requireSpace(long bytes) {
    // 0 where the system cannot say.
    long space = part.getParent().toFile().getUsableSpace();
    if (space > 0 && bytes > space) {
      throw new MobileNetException(
          "%s: %s bytes do not fit, the disk has %s left".formatted(target, bytes, space));
    }
  }

  private void receive(Http.Answer answer, long from, Retry retry)
      throws IOException, TransientFailure {
    long most = size < 0 ? MOST_BYTES : size;
    byte[] buffer = new byte[1 << 16];
    long done = from;
    farthest = Math.max(farthest, from);
    try (FileChannel out =
        FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.position(from);
      for (int n = answer.read(buffer); n >= 0; n = answer.read(buffer)) {
        done += n;
        if (done > most) {
          restart();
          throw new MobileNetException(
              "%s: sends more than the %s bytes expected".formatted(url, most));
        }
        for (ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n); bytes.hasRemaining(); ) {
          out.write(bytes);
        }
        listener.progress(done);
        if (done - farthest >= WORTHWHILE) {
          farthest = done;
          retry.gained();
        }
      }
      out.force(true);
    }
    if (done < size) {
      throw new TransientFailure(
          "%s: ended after %s of %s bytes".formatted(url.getHost(), done, size), 0);
    }
  }

  /** Returns what is wrong with what has arrived. */
  private Optional<String> fault(boolean mustBePublished) throws IOException {
    if (mustBePublished && checksum.isEmpty()) {
      return Optional.of("nothing says its SHA-256, so that it cannot be checked");
    }
    if (size < 0 && checksum.isEmpty()) {
      return Optional.of("the server says neither its size nor a digest: it may not be whole");
    }
    Optional<String> fault = fault(checksum, "");
    return fault.isPresent()
        ? fault
        : fault(
            folder.recorded(name),
            " as when it was first downloaded; to take it, delete SHA256SUMS beside it");
  }

  private Optional<String> fault(Optional<Checksum> expected, String why) throws IOException {
    if (expected.isEmpty()) {
      return Optional.empty();
    }
    Checksum.Kind kind = expected.get().kind();
    String found = kind.of(part);
    return found.equals(expected.get().hex())
        ? Optional.empty()
        : Optional.of(
            "what came has %s %s, expected %s%s".formatted(kind, found, expected.get().hex(), why));
  }
}
