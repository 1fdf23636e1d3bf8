package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.MobileNetException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A model that lies on a server, as a user names it. */
sealed interface ModelName {
  String HUGGING_FACE = "hf:";
  String KERAS = "keras:";

  /**
   * A repository of the Hugging Face hub.
   *
   * @param file the weights in it, empty for those that are best to read
   * @param revision a branch, a tag or a commit
   */
  record HuggingFace(String owner, String name, String file, String revision) implements ModelName {
    private static final String PART = "[A-Za-z0-9_][A-Za-z0-9._-]{0,95}";
    private static final Pattern FORM =
        Pattern.compile("(%1$s)/(%1$s)((?:/%1$s)*)(?:@(%1$s(?:/%1$s)*))?".formatted(PART));

    private static final String MAIN = "main";

    /** So that matching needs little of the stack. */
    private static final int MOST_CHARACTERS = 512;

    private static HuggingFace of(String text) {
      Matcher parts = FORM.matcher(text.substring(HUGGING_FACE.length()));
      if (text.length() > MOST_CHARACTERS || !parts.matches() || text.contains("..")) {
        throw new MobileNetException(
            "'%s' names no model, expected hf:OWNER/NAME, also with /FILE and @REVISION"
                .formatted(text));
      }
      return new HuggingFace(
          parts.group(1),
          parts.group(2),
          parts.group(3).isEmpty() ? "" : parts.group(3).substring(1),
          parts.group(4) == null ? MAIN : parts.group(4));
    }

    /** Returns whether a path that a server lists may become one below the cache. */
    static boolean isPlain(String path) {
      return path.length() <= MOST_CHARACTERS
          && path.matches("%1$s(?:/%1$s)*".formatted(PART))
          && !path.contains("..");
    }

    static boolean isCommit(String revision) {
      return revision.matches("[0-9a-f]{40}");
    }

    /** Returns whether the revision is a commit, and so means the same for ever. */
    boolean isPinned() {
      return isCommit(revision);
    }
  }

  /**
   * Weights of Keras' applications, trained on ImageNet.
   *
   * @param width the width multiplier
   * @param resolution rows and columns
   */
  record Keras(String width, String resolution) implements ModelName {
    private static final Pattern FORM =
        Pattern.compile("(1\\.0|0\\.75|0\\.50?|0\\.25)_(224|192|160|128)");

    private static final Map<String, String> WIDTHS =
        Map.of("1.0", "1_0", "0.75", "7_5", "0.50", "5_0", "0.5", "5_0", "0.25", "2_5");

    private static Keras of(String text) {
      Matcher parts = FORM.matcher(text.substring(KERAS.length()));
      if (!parts.matches()) {
        throw new MobileNetException(
            "'%s' names no model, expected keras:WIDTH_RESOLUTION of 1.0, 0.75, 0.5, 0.25 and 224,"
                    .formatted(text)
                + " 192, 160, 128, such as keras:1.0_224");
      }
      return new Keras(parts.group(1), parts.group(2));
    }

    /** Returns the name of the file with the classifier. */
    String file() {
      return "mobilenet_%s_%s_tf.h5".formatted(WIDTHS.get(width), resolution);
    }
  }

  static boolean is(String text) {
    return text.startsWith(HUGGING_FACE) || text.startsWith(KERAS);
  }

  /**
   * Returns what a text names.
   *
   * @throws MobileNetException if it is no such name
   */
  static ModelName of(String text) {
    if (text.startsWith(HUGGING_FACE)) {
      return HuggingFace.of(text);
    }
    if (text.startsWith(KERAS)) {
      return Keras.of(text);
    }
    throw new MobileNetException(
        "'%s' names no model, expected hf:OWNER/NAME or keras:WIDTH_RESOLUTION".formatted(text));
  }
}
