package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.image.ImageReader;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which column of a table has what, and whether its first line is a heading: by the names that
 * tables usually have, and by looking. What is neither named nor looks like anything is refused: a
 * heading must never become a class.
 *
 * @param path the column of paths
 * @param label the column of labels
 * @param split the column of splits, −1 for none
 * @param headings whether the first line is a heading
 */
record TableColumns(int path, int label, int split, boolean headings) {
  /** In the order in which they are believed; without what is no letter or digit. */
  private static final List<String> PATHS =
      List.of(
          "path filepath filepaths imagepath imgpath imagefilepath",
          "file filename filenames files imagefile imagefilename imgfile fname imagename imgname",
          "image images img picture pictures photo photos",
          "imageid imgid name id");

  private static final List<String> LABELS =
      List.of(
          "label labels classlabel labelname",
          "class classes classname category categoryname",
          "target targets y",
          "breed species variety tag tags type diagnosis",
          "classid labelid categoryid");

  private static final List<String> SPLITS = List.of("split set subset datasplit partition");

  /** How many lines are looked at. */
  private static final int LOOK = 50;

  private static final int NONE = -1;

  /** Finds them. {@code isFile} tells whether something has the path in a field. */
  static TableColumns of(String source, List<Csv.Row> rows, Predicate<String> isFile) {
    List<String> first = rows.getFirst().fields();
    List<List<String>> rest = rows.stream().skip(1).limit(LOOK).map(Csv.Row::fields).toList();
    Predicate<String> isImage = field -> isNamedImage(field) || isFile.test(field);
    int split = named(first, SPLITS, NONE, NONE);
    int path = path(first, rest, isImage);
    int label = named(first, LABELS, path, split);
    boolean named = label != NONE || named(first, PATHS, NONE, NONE) != NONE;
    boolean headings =
        path == NONE
            ? named
            : !isImage.test(first.get(path)) && (named || looks(rest, path, isImage));
    if (!headings) {
      return withoutHeadings(source, first, rest, path);
    }
    if (label == NONE) {
      label = theOtherColumn(first, path, split);
    }
    if (path == NONE || label == NONE) {
      throw unclear(source, first, rest, path);
    }
    if (!named) {
      requireHeading(source, first, rest, label);
    }
    return new TableColumns(path, label, split, true);
  }

  private static TableColumns withoutHeadings(
      String source, List<String> first, List<List<String>> rest, int path) {
    if (first.size() != 2 || path == NONE) {
      throw unclear(source, first, rest, path);
    }
    return new TableColumns(path, 1 - path, NONE, false);
  }

  /** Returns the column of paths: the only one that looks so, else the one that is named so. */
  private static int path(List<String> first, List<List<String>> rest, Predicate<String> isImage) {
    List<List<String>> looked = Stream.concat(Stream.of(first), rest.stream()).toList();
    int[] looking =
        IntStream.range(0, first.size()).filter(c -> looks(looked, c, isImage)).toArray();
    if (looking.length == 1) {
      return looking[0];
    }
    int named = named(first, PATHS, NONE, NONE);
    return looking.length == 0 || IntStream.of(looking).anyMatch(c -> c == named) ? named : NONE;
  }

  /** Whether half of the column or more is called like images. */
  private static boolean looks(List<List<String>> rows, int column, Predicate<String> isImage) {
    long images = rows.stream().filter(row -> isImage.test(row.get(column))).count();
    return 2 * images >= rows.size();
  }

  private static boolean isNamedImage(String field) {
    String name = field.strip().toLowerCase(Locale.ROOT);
    return ImageReader.endings().stream().anyMatch(name::endsWith);
  }

  /** Returns the column with the most believed of these names, but for two others. */
  private static int named(List<String> first, List<String> names, int other, int another) {
    return names.stream()
        .flatMap(tier -> columns(first, List.of(tier.split(" "))))
        .filter(c -> c != other && c != another)
        .findFirst()
        .orElse(NONE);
  }

  private static Stream<Integer> columns(List<String> first, List<String> names) {
    return IntStream.range(0, first.size()).filter(c -> names.contains(word(first.get(c)))).boxed();
  }

  private static String word(String heading) {
    return heading.length() > 40
        ? ""
        : heading.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]", "");
  }

  /** Returns the only column that is left, without numbers of the rows. */
  private static int theOtherColumn(List<String> first, int path, int split) {
    int[] left =
        IntStream.range(0, first.size())
            .filter(c -> c != path && c != split)
            .filter(c -> !word(first.get(c)).matches("|unnamed[0-9]*|index|id|no|nr|number"))
            .toArray();
    return left.length == 1 ? left[0] : NONE;
  }

  /** Checks that a first line that names nothing known is no image's line. */
  private static void requireHeading(
      String source, List<String> first, List<List<String>> rest, int label) {
    if (rest.stream().anyMatch(row -> row.get(label).strip().equals(first.get(label).strip()))) {
      throw new MobileNetException(
          "%s: line 1 is %s: neither a heading nor an image; expected headings path and label"
              .formatted(source, shown(first)));
    }
  }

  private static MobileNetException unclear(
      String source, List<String> first, List<List<String>> rest, int path) {
    if (path != NONE && isOneHot(rest, path)) {
      return new MobileNetException(
          ("%s: a column for each class with 0 and 1 in it (one-hot: %s), expected one column of"
                  + " labels; in pandas: t['label'] = t[[…]].idxmax(axis=1)")
              .formatted(source, shown(first)));
    }
    return new MobileNetException(
        "%s: columns %s, expected headings with path and label among them, or these two alone"
            .formatted(source, shown(first)));
  }

  /** Whether each row has one 1, and zeros else, in at least two columns. */
  private static boolean isOneHot(List<List<String>> rows, int path) {
    return !rows.isEmpty()
        && rows.getFirst().size() > 2
        && rows.stream()
            .allMatch(row -> {
              List<String> values =
                  IntStream.range(0, row.size())
                      .filter(c -> c != path)
                      .mapToObj(c -> row.get(c).strip())
                      .toList();
              long ones = values.stream().filter(v -> v.matches("1(\\.0*)?|[Tt]rue|TRUE")).count();
              long zeros =
                  values.stream().filter(v -> v.matches("0(\\.0*)?|[Ff]alse|FALSE")).count();
              return ones == 1 && zeros >= 1 && ones + zeros >= values.size() - 1;
            });
  }

  private static String shown(List<String> fields) {
    return "[" + Visible.first(fields, 10) + "]";
  }
}
