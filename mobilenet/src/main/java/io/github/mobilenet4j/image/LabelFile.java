package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.files.Visible;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The shapes in which lists of class names go around: a name a line, a number before each, a table
 * of number and name, JSON.
 */
final class LabelFile {
  // None of these looks at a character again and again: a line may have millions.
  private static final String SEPARATOR = " *+[,;\\t]\\s*+";
  private static final Pattern NUMBERED =
      Pattern.compile("\\s*+\"?([0-9]{1,7})\"?(?: *+[:,;\\t]\\s*+| ++)(\\S.*)");
  private static final Pattern SYNSET = Pattern.compile("n[0-9]{8}[ \\t,]+(\\S.*)");
  private static final String NUMBER = "(id|index|idx|class_?id|label_?id|class_?index|number)";
  private static final String NAME = "(name|label|class|class_?name|label_?name|category|species)";

  /** Keys below which JSON of several tools has the names. */
  private static final List<String> LISTS =
      List.of("id2label", "label2id", "labels", "label", "names", "classes", "class_names");

  /** Keys of an object for each class. */
  private static final List<String> NAMES = List.of("name", "label", "class", "class_name");

  private static final List<String> NUMBERS =
      List.of("id", "index", "class_id", "label_id", "class_index");

  /** No network has more, and a list of more than this is not looked at closely. */
  private static final int MOST_CLASSES = 100_000;

  private final String source;

  private LabelFile(String source) {
    this.source = source;
  }

  /**
   * Returns the names by number.
   *
   * @throws MobileNetException if the numbers are not those from 0, or from 1
   */
  static List<String> names(String source, String text) {
    LabelFile file = new LabelFile(source);
    String content = text.strip();
    return content.startsWith("{") || content.startsWith("[")
        ? file.ofJson(Json.parse(source, content))
        : file.ofLines(text.lines().toList());
  }

  private List<String> ofLines(List<String> all) {
    int count = all.size();
    while (count > 0 && all.get(count - 1).isBlank()) {
      count--; // an editor's, or of a list that was joined with line ends
    }
    List<String> lines = all.subList(0, count);
    if (lines.isEmpty() || count > MOST_CLASSES) {
      return lines;
    }
    String heading = lines.getFirst().strip().toLowerCase(Locale.ROOT);
    if (heading.matches(NUMBER + SEPARATOR + NAME)) {
      return table(lines.subList(1, count));
    }
    if (heading.matches(NAME + SEPARATOR + NUMBER)) {
      return table(lines.subList(1, count).stream().map(LabelFile::swapped).toList());
    }
    if (lines.stream().allMatch(line -> SYNSET.matcher(line).matches())) {
      return lines.stream().map(line -> SYNSET.matcher(line).replaceFirst("$1").strip()).toList();
    }
    List<Matcher> numbered = lines.stream().map(NUMBERED::matcher).toList();
    return numbered.stream().allMatch(Matcher::matches) && countFromStart(numbered)
        ? inOrder(numbered)
        : lines;
  }

  /** Returns a line of name and number with its number first. */
  private static String swapped(String line) {
    int end =
        Math.max(Math.max(line.lastIndexOf(','), line.lastIndexOf(';')), line.lastIndexOf('\t'));
    return end < 0 ? line : line.substring(end + 1).strip() + "," + line.substring(0, end);
  }

  /** Whether the numbers count the classes, and are no part of the names, as in "3 doors". */
  private static boolean countFromStart(List<Matcher> lines) {
    int[] numbers = lines.stream().mapToInt(m -> Integer.parseInt(m.group(1))).sorted().toArray();
    return numbers.length > 1
        && numbers[0] <= 1
        && Arrays.stream(numbers).distinct().count() > numbers.length / 2;
  }

  private List<String> table(List<String> lines) {
    List<Matcher> rows = new ArrayList<>();
    for (String line : lines) {
      Matcher matcher = NUMBERED.matcher(line);
      if (!matcher.matches()) {
        throw new MobileNetException(
            "%s: \"%s\", expected a number and a name as the heading says"
                .formatted(source, Visible.of(line)));
      }
      rows.add(matcher);
    }
    return inOrder(rows);
  }

  private List<String> inOrder(List<Matcher> rows) {
    Map<Integer, String> names = new TreeMap<>();
    for (Matcher row : rows) {
      put(names, Integer.parseInt(row.group(1)), withoutQuotes(row.group(2)));
    }
    return complete(names);
  }

  private static String withoutQuotes(String field) {
    String name = field.strip();
    return name.length() > 1 && name.startsWith("\"") && name.endsWith("\"")
        ? name.substring(1, name.length() - 1).replace("\"\"", "\"")
        : name;
  }

  private void put(Map<Integer, String> names, int number, String name) {
    if (names.put(number, name) != null) {
      throw new MobileNetException("%s: number %s is there twice".formatted(source, number));
    }
  }

  private List<String> complete(Map<Integer, String> names) {
    int first = names.containsKey(0) ? 0 : 1;
    for (int i = 0; i < names.size(); i++) {
      if (!names.containsKey(first + i)) {
        throw new MobileNetException(
            "%s: %s classes with numbers, but none is %s"
                .formatted(source, names.size(), first + i));
      }
    }
    return List.copyOf(names.values());
  }

  private List<String> ofJson(Object value) {
    if (value instanceof List<?> list) {
      return ofList(list);
    }
    if (value instanceof Map<?, ?> map) {
      for (String key : LISTS) {
        if (map.get(key) instanceof Map<?, ?> || map.get(key) instanceof List<?>) {
          return ofJson(map.get(key));
        }
      }
      return ofMap(map);
    }
    throw none();
  }

  private List<String> ofList(List<?> list) {
    if (list.stream().allMatch(String.class::isInstance)) {
      return list.stream().map(String.class::cast).toList();
    }
    Map<Integer, String> names = new TreeMap<>();
    for (int i = 0; i < list.size(); i++) {
      if (!(list.get(i) instanceof Map<?, ?> item)
          || !(first(item, NAMES) instanceof String name)) {
        throw none();
      }
      Object number = first(item, NUMBERS);
      put(names, number == null ? i : number(number), name);
    }
    return complete(names);
  }

  /** Names by number or, as Keras writes its generators' {@code class_indices}, the other way. */
  private List<String> ofMap(Map<?, ?> map) {
    Map<Integer, String> names = new TreeMap<>();
    boolean byName = map.values().stream().allMatch(Long.class::isInstance);
    map.forEach((key, value) -> {
      if (byName) {
        put(names, number(value), (String) key);
      } else {
        put(names, number(key), name(value));
      }
    });
    if (names.isEmpty()) {
      throw none();
    }
    return complete(names);
  }

  /** A name alone or, as in {@code imagenet_class_index.json}, behind its WordNet number. */
  private String name(Object value) {
    Object last = value instanceof List<?> list && list.size() == 2 ? list.get(1) : value;
    if (last instanceof String name) {
      return name;
    }
    throw none();
  }

  private int number(Object value) {
    String digits = String.valueOf(value);
    if (!digits.matches("[0-9]{1,7}")) {
      throw none();
    }
    return Integer.parseInt(digits);
  }

  private static Object first(Map<?, ?> item, List<String> keys) {
    return keys.stream().map(item::get).filter(v -> v != null).findFirst().orElse(null);
  }

  private MobileNetException none() {
    return new MobileNetException(
        source
            + ": JSON that lists no classes, expected [\"cat\", …] or {\"0\": \"cat\", …} or"
            + " {\"cat\": 0, …}");
  }
}
