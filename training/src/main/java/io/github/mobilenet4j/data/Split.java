package io.github.mobilenet4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What an image is for, and how folders and tables call it. */
public enum Split {
  /** To learn from. */
  TRAIN("train", "training", "trn"),
  /** To choose the best model by. */
  VALIDATION("validation", "val", "valid", "validate", "dev", "development"),
  /** To evaluate it by in the end. */
  TEST("test", "testing", "tst", "evaluation", "eval", "holdout", "heldout");

  /** What some call the test and others, who have a test too, validation. */
  private static final Set<String> EVALUATION = Set.of("evaluation", "eval", "holdout", "heldout");

  /** What says nothing beside such a word, as in {@code test_set}. */
  private static final Set<String> FILLERS =
      Set.of("set", "sets", "data", "dataset", "split", "folder", "images", "image", "img", "imgs");

  private final List<String> names;

  Split(String... names) {
    this.names = List.of(names);
  }

  /** A name in words: the split, the word for it, and what stands beside it. */
  private record Name(Split split, String word, List<String> affix) {}

  /** Returns the split that is called so, in capital letters or not. */
  static Optional<Split> named(String name) {
    return parse(name).filter(n -> n.affix.isEmpty()).map(Name::split);
  }

  /**
   * Returns the splits that names of folders beside each other say. Names with something beside it,
   * as {@code seg_train}, count where at least two have the same, one of them to learn from: a
   * class may well be called {@code test_tube}. An {@code eval} is for validation where there is a
   * test, else the test.
   *
   * @return each split's names; more than one where two say the same
   */
  static Map<Split, List<String>> named(Collection<String> folders) {
    Map<List<String>, Map<String, Name>> byAffix = new HashMap<>();
    for (String folder : folders) {
      parse(folder)
          .ifPresent(n -> byAffix.computeIfAbsent(n.affix, _ -> new HashMap<>()).put(folder, n));
    }
    Map<String, Name> found = byAffix.getOrDefault(List.of(), Map.of());
    if (found.isEmpty()) {
      found =
          byAffix.values().stream()
              .filter(Split::learnsAndMore)
              .max((a, b) -> Integer.compare(a.size(), b.size()))
              .orElse(Map.of());
    }
    boolean test =
        found.values().stream().anyMatch(n -> n.split == TEST && !EVALUATION.contains(n.word));
    Map<Split, List<String>> splits = new EnumMap<>(Split.class);
    found.forEach((folder, name) -> {
      Split split = test && EVALUATION.contains(name.word) ? VALIDATION : name.split;
      splits.computeIfAbsent(split, _ -> new ArrayList<>()).add(folder);
    });
    splits.values().forEach(names -> names.sort(null));
    return splits;
  }

  private static boolean learnsAndMore(Map<String, Name> names) {
    Set<Split> splits =
        names.values().stream().map(Name::split).collect(Collectors.toCollection(HashSet::new));
    return splits.size() > 1 && splits.contains(TRAIN);
  }

  /** Returns what a name says if one of its words is that of a split. */
  private static Optional<Name> parse(String name) {
    List<String> words =
        Arrays.stream(name.toLowerCase(Locale.ROOT).split("[\\s_.-]+"))
            .filter(word -> !word.isEmpty() && !FILLERS.contains(word))
            .toList();
    Name found = null;
    for (String word : words) {
      for (Split split : values()) {
        if (split.names.contains(word)) {
          if (found != null) {
            return Optional.empty();
          }
          List<String> affix = new ArrayList<>(words);
          affix.remove(word);
          found = new Name(split, word, List.copyOf(affix));
        }
      }
    }
    return Optional.ofNullable(found);
  }
}
