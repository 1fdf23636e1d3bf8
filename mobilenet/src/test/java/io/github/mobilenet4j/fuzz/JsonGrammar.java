package io.github.mobilenet4j.fuzz;

import io.github.mobilenet4j.files.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** JSON texts that are like a good one. */
public final class JsonGrammar {
  private static final int MOST_DEPTH = 100_000;

  private JsonGrammar() {}

  /** Returns a target whose files are like some texts. */
  public static Target target(String name, List<String> texts, Target.Reader reader) {
    return new Target(
        name,
        texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList(),
        choices -> like(choices.of(texts), choices).getBytes(StandardCharsets.UTF_8),
        reader);
  }

  /** Returns a text like this one. */
  public static String like(String text, Choices choices) {
    Tree root = tree(Json.parse("seed", text));
    root.change(choices, _ -> hostile(choices));
    StringBuilder out = new StringBuilder();
    write(out, root, 0);
    return out.toString();
  }

  private static Tree tree(Object value) {
    List<Tree.Entry> entries = new ArrayList<>();
    return switch (value) {
      case Map<?, ?> map -> {
        map.forEach((key, item) -> entries.add(new Tree.Entry((String) key, tree(item))));
        yield Tree.object(entries);
      }
      case List<?> list -> {
        list.forEach(item -> entries.add(new Tree.Entry("", tree(item))));
        yield Tree.list(entries);
      }
      case null, default -> Tree.leaf(text(value));
    };
  }

  private static String text(Object value) {
    return Json.text(value);
  }

  /** Returns a value as its text. */
  private static Tree hostile(Choices choices) {
    return Tree.leaf(
        switch (choices.below(8)) {
          case 0 -> choices.of("null", "true", "false", "{}", "[]", "\"\"", "1e400", "-0");
          case 1, 2 -> Long.toString(choices.number());
          case 3 -> choices.of("0.5", "1e-30", "-1.5", "1e9", "NaN", "\"NaN\"", "\"0.0001\"");
          case 4 -> "\"" + choices.number() + "\"";
          case 5 -> {
            String piece =
                choices.of(
                    "a", "\\u0000", "\\n", "\u001b[2J", "\\ud800", "../", "é", "a/", "{\\\"a\\\":");
            yield "\"" + piece.repeat(choices.count(FileBytes.MOST / piece.length())) + "\"";
          }
          case 6 -> {
            String open = choices.of("[", "{\"a\":");
            int depth = choices.count(MOST_DEPTH);
            yield open.repeat(depth) + "0" + (open.equals("[") ? "]" : "}").repeat(depth);
          }
          default -> {
            String item = choices.of("0", "1", "[]", "{}", "1e9", "\"\"", "9223372036854775807");
            int items = choices.count(FileBytes.MOST / (item.length() + 1));
            yield "[" + (item + ",").repeat(items) + item + "]";
          }
        });
  }

  private static void write(StringBuilder out, Tree tree, int depth) {
    if (tree.isLeaf() || depth > Tree.MOST_DEPTH) {
      out.append(tree.isLeaf() ? tree.value() : "0");
      return;
    }
    out.append(tree.isList() ? '[' : '{');
    String separator = "";
    for (Tree.Entry entry : tree.entries()) {
      if (out.length() > FileBytes.MOST) {
        break;
      }
      out.append(separator);
      if (!tree.isList()) {
        out.append(text(entry.key())).append(':');
      }
      write(out, entry.value(), depth + 1);
      separator = ",";
    }
    out.append(tree.isList() ? ']' : '}');
  }
}
