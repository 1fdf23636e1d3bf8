package io.github.mobilenet4j.fuzz;

import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Safetensors files: a good one with other metadata, shapes, types and names. */
public final class SafetensorsGrammar {
  private static final int MOST_TENSORS = 60_000;

  /** Characters of a tensor's entry beside its name and its dimensions, of two characters each. */
  private static final int ENTRY = 80;

  private SafetensorsGrammar() {}

  /** Returns a file like one of these. */
  public static byte[] like(List<byte[]> seeds, Choices choices) {
    byte[] seed = choices.of(seeds);
    return choices.coin() ? fitting(seed, choices) : withHeader(seed, choices);
  }

  /** Any header before the seed's bytes. */
  private static byte[] withHeader(byte[] seed, Choices choices) {
    int length = (int) ByteBuffer.wrap(seed).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String text = new String(seed, 8, length, StandardCharsets.UTF_8);
    byte[] header = JsonGrammar.like(text, choices).getBytes(StandardCharsets.UTF_8);
    byte[] data = new byte[seed.length - 8 - length];
    System.arraycopy(seed, 8 + length, data, 0, data.length);
    return new FileBytes().little(header.length, 8).bytes(header).bytes(data).toArray();
  }

  /** Changed tensors, at the places where they belong, so that their names and shapes are read. */
  private static byte[] fitting(byte[] seed, Choices choices) {
    Safetensors file = Safetensors.read("seed", seed);
    List<String> names = List.copyOf(file.tensors().keySet());
    Map<String, Object> header = new LinkedHashMap<>();
    if (!file.metadata().isEmpty()) {
      Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
      for (int i = choices.below(4); i > 0; i--) {
        metadata.put(
            choices.of(List.copyOf(metadata.keySet())),
            choices.coin() ? Long.toString(choices.number()) : inner(file.metadata(), choices));
      }
      header.put("__metadata__", metadata);
    }
    Map<String, List<Integer>> shapes = new LinkedHashMap<>();
    file.tensors().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    for (int i = choices.below(4); i > 0; i--) {
      String name = choices.of(names);
      switch (choices.below(3)) {
        case 0 -> shapes.put(name, shape(shapes.get(choices.of(names)), choices));
        case 1 -> shapes.remove(name);
        default -> {
          String prefix = choices.of("x", "é".repeat(1 + choices.count(1_000_000)), name);
          List<Integer> shape = shape(List.of(0), choices);
          int most = Math.min(MOST_TENSORS, FileBytes.MOST / prefix.length());
          for (int n = choices.count(most); n > 0; n--) {
            shapes.put(prefix + n, shape);
          }
        }
      }
    }
    FileBytes data = new FileBytes();
    long entries = 0;
    for (Map.Entry<String, List<Integer>> tensor : shapes.entrySet()) {
      String name = tensor.getKey();
      List<Integer> shape = tensor.getValue();
      Tensor kept = file.tensors().get(name);
      byte[] bytes =
          kept != null && kept.shape().equals(shape) ? bytes(kept) : new byte[size(shape)];
      String type = kept != null && bytes.length == kept.data().limit() ? "" + kept.type() : "I8";
      int at = data.size();
      long entry = ENTRY + name.length() + 2L * shape.size();
      if (data.room() >= bytes.length && entries + entry <= FileBytes.MOST) {
        entries += entry;
        data.bytes(bytes);
        header.put(
            name, Map.of("dtype", type, "shape", shape, "data_offsets", List.of(at, data.size())));
      }
    }
    byte[] bytes = Json.text(header).getBytes(StandardCharsets.UTF_8);
    return new FileBytes().little(bytes.length, 8).bytes(bytes).bytes(data).toArray();
  }

  /** JSON within JSON, as labels are. */
  private static String inner(Map<String, String> metadata, Choices choices) {
    return JsonGrammar.like(
        metadata.values().stream()
            .filter(value -> value.startsWith("[") || value.startsWith("{"))
            .findFirst()
            .orElse("[]"),
        choices);
  }

  private static List<Integer> shape(List<Integer> like, Choices choices) {
    List<Integer> shape = new ArrayList<>(like == null ? List.of() : like);
    for (int i = choices.below(3); i >= 0; i--) {
      int size = (int) (choices.number() & Integer.MAX_VALUE);
      if (shape.isEmpty() || choices.oneIn(4)) {
        shape.add(size);
      } else {
        shape.set(choices.below(shape.size()), size);
      }
    }
    for (int n = choices.oneIn(8) ? choices.count(100_000) : 0; n > 0; n--) {
      shape.add(1);
    }
    return shape;
  }

  private static byte[] bytes(Tensor tensor) {
    byte[] bytes = new byte[tensor.data().limit()];
    tensor.data().get(bytes);
    return bytes;
  }

  /** Returns the bytes of an int8 tensor, 0 if these are too many. */
  private static int size(List<Integer> shape) {
    long size = 1;
    for (int dimension : shape) {
      size = Math.min(size * dimension, FileBytes.MOST + 1L);
    }
    return shape.contains(0) || size > FileBytes.MOST ? 0 : (int) size;
  }
}
