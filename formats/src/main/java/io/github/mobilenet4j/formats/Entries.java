package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.reading.ModelFormat.Entry;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which of a checkpoint's sets of weights is the model. */
final class Entries {
  /** The metadata that says which set was taken. */
  private static final String ENTRY = "entry";

  /** The metadata that says which others could have been. */
  private static final String OTHERS = "other entries";

  /** Words in the name of what is averaged over the steps of a training. */
  private static final Set<String> AVERAGED = Set.of("ema", "swa", "averaged", "average");

  private Entries() {}

  /**
   * Returns the model in one of several sets of weights. The metadata says which, and which others
   * there are.
   *
   * @throws MobileNetException if none is a MobileNet V1, or there is none of the selected name
   */
  static Model of(String source, List<Entry> found, Selection selection) {
    List<Entry> entries = found.stream().flatMap(entry -> apart(entry).stream()).toList();
    Map<String, Model> models = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    MobileNetException fault = null;
    // The largest is the likeliest, and its fault the one that helps.
    List<Entry> largestFirst =
        entries.stream().sorted(Comparator.comparing(entry -> -entry.tensors().size())).toList();
    for (Entry entry : largestFirst) {
      if (!selection.entry().map(entry.name()::equals).orElse(true)) {
        continue;
      }
      try {
        models.put(entry.name(), model(source, entry, selection.dialect()));
      } catch (MobileNetException e) {
        fault = fault == null ? e : fault;
      }
    }
    entries.forEach(entry -> names.add(entry.name()));
    if (models.isEmpty()) {
      throw fault != null
          ? fault
          : new MobileNetException(
              "%s: has no entry %s; it has %s"
                  .formatted(
                      source,
                      selection.entry().orElse(""),
                      names.stream().map(MobileNetException::abridged).toList()));
    }
    List<String> possible = names.stream().filter(models::containsKey).toList();
    String chosen =
        possible.stream().filter(Entries::isAveraged).findFirst().orElse(possible.getFirst());
    Map<String, String> metadata = new LinkedHashMap<>();
    if (!chosen.isEmpty()) {
      metadata.put(ENTRY, chosen);
    }
    List<String> others = possible.stream().filter(name -> !name.equals(chosen)).toList();
    if (!others.isEmpty()) {
      metadata.put(OTHERS, String.join(", ", others));
    }
    return models.get(chosen).withMetadata(metadata);
  }

  /** Returns the networks that lie side by side in one set, told by what their names begin with. */
  private static List<Entry> apart(Entry entry) {
    List<String> prefixes = Dialect.prefixes(entry.tensors());
    if (prefixes.size() < 2) {
      return List.of(entry);
    }
    Map<String, Map<String, Tensor>> parts = new LinkedHashMap<>();
    prefixes.reversed().forEach(prefix -> parts.put(prefix, new LinkedHashMap<>()));
    entry
        .tensors()
        .forEach((name, tensor) ->
            prefixes.stream()
                .filter(name::startsWith)
                .findFirst()
                .ifPresent(prefix -> parts.get(prefix).put(name, tensor)));
    List<Entry> entries = new ArrayList<>();
    parts.forEach((prefix, tensors) -> {
      String name = prefix.replaceFirst("\\.$", "");
      String dot = entry.name().isEmpty() || name.isEmpty() ? "" : ".";
      entries.add(new Entry(entry.name() + dot + name, tensors));
    });
    return entries;
  }

  private static Model model(String source, Entry entry, Optional<Dialect> dialect) {
    return dialect
        .map(d -> d.model(source, entry.tensors()))
        .orElseGet(() -> Dialect.read(source, entry.tensors()));
  }

  private static boolean isAveraged(String name) {
    for (String word : name.toLowerCase(Locale.ROOT).split("[^a-z0-9]+")) {
      if (AVERAGED.contains(word)) {
        return true;
      }
    }
    return false;
  }
}
