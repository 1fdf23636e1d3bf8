package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.evaluation.WordNet;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.weights.ClassSelection;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file that says which classes of a model to keep: on each line a label, a WordNet number or an
 * index of its, and behind a tab, where it is to have another, its name.
 */
final class ClassesFile {
  private ClassesFile() {}

  /**
   * Returns the model with these classes only.
   *
   * @param others a file of the classes that it keeps outputs of, and no names
   * @throws MobileNetException if a file cannot be read, or one of them is none of the model's, or
   *     stands twice
   */
  static Model select(Model model, Path file, Optional<Path> others) {
    List<String> numbers = WordNet.numbers(model);
    List<String> names = new ArrayList<>();
    List<Integer> classes = indices(model, file, numbers, names);
    List<Integer> outputs =
        others.map(path -> indices(model, path, numbers, new ArrayList<>())).orElse(List.of());
    Model selected = ClassSelection.of(model, classes, outputs).withLabels(new Labels(names));
    return numbers.isEmpty() || classes.stream().anyMatch(c -> numbers.get(c).isEmpty())
        ? selected
        : selected.withMetadata(
            Map.of(Model.WORDNET, String.join(" ", classes.stream().map(numbers::get).toList())));
  }

  private static List<Integer> indices(
      Model model, Path file, List<String> numbers, List<String> names) {
    List<Integer> classes = new ArrayList<>();
    for (String line : lines(file)) {
      String[] fields = line.split("\t", 2);
      int index = index(fields[0].strip(), model.labels().names(), numbers);
      if (index < 0) {
        throw new MobileNetException(
            "%s: \"%s\" is none of the model's classes".formatted(file, fields[0]));
      }
      classes.add(index);
      names.add(fields.length == 1 ? model.labels().name(index) : fields[1].strip());
    }
    return classes;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    }
  }

  private static int index(String text, List<String> labels, List<String> numbers) {
    if (numbers.contains(text)) {
      return numbers.indexOf(text);
    }
    if (labels.contains(text)) {
      return labels.indexOf(text);
    }
    return text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : -1;
  }
}
