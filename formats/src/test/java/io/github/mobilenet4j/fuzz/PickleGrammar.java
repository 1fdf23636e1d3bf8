package io.github.mobilenet4j.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Pickles of tensors: first some values that are remembered, then a dictionary of many that refer
 * to them, or are calls with them.
 */
public final class PickleGrammar {
  /** What can be remembered. */
  private enum Kind {
    STORAGE,
    INTEGERS,
    PAIRS,
    VIEW,
    DICTIONARY,
    VIEW_ARGUMENTS,
    PAIRS_ARGUMENTS,
    ANYTHING
  }

  private static final int MOST = 1_000_000;
  private static final List<String> NAMES =
      List.of(
          "conv_stem.weight",
          "bn1.weight",
          "classifier.weight",
          "state_dict",
          "model",
          "storage",
          "0",
          "cpu");

  private final Choices choices;
  private final Map<Kind, List<Integer>> remembered = new EnumMap<>(Kind.class);
  private int memo;

  private PickleGrammar(Choices choices) {
    this.choices = choices;
  }

  /** Returns an archive, as torch.save writes it. */
  public static byte[] archive(Choices choices) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      entry(zip, "a/data.pkl", pickle(choices), choices);
      for (int n = choices.oneIn(8) ? choices.count(60_000) : 0; n > 0; n--) {
        entry(zip, "a/x" + n, new byte[0], choices);
      }
      for (int i = choices.below(3); i >= 0; i--) {
        entry(zip, "a/data/" + i, new byte[choices.count(100_000)], choices);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void entry(ZipOutputStream zip, String name, byte[] data, Choices choices)
      throws IOException {
    ZipEntry entry = new ZipEntry(name);
    if (!choices.oneIn(32)) {
      CRC32 crc = new CRC32();
      crc.update(data);
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(data.length);
      entry.setCrc(crc.getValue());
    }
    zip.putNextEntry(entry);
    zip.write(data);
  }

  /** Returns a file of the older kind: five pickles and the storages. */
  public static byte[] stream(Choices choices) {
    FileBytes out = new FileBytes();
    out.bytes(
        (byte) 0x80,
        (byte) 2,
        (byte) 0x8a,
        (byte) 10,
        (byte) 0x6c,
        (byte) 0xfc,
        (byte) 0x9c,
        (byte) 0x46,
        (byte) 0xf9,
        (byte) 0x20,
        (byte) 0x6a,
        (byte) 0xa8,
        (byte) 0x50,
        (byte) 0x19,
        (byte) '.');
    out.latin("\u0080\2M").little(1001, 2).latin(".");
    out.latin("\u0080\2}.");
    out.bytes(pickle(choices));
    FileBytes keys = new FileBytes().latin("\u0080\2](");
    FileBytes key = text(new FileBytes(), "0");
    keys.repeat(choices.coin() ? 1 : choices.count(MOST), key.toArray());
    out.bytes(keys.latin("e."));
    FileBytes storage = new FileBytes();
    long count = choices.oneIn(4) ? choices.number() : 9;
    storage.little(count, 8).bytes(new byte[Math.clamp(4 * count, 0, 1000)]);
    return out.repeat(choices.coin() ? 1 : choices.count(MOST), storage.toArray()).toArray();
  }

  static byte[] pickle(Choices choices) {
    FileBytes out = new FileBytes().latin("\u0080").octet(choices.of(2, 3, 4, 5));
    PickleGrammar grammar = new PickleGrammar(choices);
    for (int i = choices.below(8); i > 0; i--) {
      Kind kind = choices.of(Kind.values());
      grammar.remember(out, grammar.value(kind, 0), kind);
      out.latin("0");
    }
    for (int i = choices.below(3); i >= 0; i--) {
      grammar.root(out);
    }
    return out.latin(".").toArray();
  }

  /** Modules in modules, some of them the same again and again. */
  private FileBytes module(int depth) {
    FileBytes out = new FileBytes();
    String kind =
        depth > 3
            ? choices.of("conv.Conv2d", "batchnorm.BatchNorm2d", "activation.ReLU", "linear.Linear")
            : choices.of("container.Sequential", "conv.Conv2d", "pooling.AvgPool2d");
    int dot = kind.indexOf('.');
    global(out, "torch.nn.modules." + kind.substring(0, dot), kind.substring(dot + 1));
    out.latin(")\u0081}(");
    for (String group : List.of("_parameters", "_buffers")) {
      text(out, group).latin("}(");
      for (String name : List.of("weight", "bias", "running_mean", "running_var")) {
        if (choices.coin()) {
          text(out, name).bytes(value(choices.of(Kind.VIEW, Kind.ANYTHING), depth + 3));
        }
      }
      out.latin("u");
    }
    for (String name : List.of("stride", "padding", "dilation", "kernel_size")) {
      text(out, name).bytes(value(choices.of(Kind.INTEGERS, Kind.ANYTHING), depth + 3));
    }
    text(text(out, "padding_mode"), choices.of("zeros", "reflect"));
    integer(text(out, "groups"), choices.of(1, 8, 9));
    text(out, "eps").latin("G").little(choices.of(0L, choices.number()), 8);
    text(out, "_modules").latin("}(");
    int count = depth > 3 ? 0 : choices.count(choices.oneIn(8) ? 20_000 : 4);
    FileBytes inner = count == 0 ? new FileBytes() : module(depth + 1);
    many(out, inner, count, true);
    return out.latin("uub");
  }

  /** A dictionary of many, or anything. */
  private void root(FileBytes out) {
    if (choices.oneIn(6)) {
      out.bytes(module(0));
      return;
    }
    if (choices.oneIn(8)) {
      out.bytes(value(choices.of(Kind.values()), 0));
      return;
    }
    Kind kind = choices.of(Kind.VIEW, Kind.DICTIONARY, Kind.ANYTHING, choices.of(Kind.values()));
    out.latin("}(");
    FileBytes value = value(kind, 0);
    int count = 1 + choices.count(MOST);
    boolean kept = choices.coin();
    if (kept) {
      many(out, value, count, choices.coin());
    } else {
      out.repeat(count, value.latin("0").toArray());
    }
    for (int i = choices.below(4); i > 0; i--) {
      text(out, choices.of(NAMES)).bytes(value(choices.of(Kind.values()), 0));
    }
    out.latin("u");
  }

  /** The same value under many keys. */
  private static void many(FileBytes out, FileBytes value, int count, boolean texts) {
    byte[] bytes = value.toArray();
    for (int i = 0; i < count && out.room() > 100; i++) {
      if (texts) {
        text(out, Integer.toString(i, 36));
      } else {
        out.latin("J").little(i, 4);
      }
      out.bytes(bytes);
    }
  }

  private void remember(FileBytes out, FileBytes value, Kind kind) {
    out.bytes(value).latin("r").little(memo, 4);
    remembered.computeIfAbsent(kind, _ -> new ArrayList<>()).add(memo++);
  }

  /** Returns code that leaves a value of a kind on the stack. */
  private FileBytes value(Kind kind, int depth) {
    FileBytes out = new FileBytes();
    List<Integer> known = remembered.getOrDefault(kind, List.of());
    if (!known.isEmpty() && !choices.oneIn(4)) {
      return out.latin("j").little(choices.of(known), 4);
    }
    if (depth > 6) {
      return out.latin("N");
    }
    switch (kind) {
      case STORAGE -> {
        text(out.latin("("), choices.oneIn(32) ? "x" : "storage");
        global(out, "torch", choices.of("FloatStorage", "LongStorage", "BoolStorage", "x"));
        text(text(out, choices.of("0", "0", "1", "2")), "cpu");
        integer(out, choices.oneIn(2) ? choices.number() : 9).latin("tQ");
      }
      case INTEGERS -> {
        FileBytes item = integer(new FileBytes(), choices.coin() ? 1 : choices.number());
        out.latin("(").repeat(choices.count(MOST), item.toArray()).latin(choices.of("t", "l"));
      }
      case PAIRS -> {
        out.latin("(");
        int count = choices.count(MOST);
        byte[] item = value(choices.of(Kind.values()), depth + 1).toArray();
        for (int i = 0; i < count && out.room() > 100; i++) {
          text(out.latin("("), Integer.toString(i, 36)).bytes(item).latin("t");
        }
        out.latin("l");
      }
      case VIEW -> {
        global(out, "torch._utils", choices.of("_rebuild_tensor_v2", "_rebuild_tensor"));
        out.bytes(value(Kind.VIEW_ARGUMENTS, depth + 1)).latin("R");
      }
      case DICTIONARY -> {
        if (choices.coin()) {
          global(out, "collections", "OrderedDict");
          out.bytes(value(Kind.PAIRS_ARGUMENTS, depth + 1)).latin("R");
        } else {
          many(
              out.latin("}("),
              value(choices.of(Kind.VIEW, Kind.ANYTHING), depth + 1),
              choices.count(MOST),
              true);
          out.latin("u");
        }
      }
      case VIEW_ARGUMENTS -> {
        out.latin("(").bytes(value(Kind.STORAGE, depth + 1));
        integer(out, choices.oneIn(4) ? choices.number() : 0);
        out.bytes(value(Kind.INTEGERS, depth + 1));
        out.bytes(value(Kind.INTEGERS, depth + 1)).latin("t");
      }
      case PAIRS_ARGUMENTS -> out.latin("(").bytes(value(Kind.PAIRS, depth + 1)).latin("t");
      case ANYTHING -> anything(out, depth);
    }
    return out;
  }

  private void anything(FileBytes out, int depth) {
    switch (choices.below(11)) {
      case 0 -> out.latin(choices.of("N", "\u0088", "\u0089", ")", "]", "}"));
      case 1 -> integer(out, choices.number());
      case 2 -> {
        String piece = choices.of("a", "\0", "é");
        text(out, piece.repeat(choices.count(MOST)));
      }
      case 3 -> {
        int length = choices.octet();
        out.latin("\u008a").octet(length).bytes(choices.data(length));
      }
      case 4 -> {
        // Boxes within boxes.
        int count = choices.count(300_000);
        out.repeat(count, (byte) ']').latin("N").repeat(count, (byte) 'a');
      }
      case 5 -> {
        String function = choices.of("_rebuild_parameter", "_rebuild_tensor_v2");
        global(out, "torch._utils", function);
        out.latin("(").bytes(value(choices.of(Kind.values()), depth + 1)).latin("tR");
      }
      case 6 -> {
        global(out, "torch", choices.of("Size", "device"));
        out.latin("(").bytes(value(choices.of(Kind.values()), depth + 1)).latin("tR");
      }
      case 7 -> {
        // A list that holds itself, or is filled again and again.
        out.latin("]r").little(memo, 4);
        FileBytes item = value(choices.of(Kind.values()), depth + 1);
        out.repeat(choices.count(MOST), item.latin("a").toArray());
        out.latin("j").little(memo++, 4).latin("a");
      }
      case 8 -> object(out, depth);
      case 9 -> {
        FileBytes item = value(choices.of(Kind.values()), depth + 1);
        out.latin("\u008f(").repeat(choices.count(MOST), item.toArray());
        out.latin(choices.of("\u0090", "\u0091"));
      }
      default -> {
        FileBytes item = value(choices.of(Kind.values()), depth + 1);
        out.latin("(").repeat(choices.count(MOST), item.toArray());
        out.latin(choices.of("t", "l", "d", "1N"));
      }
    }
  }

  /** An object of some class, made in each way that there is, with attributes and entries. */
  private void object(FileBytes out, int depth) {
    FileBytes inner = value(choices.of(Kind.values()), depth + 1);
    String name = choices.of("Conv2d", "ReLU", "_rebuild_from_type_v2", "_rebuild_qtensor");
    String module = choices.of("torch.nn", "torch._tensor", "torch._utils");
    switch (choices.below(5)) {
      case 0 -> {
        global(out, module, name);
        out.latin("(").bytes(inner).latin("tR");
      }
      case 1 -> {
        global(out, module, name);
        out.latin(")\u0081");
      }
      case 2 -> {
        global(out, module, name);
        out.latin(")}\u0092");
      }
      case 3 -> {
        global(out.latin("("), module, name);
        out.bytes(inner).latin("o");
      }
      default -> out.latin("(").bytes(inner).latin("i" + module + "\n" + name + "\n");
    }
    if (choices.coin()) {
      text(out.latin("}"), choices.of("_modules", "_parameters", "x"));
      out.bytes(value(choices.of(Kind.values()), depth + 1)).latin("sb");
    }
    if (choices.coin()) {
      out.bytes(value(choices.of(Kind.values()), depth + 1)).latin("Ns");
    }
  }

  private static FileBytes text(FileBytes out, String text) {
    FileBytes bytes = new FileBytes().utf8(text);
    return out.latin("X").little(bytes.size(), 4).bytes(bytes);
  }

  private static FileBytes integer(FileBytes out, long value) {
    return value >= 0 && value < 256
        ? out.latin("K").octet(value)
        : out.latin("\u008a\u0008").little(value, 8);
  }

  private static void global(FileBytes out, String module, String name) {
    out.latin("c" + module + "\n" + name + "\n");
  }
}
