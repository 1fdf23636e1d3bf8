package io.github.mobilenet4j.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** TFLite files that are like a good one; what is repeated is referred to again and again. */
public final class FlatGrammar {
  /**
   * The fields of the tables, {@code tensorflow/lite/schema/schema.fbs}: a number of 1 or 4 bytes,
   * a vector of elements of so many bytes, a table, a vector of tables.
   */
  private static final Map<String, Map<Integer, String>> TABLES =
      Map.of(
          "model", Map.of(0, "4", 1, "*code", 2, "*graph", 3, "[1", 4, "*buffer", 6, "*metadata"),
          "code", Map.of(0, "1", 1, "[1", 2, "4", 3, "4"),
          "graph", Map.of(0, "*tensor", 1, "[4", 2, "[4", 3, "*operator", 4, "[1"),
          "tensor", Map.of(0, "[4", 1, "1", 2, "4", 3, "[1", 4, "quantization", 7, "[4"),
          "quantization", Map.of(2, "[4", 3, "[8", 6, "4"),
          "operator", Map.of(0, "4", 1, "[4", 2, "[4", 4, "options"),
          "options", Map.of(0, "4", 1, "4", 2, "4", 3, "4", 4, "4", 5, "4", 6, "4"),
          "buffer", Map.of(0, "[1"),
          "metadata", Map.of(0, "[1", 1, "4"));

  /** A number or a vector; a vector's elements are counted before its bytes. */
  private record Leaf(boolean vector, byte[] bytes) {}

  private static final String GRAPHS = "2";
  private static final String TENSORS = "0";
  private static final String OPERATORS = "3";

  private final FileBytes out = new FileBytes().little(0, 4).latin("TFL3");
  private final Map<Tree, Integer> places = new IdentityHashMap<>();

  /** Where which value is referred to. */
  private final Map<Integer, Tree> references = new HashMap<>();

  private FlatGrammar() {}

  /** Returns a file like this one. */
  public static byte[] like(byte[] seed, Choices choices) {
    ByteBuffer bytes = ByteBuffer.wrap(seed).order(ByteOrder.LITTLE_ENDIAN);
    Tree root = table("model", bytes, bytes.getInt(0));
    root.change(choices, tree -> hostile(tree, choices));
    if (choices.oneIn(4)) {
      empty(graphs(root, TENSORS), choices);
    }
    if (choices.oneIn(4)) {
      choices.beLavish();
      alike(graphs(root, TENSORS), choices);
      alike(graphs(root, OPERATORS), choices);
    }
    return new FlatGrammar().file(root);
  }

  /** Returns a list of each graph. */
  private static List<Tree> graphs(Tree root, String field) {
    return root.under(GRAPHS).stream()
        .flatMap(graphs -> graphs.under("").stream())
        .flatMap(graph -> graph.under(field).stream())
        .filter(list -> list.isList() && !list.entries().isEmpty())
        .toList();
  }

  /** Makes tensors empty, but of any size on the other axes. */
  private static void empty(List<Tree> lists, Choices choices) {
    for (Tree list : lists) {
      boolean all = choices.coin();
      for (int i = all ? list.entries().size() : choices.below(4); i > 0; i--) {
        Tree tensor = all ? list.entries().get(i - 1).value() : choices.of(list.entries()).value();
        if (!tensor.isLeaf()) {
          tensor.entries().removeIf(field -> field.key().equals("0") || field.key().equals("2"));
          tensor.entries().add(new Tree.Entry("0", Tree.leaf(new Leaf(true, emptyShape(choices)))));
        }
      }
    }
  }

  private static byte[] emptyShape(Choices choices) {
    int axes = 1 + choices.below(4);
    int zero = choices.below(axes);
    FileBytes shape = new FileBytes().little(axes, 4);
    for (int axis = 0; axis < axes; axis++) {
      shape.little(axis == zero ? 0 : choices.coin() ? choices.number() : 1, 4);
    }
    return shape.toArray();
  }

  /** Makes lists of one table again and again, which has a large vector. */
  private static void alike(List<Tree> lists, Choices choices) {
    for (Tree list : lists) {
      Tree.Entry entry = choices.of(list.entries());
      int count = choices.count(1_000_000);
      if (choices.coin()) {
        list.entries().replaceAll(_ -> entry);
      }
      list.entries().addAll(0, Collections.nCopies(count, entry));
      if (choices.coin() && !entry.value().isLeaf() && !entry.value().entries().isEmpty()) {
        List<Tree.Entry> fields = entry.value().entries();
        int at = choices.below(fields.size());
        fields.set(
            at, new Tree.Entry(fields.get(at).key(), hostile(fields.get(at).value(), choices)));
      }
    }
  }

  private static Tree table(String name, ByteBuffer in, int at) {
    List<Tree.Entry> entries = new ArrayList<>();
    int vtable = at - in.getInt(at);
    TABLES
        .get(name)
        .forEach((field, type) -> {
          int slot = 4 + 2 * field;
          int offset = slot < in.getChar(vtable) ? in.getChar(vtable + slot) : 0;
          if (offset != 0) {
            entries.add(new Tree.Entry("" + field, value(type, in, at + offset)));
          }
        });
    return Tree.object(entries);
  }

  private static Tree value(String type, ByteBuffer in, int at) {
    if (Character.isDigit(type.charAt(0))) {
      return Tree.leaf(new Leaf(false, bytes(in, at, Integer.parseInt(type))));
    }
    int target = at + in.getInt(at);
    if (type.charAt(0) == '[') {
      int each = Integer.parseInt(type.substring(1));
      return Tree.leaf(new Leaf(true, bytes(in, target, 4 + each * in.getInt(target))));
    }
    if (type.charAt(0) != '*') {
      return table(type, in, target);
    }
    List<Tree.Entry> items = new ArrayList<>();
    for (int i = 0; i < in.getInt(target); i++) {
      int item = target + 4 + 4 * i;
      items.add(new Tree.Entry("", table(type.substring(1), in, item + in.getInt(item))));
    }
    return Tree.list(items);
  }

  private static byte[] bytes(ByteBuffer in, int at, int count) {
    byte[] bytes = new byte[count];
    in.get(at, bytes);
    return bytes;
  }

  private static Tree hostile(Tree tree, Choices choices) {
    boolean vector = !tree.isLeaf() || ((Leaf) tree.value()).vector;
    if (!vector) {
      return Tree.leaf(new Leaf(false, new FileBytes().little(choices.number(), 4).toArray()));
    }
    int count = choices.count(1_000_000);
    FileBytes bytes = new FileBytes().little(choices.oneIn(8) ? choices.number() : count, 4);
    byte[] item = new FileBytes().little(choices.number(), choices.of(4, 1, 8)).toArray();
    return Tree.leaf(new Leaf(true, bytes.repeat(count, item).toArray()));
  }

  private byte[] file(Tree root) {
    for (Tree tree : parentsFirst(root)) {
      if (out.room() > 0) {
        out.align(8);
        write(tree);
      }
    }
    ByteBuffer bytes = ByteBuffer.wrap(out.toArray()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0, places.getOrDefault(root, 0));
    references.forEach((at, tree) -> {
      if (at + 4 <= bytes.limit()) {
        bytes.putInt(at, places.getOrDefault(tree, 0) - at);
      }
    });
    return bytes.array();
  }

  /** Offsets lead forwards only. */
  private static List<Tree> parentsFirst(Tree root) {
    List<Tree> order = new ArrayList<>();
    Set<Tree> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<Tree> done = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Tree> stack = new ArrayDeque<>(List.of(root));
    while (!stack.isEmpty()) {
      Tree tree = stack.peek();
      if (!seen.add(tree)) {
        stack.pop();
        if (done.add(tree)) {
          order.add(tree);
        }
      } else if (!tree.isLeaf()) {
        tree.entries().stream()
            .map(Tree.Entry::value)
            .filter(value -> !seen.contains(value))
            .forEach(stack::push);
      }
    }
    Collections.reverse(order);
    return order;
  }

  private void write(Tree tree) {
    if (tree.isLeaf()) {
      places.put(tree, out.size());
      out.bytes(((Leaf) tree.value()).bytes);
    } else if (tree.isList()) {
      places.put(tree, out.size());
      out.little(tree.entries().size(), 4);
      for (Tree.Entry entry : tree.entries()) {
        if (out.room() > 0) {
          references.put(out.size(), entry.value());
          out.little(0, 4);
        }
      }
    } else {
      writeTable(tree);
    }
  }

  private void writeTable(Tree tree) {
    Map<Integer, Tree> fields = new HashMap<>();
    tree.entries()
        .forEach(entry ->
            fields.put(entry.key().isEmpty() ? 0 : Integer.parseInt(entry.key()), entry.value()));
    int count = Math.min(fields.keySet().stream().mapToInt(i -> i).max().orElse(-1) + 1, 100);
    int vtable = out.size();
    out.little(4 + 2 * count, 2).little(4 + 4 * count, 2);
    for (int i = 0; i < count; i++) {
      out.little(fields.containsKey(i) ? 4 + 4 * i : 0, 2);
    }
    out.align(4);
    places.put(tree, out.size());
    out.little(out.size() - vtable, 4);
    for (int i = 0; i < count; i++) {
      Tree value = fields.get(i);
      if (value != null && value.isLeaf() && !((Leaf) value.value()).vector) {
        byte[] bytes = ((Leaf) value.value()).bytes;
        out.bytes(bytes).bytes(new byte[4 - bytes.length]);
      } else {
        references.put(out.size(), value == null ? tree : value);
        out.little(0, 4);
      }
    }
  }
}
