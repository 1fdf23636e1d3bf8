package io.github.mobilenet4j.fuzz;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * What a good file says, as a tree whose values can be replaced, repeated, nested or left out. A
 * repeated value stays one object, so that a format which can refer to a value twice does so.
 */
public final class Tree {
  /**
   * A value in another one.
   *
   * @param key empty in a list
   */
  public record Entry(String key, Tree value) {}

  /** Files may be changed to hold themselves: at this depth they end. */
  public static final int MOST_DEPTH = 40;

  private static final int MOST_COPIES = 500_000;

  private Object leaf;
  private boolean list;
  private List<Entry> entries;

  private Tree(Object leaf, boolean list, List<Entry> entries) {
    this.leaf = leaf;
    this.list = list;
    this.entries = entries;
  }

  public static Tree leaf(Object value) {
    return new Tree(value, false, null);
  }

  public static Tree list(List<Entry> items) {
    return new Tree(null, true, new ArrayList<>(items));
  }

  public static Tree object(List<Entry> fields) {
    return new Tree(null, false, new ArrayList<>(fields));
  }

  public boolean isLeaf() {
    return entries == null;
  }

  public boolean isList() {
    return list;
  }

  public Object value() {
    return leaf;
  }

  public List<Entry> entries() {
    return entries;
  }

  /** Returns the values with a key. */
  public List<Tree> under(String key) {
    return isLeaf()
        ? List.of()
        : entries.stream().filter(entry -> entry.key.equals(key)).map(Entry::value).toList();
  }

  /**
   * Changes values, up to eight.
   *
   * @param leaves gives hostile values, of the kind of the one they replace where they can
   */
  public void change(Choices choices, Function<Tree, Tree> leaves) {
    for (int i = choices.below(9); i > 0; i--) {
      Set<Tree> found = new LinkedHashSet<>();
      collect(found);
      List<Tree> all = List.copyOf(found);
      Tree tree = choices.coin() ? choices.of(all) : walk(choices);
      if (tree.isLeaf() || tree.entries.isEmpty() || choices.oneIn(8)) {
        tree.become(choices.oneIn(8) ? choices.of(all) : leaves.apply(tree));
      } else {
        tree.changeEntry(choices, all, leaves);
      }
    }
  }

  /** Returns a value that is met on the way down: nearly all there are are far below. */
  private Tree walk(Choices choices) {
    Tree at = this;
    for (int i = 0; i < MOST_DEPTH && !at.isLeaf() && !at.entries.isEmpty(); i++) {
      if (choices.oneIn(4)) {
        return at;
      }
      at = choices.of(at.entries).value;
    }
    return at;
  }

  private void changeEntry(Choices choices, List<Tree> all, Function<Tree, Tree> leaves) {
    int at = choices.below(entries.size());
    Entry entry = entries.get(at);
    switch (choices.below(5)) {
      case 0 -> entries.remove(at);
      case 1, 2 -> {
        boolean renamed = !list && choices.coin();
        for (int n = choices.count(MOST_COPIES); n > 0; n--) {
          entries.add(renamed ? new Entry(Integer.toString(n), entry.value) : entry);
        }
      }
      case 3 -> entries.set(at, new Entry(entry.key, choices.of(all)));
      default -> entries.set(at, new Entry(entry.key, leaves.apply(entry.value)));
    }
  }

  private void become(Tree other) {
    leaf = other.leaf;
    list = other.list;
    entries = other.entries == null ? null : new ArrayList<>(other.entries);
  }

  /** Each value once, however often it is referred to. */
  private void collect(Set<Tree> to) {
    if (to.add(this) && entries != null) {
      entries.forEach(entry -> entry.value.collect(to));
    }
  }
}
