package io.github.mobilenet4j.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What somebody says a file's digest is.
 *
 * @param hex lower case
 */
record Checksum(Kind kind, String hex) {
  enum Kind {
    SHA_256("SHA-256"),

    /** SHA-1 of a header and the content: how git names a file. */
    GIT_BLOB("SHA-1"),

    MD5("MD5");

    private final String algorithm;

    Kind(String algorithm) {
      this.algorithm = algorithm;
    }

    /** Returns a file's digest, in lower case hexadecimal. */
    String of(Path file) throws IOException {
      MessageDigest digest;
      try {
        digest = MessageDigest.getInstance(algorithm);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
      if (this == GIT_BLOB) {
        String header = "blob " + Files.size(file) + "\0";
        digest.update(header.getBytes(StandardCharsets.US_ASCII));
      }
      byte[] buffer = new byte[1 << 16];
      try (InputStream in = Files.newInputStream(file)) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          digest.update(buffer, 0, n);
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public String toString() {
      return this == GIT_BLOB ? "git blob " + algorithm : algorithm;
    }
  }

  /** Returns what a git object's name or a large file's says of its content: both are digests. */
  static Optional<Checksum> ofName(String name) {
    return switch (name.matches("[0-9a-f]*") ? name.length() : 0) {
      case 64 -> Optional.of(new Checksum(Kind.SHA_256, name));
      case 40 -> Optional.of(new Checksum(Kind.GIT_BLOB, name));
      default -> Optional.empty();
    };
  }
}
