package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Weights;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a training learns from, as far as it decides the result: written down when it begins, so
 * that it goes on with nothing else. Where the images lie does not matter.
 *
 * @param classes by label
 * @param train the images to learn from
 * @param validation those to choose the best model by
 * @param test those to evaluate it by
 * @param weights SHA-256 of the model to begin with, {@link #NONE} where there is none
 * @param teacher the same of the model whose logits are learned, its preprocessing and labels among
 *     it
 */
record TrainingSources(
    List<String> classes,
    Images train,
    Images validation,
    Images test,
    String weights,
    String teacher) {
  private static final String NONE = "none";

  /** A field that versions without teachers did not write, and what they mean by that. */
  static final Map<String, String> ADDED = Map.of("teacher", NONE);

  /** Names in a message; the others are counted. */
  private static final int MOST_NAMES = 5;

  /**
   * Some images.
   *
   * @param count how many
   * @param sha256 of all identities and labels, in order
   */
  record Images(int count, String sha256) {
    private static Images of(Dataset data) {
      MessageDigest digest = sha256OfNothing();
      for (int i = 0; i < data.size(); i++) {
        add(digest, data.identity(i));
        add(digest, Integer.toString(data.label(i)));
      }
      return new Images(data.size(), hex(digest));
    }
  }

  /**
   * Looks at all images, but does not read them.
   *
   * @param from the model to begin with, null for none
   * @param teacher whose logits are learned too
   */
  static TrainingSources of(Splits data, Model from, Optional<Model> teacher) {
    return new TrainingSources(
        data.train().classes(),
        Images.of(data.train()),
        Images.of(data.validation()),
        Images.of(data.test()),
        from == null ? NONE : digest(from),
        teacher.map(TrainingSources::digestOfTeacher).orElse(NONE));
  }

  /** Returns what differs from another's, a few words each; empty if nothing does. */
  List<String> differencesFrom(TrainingSources begun) {
    List<String> differences = new ArrayList<>();
    boolean sameClasses = classes.equals(begun.classes);
    if (!sameClasses) {
      List<String> names = new ArrayList<>();
      classes.stream().filter(c -> !begun.classes.contains(c)).forEach(c -> names.add("new " + c));
      begun.classes.stream().filter(c -> !classes.contains(c)).forEach(c -> names.add("no " + c));
      differences.add(
          names.isEmpty() ? "the order of the classes" : "classes (" + abridged(names) + ")");
    }
    addDifference("to learn from", train, begun.train, sameClasses, differences);
    addDifference("for validation", validation, begun.validation, sameClasses, differences);
    addDifference("for the test", test, begun.test, sameClasses, differences);
    addDifference("the weights to begin with", weights, begun.weights, differences);
    addDifference("the teacher", teacher, begun.teacher, differences);
    return differences;
  }

  private static void addDifference(
      String what, String now, String then, List<String> differences) {
    if (!now.equals(then)) {
      differences.add(
          what + (now.equals(NONE) ? " (none now)" : then.equals(NONE) ? " (none then)" : ""));
    }
  }

  private static void addDifference(
      String purpose, Images images, Images begun, boolean sameClasses, List<String> differences) {
    if (images.count != begun.count) {
      differences.add("%s images %s (%s then)".formatted(images.count, purpose, begun.count));
    } else if (sameClasses && !images.equals(begun)) {
      differences.add("which images are %s, by name, class or size".formatted(purpose));
    }
  }

  private static String abridged(List<String> names) {
    int more = names.size() - MOST_NAMES;
    return more <= 0
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, MOST_NAMES)) + " and " + more + " more";
  }

  private static String digestOfTeacher(Model teacher) {
    MessageDigest digest = sha256OfNothing();
    add(digest, digest(teacher));
    add(digest, teacher.network().input().toString());
    add(digest, teacher.preprocessing().toString());
    teacher.labels().names().forEach(name -> add(digest, name));
    return hex(digest);
  }

  /** Returns a hash of all values and of what else of a network the options do not say. */
  private static String digest(Model model) {
    MobileNetV1 network = model.network();
    MessageDigest digest = sha256OfNothing();
    add(digest, network.backbone().toString());
    add(digest, network.activation().toString());
    add(digest, network.padding().toString());
    add(digest, Double.toString(network.epsilon()));
    // Nothing of what is the paper's, so that a training begun with an older version goes on.
    if (network.convolutions().stemPadding() != network.padding()) {
      add(digest, "stem padding " + network.convolutions().stemPadding());
    }
    if (network.stemStride() != 2) {
      add(digest, "stem stride " + network.stemStride());
    }
    if (network.head().activation() != ClassifierActivation.SOFTMAX) {
      add(digest, network.head().activation().toString());
    }
    Weights.Trained weights = model.weights().withBatchNorm(network);
    for (Parameter p : network.parameters()) {
      float[] values = weights.get(p);
      ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES));
      bytes.asFloatBuffer().put(values);
      add(digest, p.name());
      digest.update(bytes);
    }
    return hex(digest);
  }

  private static void add(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
    digest.update(bytes);
  }

  private static MessageDigest sha256OfNothing() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
