package io.github.mobilenet4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.Formula;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Nhwc;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TeacherTest {
  private static final Preprocessing QUARTERS =
      Preprocessing.UNIT.withNormalization(List.of(0.5, 0.5, 0.5), List.of(0.25, 0.25, 0.25));

  private static Model model(
      MobileNetV1.Builder network,
      Preprocessing preprocessing,
      Map<String, String> metadata,
      String... labels) {
    MobileNetV1 built = network.widthMultiplier(0.1).classes(labels.length).build();
    return new Model(
        built, RandomWeights.of(built, 5), preprocessing, new Labels(List.of(labels)), metadata);
  }

  private static MobileNetV1.Builder tiny() {
    return MobileNetV1.builder().resolution(32);
  }

  private static Model named(String... labels) {
    return model(tiny(), Preprocessing.TENSORFLOW, Map.of(), labels);
  }

  /** Sizes, channels and numbers, as PyTorch brings them; of src/test/python/distillation.py. */
  @ParameterizedTest
  @CsvSource({
    "48, 36, 3, 32, 70, 3",
    "33, 40, 3, 40, 33, 1",
    "33, 40, 1, 50, 40, 3",
    "33, 33, 3, 33, 33, 3"
  })
  void theTeachersInput(int height, int width, int own, int rows, int columns, int channels)
      throws IOException {
    Preprocessing student =
        own == 3
            ? Preprocessing.IMAGENET
            : Preprocessing.UNIT.forChannels(1).withNormalization(List.of(0.45), List.of(0.2));
    Model from = model(tiny().input(height, width).channels(own), student, Map.of(), "cat", "dog");
    Model to =
        model(
            tiny().input(rows, columns).channels(channels),
            QUARTERS.forChannels(channels),
            Map.of(),
            "cat",
            "dog");
    float[] x = Nhwc.batch(Formula.uniform("x", -2, 2, List.of(2, own, height, width)));
    Tensor expected =
        golden("%sx%s/%s/%sx%s/%s/batch".formatted(height, width, own, rows, columns, channels));
    float[] found = TeacherInput.of(from, to, 3).of(x, 2);
    float[] some = new float[expected.size()];
    int at = 0;
    for (int image = 0; image < 2; image++) {
      for (int c = 0; c < channels; c++) {
        for (int y = 0; y < rows; y += 5) {
          for (int column = 0; column < columns; column += 5) {
            some[at++] = found[((image * rows + y) * columns + column) * channels + c];
          }
        }
      }
    }
    assertThat(some).containsExactly(expected.floats(), within(2e-5f));
  }

  private static Tensor golden(String name) throws IOException {
    String file = "/golden/distillation.safetensors";
    try (InputStream in = TeacherTest.class.getResourceAsStream(file)) {
      return Safetensors.read(file, in.readAllBytes()).tensors().get(name);
    }
  }

  @Test
  void itsLogitsOfTheStudentsClassesInTheirOrder() {
    Model teacher = named("dog", "bird", "cat, domestic cat");
    Model student = named("Cat", "dog");
    float[] x = Formula.uniform("x", -1, 1, List.of(2, 32, 32, 3)).floats();
    float[] all = new float[2 * 3];
    try (Session session = Session.of(teacher.network(), teacher.weights(), 2, 1);
        Teacher asked = new Teacher(teacher, student, 2, 2)) {
      session.run(x, 2, all);
      assertThat(asked.columns()).containsExactly(2, 0);
      assertThat(asked.logits(x, 2)).containsExactly(all[2], all[0], all[5], all[3]);
      assertThat(asked.logits(x, 1)).isSameAs(asked.logits(x, 2));
    }
  }

  @Test
  void aSingleLogitIsThatOfTheSecondClass() {
    Model teacher =
        model(
            tiny().classifierActivation(ClassifierActivation.BINARY),
            Preprocessing.TENSORFLOW,
            Map.of(),
            "no cat",
            "cat");
    float[] x = Formula.uniform("x", -1, 1, List.of(1, 32, 32, 3)).floats();
    float[] z = new float[1];
    try (Session session = Session.of(teacher.network(), teacher.weights(), 1, 1);
        Teacher asked = new Teacher(teacher, named("cat", "no cat"), 1, 1)) {
      session.run(x, 1, z);
      assertThat(asked.logits(x, 1)).containsExactly(z[0], 0);
    }
  }

  /** Numbers decide where both have them, whatever the names. */
  @Test
  void theOfficialClassesByTheirNumbers() {
    Map<String, String> numbers = Map.of(Model.WORDNET, "n15075141 n02012849");
    Model student = model(tiny(), Preprocessing.TENSORFLOW, numbers, "paper", "a crane");
    String[] official = Labels.imagenetWithBackground().names().toArray(new String[0]);
    Model teacher = named(official);
    assertThat(ClassPairs.ofTeacher(student, teacher).index()).containsExactly(1000, 135);
    assertThat(ClassPairs.ofTeacher(named("n15075141", "n02012849_crane"), teacher).index())
        .containsExactly(1000, 135);
    assertThat(ClassPairs.ofTeacher(named("tench", "goldfish"), teacher).index())
        .containsExactly(1, 2);
    Model numbered = named(Labels.numbered(2).names().toArray(new String[0]));
    assertThat(ClassPairs.ofTeacher(numbered, numbered).index()).containsExactly(0, 1);
  }

  @Test
  void refusesWhatItCannotPair() {
    refuses(named("cat", "dog"), named("cat", "bird"), "the teacher: class \"bird\"");
    refuses(named("a", "b"), named("cat", "bird"), "the teacher: no class has a name of the");
    refuses(named("cat", "dog"), named("cat", "Cat"), "are one of its classes, \"cat\"");
    refuses(
        model(
            tiny().classifierActivation(ClassifierActivation.SIGMOID),
            Preprocessing.TENSORFLOW,
            Map.of(),
            "cat",
            "dog"),
        named("cat", "dog"),
        "the teacher: its classes do not exclude each other (sigmoid)");
    List<String> none = Collections.emptyList();
    MobileNetV1 backbone = tiny().widthMultiplier(0.1).classes(0).build();
    refuses(
        new Model(
            backbone,
            RandomWeights.of(backbone, 1),
            Preprocessing.TENSORFLOW,
            new Labels(none),
            Map.of()),
        named("cat", "dog"),
        "the teacher: ");
  }

  private static void refuses(Model teacher, Model student, String message) {
    assertThatThrownBy(() -> new Teacher(teacher, student, 1, 1)).hasMessageContaining(message);
  }
}
