package io.github.mobilenet4j.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * HDF5 files of groups, attributes and datasets, contiguous or in chunks, whose sizes, counts and
 * links are anything. Versions are the oldest, which have no checksums.
 *
 * @see <a href="https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html">The format</a>
 */
public final class HdfGrammar {
  private static final long UNDEFINED = -1;
  private static final List<String> NAMES =
      List.of("a", "w", "layers", "vars", "0", "kernel:0", "model_weights");

  private final Choices choices;
  private final FileBytes out = new FileBytes();
  private final List<Long> datasets = new ArrayList<>();
  private final List<Long> groups = new ArrayList<>();

  private HdfGrammar(Choices choices) {
    this.choices = choices;
  }

  /** Returns a file. */
  public static byte[] file(Choices choices) {
    return new HdfGrammar(choices).file();
  }

  private byte[] file() {
    out.latin("\u0089HDF\r\n\u001a\n")
        .octet(0)
        .octet(0)
        .octet(0)
        .octet(0)
        .octet(0)
        .octet(8)
        .octet(8);
    out.octet(0).little(4, 2).little(16, 2).little(0, 4).little(0, 8).little(UNDEFINED, 8);
    int end = out.size();
    out.little(0, 8).little(UNDEFINED, 8).little(0, 8);
    int root = out.size();
    out.little(0, 8).little(0, 4).little(0, 4).little(0, 16);
    for (int i = choices.below(3); i >= 0; i--) {
      datasets.add(dataset());
    }
    for (int i = choices.below(5); i > 0; i--) {
      groups.add(group());
    }
    if (choices.oneIn(16)) {
      // A tower.
      for (int i = choices.count(20_000); i > 0 && out.room() > 1000; i--) {
        long below = groups.isEmpty() ? datasets.getLast() : groups.getLast();
        groups.add(object(links(Map.of(choices.of(NAMES), below))));
      }
    }
    long top = group();
    ByteBuffer file = ByteBuffer.wrap(out.toArray()).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(end, choices.oneIn(32) ? choices.number() : file.limit());
    file.putLong(root, choices.oneIn(32) ? choices.number() : top);
    return file.array();
  }

  private long object(List<FileBytes> messages) {
    out.align(8);
    long at = out.size();
    FileBytes body = new FileBytes();
    messages.forEach(body::bytes);
    out.octet(1).octet(0).little(messages.size(), 2).little(1, 4);
    out.little(choices.oneIn(64) ? choices.number() : body.size(), 4).little(0, 4).bytes(body);
    return at;
  }

  private static FileBytes message(int type, FileBytes data) {
    data.align(8);
    return new FileBytes().little(type, 2).little(data.size(), 2).octet(0).little(0, 3).bytes(data);
  }

  private long group() {
    List<FileBytes> messages = new ArrayList<>();
    FileBytes info = new FileBytes().octet(0).octet(0).little(UNDEFINED, 8).little(UNDEFINED, 8);
    messages.add(message(2, info));
    for (int i = choices.below(4); i > 0; i--) {
      long address =
          choices.oneIn(16)
              ? choices.of(96L, choices.number())
              : choices.of(groups.isEmpty() || choices.coin() ? datasets : groups);
      String name = choices.oneIn(4) ? choices.of(NAMES) : NAMES.get(choices.below(2));
      messages.add(link(name, address));
      for (int n = choices.oneIn(8) ? choices.count(10_000) : 0; n > 0; n--) {
        messages.add(link(name + "_" + n, address));
      }
    }
    for (String attribute : new String[] {"layer_names", "weight_names", "model_config"}) {
      if (!choices.oneIn(4)) {
        messages.add(attribute(attribute));
      }
    }
    return object(messages);
  }

  private List<FileBytes> links(Map<String, Long> links) {
    List<FileBytes> messages = new ArrayList<>();
    FileBytes info = new FileBytes().octet(0).octet(0).little(UNDEFINED, 8).little(UNDEFINED, 8);
    messages.add(message(2, info));
    links.forEach((name, address) -> messages.add(link(name, address)));
    return messages;
  }

  private FileBytes link(String name, long address) {
    FileBytes link = new FileBytes();
    if (choices.oneIn(32)) {
      // Soft, external.
      link.octet(1).octet(0x08).octet(choices.of(1, 64)).octet(name.length()).latin(name);
      return message(6, link.little(2, 2).latin("/a"));
    }
    link.octet(1).octet(0).octet(name.length()).latin(name);
    return message(6, link.little(address, 8));
  }

  private FileBytes attribute(String name) {
    String text = choices.of("a", "w", "a", "w", "a/w", "{}", "x".repeat(choices.octet()));
    int count = 1 + choices.count(60_000 / Math.max(1, text.length()));
    FileBytes type = new FileBytes().octet(0x13).little(0, 3);
    type.little(choices.oneIn(16) ? choices.number() : text.length(), 4);
    FileBytes space = dataspace(List.of(choices.oneIn(8) ? choices.number() : count));
    FileBytes data = new FileBytes().octet(1).octet(0).little(name.length() + 1, 2);
    data.little(type.size(), 2).little(space.size(), 2).latin(name + "\0").align(8);
    data.bytes(type).align(8).bytes(space).align(8);
    for (int i = 0; i < count && data.size() < 65_000 - text.length(); i++) {
      data.latin(text);
    }
    return message(12, data);
  }

  private static FileBytes dataspace(List<Long> sizes) {
    FileBytes space = new FileBytes().octet(1).octet(sizes.size()).octet(0).little(0, 5);
    sizes.forEach(size -> space.little(size, 8));
    return space;
  }

  private long dataset() {
    List<Long> sizes = new ArrayList<>();
    for (int i = choices.of(0, 1, 3, choices.below(33)); i >= 0; i--) {
      sizes.add(choices.oneIn(4) ? choices.number() : 1L + choices.below(4));
    }
    FileBytes type = new FileBytes();
    if (choices.oneIn(16)) {
      type.octet(0x10 | choices.below(11)).little(choices.octet(), 3).little(choices.number(), 4);
      type.bytes(choices.data(12));
    } else {
      type.octet(0x11).octet(0x20).octet(0x1f).octet(0).little(4, 4).little(0, 2).little(32, 2);
      type.octet(23).octet(8).octet(0).octet(23).little(127, 4);
    }
    List<FileBytes> messages = new ArrayList<>();
    messages.add(message(1, dataspace(sizes)));
    messages.add(message(3, type));
    FileBytes layout = new FileBytes().octet(3);
    if (choices.oneIn(4)) {
      long address = choices.oneIn(4) ? choices.of(UNDEFINED, choices.number()) : 0;
      layout.octet(1).little(address, 8).little(choices.number(), 8);
    } else {
      chunks(layout, sizes.size());
      FileBytes filters = new FileBytes().octet(1).octet(1).little(0, 6);
      filters.little(choices.oneIn(8) ? choices.number() : 1, 2).little(0, 2).little(1, 2);
      messages.add(message(11, filters.little(1, 2).little(9, 4).little(0, 4)));
    }
    messages.add(message(8, layout));
    return object(messages);
  }

  /** A tree of one node, whose chunks are all the same bytes. */
  private void chunks(FileBytes layout, int rank) {
    long values = 1;
    List<Long> sides = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      long side = choices.coin() ? choices.number() & 0xFFFFFFFFL : 1 + choices.below(4);
      values = Math.min(values * side, 1L << 28);
      sides.add(side);
    }
    byte[] data =
        Deflated.zlib(
            choices.octet(), choices.oneIn(4) ? choices.number() & 0xFFFFFFFL : 4 * values);
    out.align(8);
    long chunk = out.size();
    out.bytes(data).align(8);
    long tree = out.size();
    int count = 1 + choices.count(20_000);
    out.latin("TREE").octet(1).octet(choices.oneIn(16) ? choices.octet() : 0);
    out.little(choices.oneIn(16) ? choices.number() : count, 2);
    out.little(UNDEFINED, 8).little(UNDEFINED, 8);
    for (int i = 0; i <= count; i++) {
      out.little(choices.oneIn(64) ? choices.number() : data.length, 4).little(0, 4);
      for (int axis = 0; axis < rank; axis++) {
        out.little(axis == rank - 1 ? i * sides.getLast() : 0, 8);
      }
      out.little(0, 8).little(choices.oneIn(64) ? tree : chunk, 8);
    }
    layout.octet(2).octet(rank + 1).little(tree, 8);
    sides.forEach(side -> layout.little(side, 4));
    layout.little(4, 4);
  }
}
