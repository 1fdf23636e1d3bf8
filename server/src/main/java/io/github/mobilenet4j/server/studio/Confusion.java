package io.github.mobilenet4j.server.studio;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which classes are taken for which, as the page wants it. */
final class Confusion {
  private static final int MOST_OF_A_CELL = 200;

  private Confusion() {}

  /**
   * An image and what was said of it.
   *
   * @param className the folder that it lies in
   */
  record Entry(int truth, int predicted, String className, String name) {}

  static Map<String, Object> json(List<String> classes, List<Entry> entries) {
    int[][] counts = new int[classes.size()][classes.size()];
    Map<Integer, List<Object>> cells = new LinkedHashMap<>();
    for (Entry entry : entries) {
      counts[entry.truth][entry.predicted]++;
      List<Object> cell =
          cells.computeIfAbsent(
              entry.truth * classes.size() + entry.predicted, _ -> new ArrayList<>());
      if (cell.size() < MOST_OF_A_CELL) {
        cell.add(Map.of("class", entry.className, "name", entry.name));
      }
    }
    List<Object> matrix = new ArrayList<>();
    for (int[] row : counts) {
      List<Object> numbers = new ArrayList<>();
      for (int count : row) {
        numbers.add(count);
      }
      matrix.add(numbers);
    }
    List<Object> images = new ArrayList<>();
    cells.forEach((cell, names) ->
        images.add(
            Map.of(
                "truth",
                cell / classes.size(),
                "predicted",
                cell % classes.size(),
                "images",
                names)));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("classes", classes);
    json.put("matrix", matrix);
    json.put("cells", images);
    return json;
  }
}
