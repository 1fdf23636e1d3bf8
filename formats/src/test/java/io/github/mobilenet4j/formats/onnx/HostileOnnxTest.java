package io.github.mobilenet4j.formats.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.github.mobilenet4j.Cost;
import io.github.mobilenet4j.ReadLimits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hostile files of this family, as {@code HostileFilesTest} means it. */
class HostileOnnxTest {
  @ParameterizedTest
  @ValueSource(ints = {Integer.MAX_VALUE, 500_000_000})
  void aKernelWithoutValuesTakesNoMemory(int channels) {
    assertThat(refusal(graph().add(5, tensor("w", channels, 0, 3, 3)), node("Conv", "x,w", "y")))
        .contains("node 0 (Conv) has a kernel of shape [%s, 0, 3, 3]".formatted(channels));
  }

  @Test
  void nodesThatAllAddToOneLayerAreCounted() {
    ProtoWriter[] nodes = new ProtoWriter[15_001];
    nodes[0] = node("Conv", "x,w", "y0");
    for (int i = 1; i < nodes.length; i++) {
      nodes[i] = node("Add", "y%s,one".formatted(i - 1), "y" + i);
    }
    nodes[0].add(5, ints("strides", 2, 2)).add(5, ints("pads", 0, 0, 1, 1));
    assertThat(
            refusal(graph().add(5, tensor("w", 40_000, 3, 3, 3)).add(5, tensor("one", 1)), nodes))
        .contains("left of 134217728 for this file");
  }

  @Test
  void axesDoNotGrow() {
    ProtoWriter[] nodes = new ProtoWriter[16_000];
    for (int i = 0; i < nodes.length; i++) {
      nodes[i] = node("Unsqueeze", i == 0 ? "w" : "c" + i, "c" + (i + 1));
      nodes[i].add(5, ints("axes", 0));
    }
    assertThat(refusal(graph().add(5, tensor("w", 1)), nodes)).contains("has 9 axes");
    assertThat(refusal(graph().add(5, tensor("w", new int[4000])), node("Conv", "x,w", "y")))
        .contains("has 4000 axes, expected at most 8");
  }

  private static ProtoWriter graph() {
    ProtoWriter shape = new ProtoWriter();
    for (int size : new int[] {1, 3, 224, 224}) {
      shape.add(1, new ProtoWriter().add(1, size));
    }
    ProtoWriter type = new ProtoWriter().add(1, new ProtoWriter().add(1, 1).add(2, shape));
    return new ProtoWriter()
        .add(11, new ProtoWriter().add(1, "x").add(2, type))
        .add(12, new ProtoWriter().add(1, "y"));
  }

  private static ProtoWriter tensor(String name, int... shape) {
    ProtoWriter tensor = new ProtoWriter().add(2, 1).add(8, name);
    long size = 1;
    for (int axis : shape) {
      tensor.add(1, axis);
      size *= axis;
    }
    return size == 0 ? tensor : tensor.add(9, ByteString.copyFrom(new byte[(int) size * 4]));
  }

  private static ProtoWriter ints(String name, int... values) {
    ProtoWriter attribute = new ProtoWriter().add(1, name).add(20, 7);
    for (int value : values) {
      attribute.add(8, value);
    }
    return attribute;
  }

  private static ProtoWriter node(String op, String inputs, String output) {
    ProtoWriter node = new ProtoWriter().add(2, output).add(4, op);
    for (String input : inputs.split(",")) {
      node.add(1, input);
    }
    return node;
  }

  private static String refusal(ProtoWriter graph, ProtoWriter... nodes) {
    for (ProtoWriter node : nodes) {
      graph.add(1, node);
    }
    byte[] file =
        new ProtoWriter()
            .add(1, 8)
            .add(7, graph)
            .add(8, new ProtoWriter().add(2, 13))
            .toBytes()
            .toByteArray();
    assertThat(file.length).isLessThan(5_000_000);
    return Cost.ofRefusing(() -> OnnxFormat.read("hostile.onnx", file, ReadLimits.standard()));
  }
}
