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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One file on its way. What has come lies beside the target in {@code .part}, the server's name for
 * just these bytes in {@code .part.etag}: with both a download goes on where it broke off, in this
 * process or a later one. Only what is whole and has the right digests gets the target's name.
 */
final class Download {
  /** No weights of this network have that many bytes, whatever a server says. */
  static final long MOST_BYTES = 1L << 30;

  /** A connection that brought that much was worth it. */
  private static final long WORTHWHILE = 1 << 20;

  private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18})");

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

  private Optional<Checksum> checksum = Optional.empty();

  /**
   * @param name the file's in the folder
   * @param size in bytes, -1 if not known
   * @param published what is said of the file's digest, given an answer of the server
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
   * Brings the file.
   *
   * @param mustBePublished whether to refuse a file of whose digest nothing is said
   * @throws MobileNetException if it cannot be had or is not what was promised
   */
  Path run(Retry retry, boolean mustBePublished) {
    requireBelievable();
    try {
      Files.createDirectories(target.getParent());
      boolean continued = done() > 0;
      retry.until(() -> attempt(retry));
      if (continued && fault(mustBePublished).isPresent()) {
        // What lay there may be of an older file, or have been damaged.
        restart();
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

  private long done() throws IOException {
    return Files.exists(part) && Files.exists(tag) ? Files.size(part) : 0;
  }

  private void restart() throws IOException {
    Files.deleteIfExists(part);
    Files.deleteIfExists(tag);
  }

  private Path attempt(Retry retry) throws IOException {
    long done = onDisk(this::done);
    Map<String, String> headers =
        done == 0
            ? Map.of()
            : Map.of(
                "Range", "bytes=" + done + "-", "If-Range", onDisk(() -> Files.readString(tag)));
    try (Http.Answer answer = http.get(url, headers)) {
      checksum = published.apply(answer);
      long from = from(answer, done);
      if (from == 0) {
        onDisk(() -> {
          restart();
          Optional<String> etag = answer.header("ETag").filter(t -> t.matches("\"[!-~]{1,200}\""));
          if (etag.isPresent()) {
            AtomicFile.writeText(tag, etag.get());
          }
          return tag;
        });
      }
      requireSpace(size - from);
      listener.begins(url.toString(), target, from, size);
      receive(answer, from, retry);
    }
    return part;
  }

  /** Returns the position in the file at which the answer begins. */
  private long from(Http.Answer answer, long done) throws IOException {
    switch (answer.status()) {
      case 200 -> {
        require(answer.length());
        return 0;
      }
      case 206 -> {
        Matcher range = RANGE.matcher(answer.header("Content-Range").orElse(""));
        if (done > 0 && range.matches() && Long.parseLong(range.group(1)) == done) {
          require(Long.parseLong(range.group(2)));
          return done;
        }
      }
      default -> {
        // 416: more is there than the server has.
      }
    }
    onDisk(() -> {
      restart();
      return part;
    });
    throw new IOException(url.getHost() + ": sent another part than was asked for");
  }

  /** Holds what the server says against what is known. */
  private void require(long said) {
    if (size >= 0 && said >= 0 && said != size) {
      throw new MobileNetException(
          "%s: has %d bytes, expected the %d that were announced".formatted(url, said, size));
    }
    size = Math.max(size, said);
    requireBelievable();
  }

  private void requireBelievable() {
    if (size > MOST_BYTES) {
      throw new MobileNetException(
          "%s: has %d bytes, expected at most %d".formatted(url, size, MOST_BYTES));
    }
  }

  private void requireSpace(long bytes) throws IOException {
    long space = onDisk(() -> Files.getFileStore(part.getParent()).getUsableSpace());
    if (bytes > space) {
      throw new MobileNetException(
          "%s: %d bytes do not fit, the disk has %d left".formatted(target, bytes, space));
    }
  }

  private void receive(Http.Answer answer, long from, Retry retry) throws IOException {
    long most = size < 0 ? MOST_BYTES : size;
    byte[] buffer = new byte[1 << 16];
    long done = from;
    boolean counted = false;
    try (FileChannel out =
        onDisk(() -> FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE))) {
      onDisk(() -> out.position(from));
      for (int n = answer.read(buffer); n >= 0; n = answer.read(buffer)) {
        done += n;
        if (done > most) {
          onDisk(() -> {
            restart();
            return part;
          });
          throw new MobileNetException(
              "%s: sends more than the %d bytes expected".formatted(url, most));
        }
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n);
        while (bytes.hasRemaining()) {
          onDisk(() -> out.write(bytes));
        }
        listener.progress(done);
        if (!counted && done - from >= WORTHWHILE) {
          counted = true;
          retry.gained();
        }
      }
      onDisk(() -> {
        out.force(true);
        return out;
      });
    }
    if (size >= 0 && done < size) {
      throw new IOException("%s: ended after %d of %d bytes".formatted(url.getHost(), done, size));
    }
  }

  /** Returns what is wrong with what came. */
  private Optional<String> fault(boolean mustBePublished) throws IOException {
    if (mustBePublished && checksum.isEmpty()) {
      return Optional.of("nothing says its SHA-256, so that it cannot be checked");
    }
    List<Checksum> expected = new ArrayList<>();
    checksum.ifPresent(expected::add);
    folder.recorded(name).ifPresent(expected::add);
    for (Checksum e : expected) {
      String found = e.kind().of(part);
      if (!found.equals(e.hex())) {
        return Optional.of(
            "what came has %s %s, expected %s%s"
                .formatted(
                    e.kind(),
                    found,
                    e.hex(),
                    checksum.isPresent() && e == checksum.get()
                        ? ""
                        : " as when it was first downloaded"));
      }
    }
    return Optional.empty();
  }

  /** A failure of the disk. */
  private interface DiskWork<T> {
    T run() throws IOException;
  }

  /** Does what another try would not mend if it failed. */
  private <T> T onDisk(DiskWork<T> work) {
    try {
      return work.run();
    } catch (IOException e) {
      throw MobileNetException.cannot("write", part, e);
    }
  }
}
