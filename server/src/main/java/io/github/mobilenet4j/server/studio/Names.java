package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.server.protocol.Refusal;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Names of projects and classes, which become names of folders on any system. They begin with a
 * letter or a digit, so that they lead nowhere and hide nothing.
 */
final class Names {
  private static final int MOST_CHARACTERS = 60;
  private static final int MOST_BYTES = 200;

  private static final Pattern ALLOWED =
      Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}\\p{M} ._()'&+,-]*");

  /** What Windows keeps for devices, whatever the ending. */
  private static final Pattern DEVICE = Pattern.compile("(con|prn|aux|nul|com\\d|lpt\\d)(\\..*)?");

  /** What a training takes for something else than a class. */
  private static final Set<String> RESERVED =
      Set.of(
          "lost+found",
          "system volume information",
          "train",
          "training",
          "validation",
          "valid",
          "val",
          "dev",
          "test",
          "testing",
          "eval");

  private Names() {}

  /**
   * Returns a name as it stands on the disk.
   *
   * @param what it is the name of
   * @throws Refusal if it cannot be one
   */
  static String require(String what, String given) {
    String name = Normalizer.normalize(given.strip(), Normalizer.Form.NFC);
    String lower = name.toLowerCase(Locale.ROOT);
    if (name.length() > MOST_CHARACTERS
        || name.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES
        || !ALLOWED.matcher(name).matches()
        || name.endsWith(".")
        || DEVICE.matcher(lower).matches()) {
      throw Refusal.bad(
          "'%s' is no name of a %s, expected up to %s letters, digits, spaces and . _ - ( ) ' & + ,"
              .formatted(Refusal.abridged(given), what, MOST_CHARACTERS));
    }
    try {
      return Path.of(name).getFileName().toString();
    } catch (InvalidPathException e) {
      throw new Refusal(
          Refusal.Reason.BAD_REQUEST,
          "this system has no file names with all letters of '%s' (its locale is not UTF-8)"
              .formatted(name),
          e);
    }
  }

  /**
   * Returns the name of a class as it stands on the disk.
   *
   * @throws Refusal if it cannot be one
   */
  static String requireClass(String given) {
    String name = require("class", given);
    if (RESERVED.contains(name.toLowerCase(Locale.ROOT))) {
      throw Refusal.bad(
          "a training would take '%s' for something else than a class, expected another name"
              .formatted(name));
    }
    return name;
  }
}
