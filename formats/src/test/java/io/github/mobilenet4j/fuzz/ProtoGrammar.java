package io.github.mobilenet4j.fuzz;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** ONNX files that are like a good one. */
public final class ProtoGrammar {
  /** Which fields of a message are messages: {@code onnx/onnx.proto}. */
  private static final Map<String, Map<Integer, String>> MESSAGES =
      Map.of(
          "model", Map.of(7, "graph", 8, "", 14, ""),
          "graph", Map.of(1, "node", 5, "constant", 11, "value", 12, "value"),
          "constant", Map.of(13, "place"),
          "node", Map.of(5, "attribute"),
          "attribute", Map.of(5, ""),
          "value", Map.of(2, "type"),
          "type", Map.of(1, "tensor"),
          "tensor", Map.of(2, "shape"),
          "shape", Map.of(1, ""));

  private static final int GRAPH = 7;
  private static final int TENSOR = 5;
  private static final int DIMENSION = 1;
  private static final int RAW = 9;

  /** A message may have come to hold itself, and more than once. */
  private long room = 3L * FileBytes.MOST;

  private ProtoGrammar() {}

  /** Returns a file like this one. */
  public static byte[] like(byte[] seed, Choices choices) {
    Tree root = tree("model", seed);
    root.change(choices, _ -> Tree.leaf(hostile(choices)));
    if (choices.oneIn(4)) {
      empty(root, choices);
    }
    return new ProtoGrammar().bytes(root, 0);
  }

  /** Makes tensors empty, but of any size on the other axes. */
  private static void empty(Tree root, Choices choices) {
    List<Tree> tensors =
        root.under("" + GRAPH).stream()
            .flatMap(graph -> graph.under("" + TENSOR).stream())
            .toList();
    boolean all = choices.coin();
    for (int i = all ? tensors.size() : choices.below(4); i > 0 && !tensors.isEmpty(); i--) {
      Tree tensor = all ? tensors.get(i - 1) : choices.of(tensors);
      if (!tensor.isLeaf()) {
        int axes = tensor.under("" + DIMENSION).size();
        tensor
            .entries()
            .removeIf(field -> field.key().equals("" + RAW) || field.key().equals("" + DIMENSION));
        int zero = choices.below(Math.max(1, axes));
        for (int axis = 0; axis < axes; axis++) {
          long size = axis == zero ? 0 : choices.coin() ? choices.number() : 1;
          tensor.entries().add(new Tree.Entry("" + DIMENSION, Tree.leaf(varint(size))));
        }
      }
    }
  }

  /** A leaf is what stands behind its tag: the tag's low bits come first. */
  private static Tree tree(String message, byte[] bytes) {
    Map<Integer, String> messages = MESSAGES.getOrDefault(message, Map.of());
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    List<Tree.Entry> entries = new ArrayList<>();
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        int field = WireFormat.getTagFieldNumber(tag);
        Tree value =
            switch (WireFormat.getTagWireType(tag)) {
              case WireFormat.WIRETYPE_VARINT -> Tree.leaf(varint(in.readRawVarint64()));
              case WireFormat.WIRETYPE_FIXED32 ->
                  Tree.leaf(new FileBytes().octet(5).little(in.readRawLittleEndian32(), 4));
              default -> {
                byte[] content = in.readByteArray();
                yield messages.containsKey(field)
                    ? tree(messages.get(field), content)
                    : Tree.leaf(delimited(content));
              }
            };
        entries.add(new Tree.Entry("" + field, value));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Tree.object(entries);
  }

  private static FileBytes hostile(Choices choices) {
    return switch (choices.below(6)) {
      case 0, 1 -> varint(choices.number());
      case 2 -> {
        // Packed integers.
        FileBytes item = new FileBytes();
        number(item, choices.number());
        byte[] items =
            new FileBytes().repeat(choices.count(FileBytes.MOST), item.toArray()).toArray();
        yield delimited(items);
      }
      case 3 -> {
        String text =
            choices.of(
                "x",
                "é",
                "\0",
                "Conv",
                "Mul",
                "Transpose",
                "Identity",
                "QuantizeLinear",
                "DequantizeLinear",
                "axis",
                "weight",
                "offset",
                "1",
                "-1");
        yield delimited(new FileBytes().utf8(text).toArray());
      }
      case 4 -> delimited(choices.data(choices.count(FileBytes.MOST / 2)));
      default -> {
        int depth = choices.count(2_000_000);
        yield new FileBytes().octet(3).repeat(depth, (byte) choices.of(0x0b, 0x3b).intValue());
      }
    };
  }

  private static FileBytes varint(long value) {
    FileBytes out = new FileBytes().octet(0);
    number(out, value);
    return out;
  }

  private static void number(FileBytes out, long value) {
    long left = value;
    while ((left & ~0x7FL) != 0) {
      out.octet(left & 0x7F | 0x80);
      left >>>= 7;
    }
    out.octet(left);
  }

  private static FileBytes delimited(byte[] content) {
    FileBytes out = new FileBytes().octet(2);
    number(out, content.length);
    return out.bytes(content);
  }

  private byte[] bytes(Tree tree, int depth) {
    FileBytes out = new FileBytes();
    if (tree.isLeaf()) {
      return out.bytes((FileBytes) tree.value()).toArray();
    }
    Tree before = null;
    byte[] encoded = {};
    for (Tree.Entry entry : tree.entries()) {
      if (room < 0 || out.room() == 0 || depth > Tree.MOST_DEPTH) {
        break;
      }
      if (entry.value() != before) {
        before = entry.value();
        encoded =
            before.isLeaf()
                ? ((FileBytes) before.value()).toArray()
                : delimited(bytes(before, depth + 1)).toArray();
      }
      number(out, Integer.parseInt(entry.key()) << 3 | encoded[0]);
      out.bytes(Arrays.copyOfRange(encoded, 1, encoded.length));
      room -= encoded.length;
    }
    return out.toArray();
  }
}
