package io.github.mobilenet4j.formats.tensorflow;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.FileKind;
import io.github.mobilenet4j.formats.protobuf.ProtoMessage;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.formats.reading.Source;
import io.github.mobilenet4j.weights.Model;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * TensorFlow's own files: a frozen graph, in which variables have become constants, and a
 * SavedModel, whose variables stand in a checkpoint beside it.
 */
public final class TensorFlowFormat implements ModelFormat {
  private static final String ENDING = ".pb";
  private static final String SERVING = "serving_default";

  /** A signature that every Keras model has, and that gives nothing. */
  private static final String INITIAL = "__saved_model_init_op";

  private static final Set<String> ACTIVATIONS = Set.of("Softmax", "Sigmoid", "LogSoftmax");
  private static final Set<String> BEST =
      Set.of("ArgMax", "TopK", "TopKV2", "Cast", "Const", "Max");

  @Override
  public String title() {
    return "TensorFlow";
  }

  /** A protobuf message has no mark of its own. */
  @Override
  public boolean recognises(Source source) {
    byte[] first = source.first();
    Optional<FileKind> kind = FileKind.of(first);
    return kind.isPresent()
        ? kind.get() == FileKind.SAVED_MODEL
        : source.name().endsWith(ENDING) || isGraph(first);
  }

  /** A node, and in it a name. */
  private static boolean isGraph(byte[] first) {
    int node = first.length < 8 || first[0] != '\n' ? -1 : first[1] < 0 ? 3 : 2;
    return node > 0
        && first[node] == '\n'
        && first[node + 1] > 0
        && node + 2 + first[node + 1] < first.length
        && first[node + 2 + first[node + 1]] == 0x12;
  }

  @Override
  public Contents read(Source source, ReadLimits limits) {
    byte[] content = source.bytes();
    long memory = limits.memory(content.length);
    Room room = new Room(memory / 2, "bytes");
    Tensors tensors = new Tensors(limits, room);
    ProtoMessage message = new ProtoMessage(ByteBuffer.wrap(content), limits.entries());
    try {
      return new Whole(
          FileKind.of(content).filter(FileKind.SAVED_MODEL::equals).isPresent()
              ? saved(source, message, tensors)
              : frozen(source, message, tensors));
    } catch (MobileNetException e) {
      throw e.in(source.name());
    }
  }

  private static Model frozen(Source source, ProtoMessage graph, Tensors tensors) {
    GraphNodes nodes = new GraphNodes(graph, tensors.limits());
    Map<String, String> outputs = new LinkedHashMap<>();
    nodes.ends().forEach(name -> outputs.put(name, name));
    Constants constants = new Constants(tensors, Variables.none(tensors), Map.of(), tensors.room());
    return model(source, "frozen graph", nodes, output(nodes, outputs), constants, tensors);
  }

  private static Model saved(Source source, ProtoMessage saved, Tensors tensors) {
    List<ProtoMessage> graphs = saved.messages(TensorFlowSchema.SAVED_MODEL_META_GRAPH);
    ProtoMessage chosen =
        graphs.stream()
            .filter(graph ->
                graph
                    .message(TensorFlowSchema.META_GRAPH_INFO)
                    .texts(TensorFlowSchema.INFO_TAG)
                    .contains("serve"))
            .findFirst()
            .orElseThrow(() -> new MobileNetException("has no graph with the tag serve"));
    GraphNodes nodes =
        new GraphNodes(chosen.message(TensorFlowSchema.META_GRAPH_GRAPH), tensors.limits());
    String restore =
        chosen.message(TensorFlowSchema.META_GRAPH_SAVER).text(TensorFlowSchema.SAVER_RESTORE);
    Variables variables =
        source
            .path()
            .map(path -> Variables.beside(path, tensors))
            .orElseGet(() -> Variables.none(tensors));
    Constants constants = new Constants(tensors, variables, nodes.keys(restore), tensors.room());
    String output = output(nodes, signature(chosen));
    return model(source, "SavedModel", nodes, output, constants, tensors);
  }

  /** Returns what the signature gives: the value of each output. */
  private static Map<String, String> signature(ProtoMessage graph) {
    Map<String, ProtoMessage> signatures = entries(graph, TensorFlowSchema.META_GRAPH_SIGNATURE);
    signatures.remove(INITIAL);
    ProtoMessage chosen =
        signatures.size() == 1 ? signatures.values().iterator().next() : signatures.get(SERVING);
    if (chosen == null) {
      throw new MobileNetException(
          "has the signatures %s, expected %s: save it with model.export(folder)"
              .formatted(MobileNetException.abridged(signatures.keySet()), SERVING));
    }
    Map<String, String> outputs = new LinkedHashMap<>();
    entries(chosen, TensorFlowSchema.SIGNATURE_OUTPUT)
        .forEach((name, info) -> outputs.put(name, info.text(TensorFlowSchema.TENSOR_INFO_NAME)));
    return outputs;
  }

  private static Map<String, ProtoMessage> entries(ProtoMessage message, int field) {
    Map<String, ProtoMessage> entries = new HashMap<>();
    message
        .messages(field)
        .forEach(entry ->
            entries.put(
                entry.text(TensorFlowSchema.ENTRY_KEY),
                entry.message(TensorFlowSchema.ENTRY_VALUE)));
    return entries;
  }

  /**
   * Returns the output that is the network's: of several the one that is probabilities, else the
   * one that is no best class.
   */
  private static String output(GraphNodes nodes, Map<String, String> outputs) {
    Map<String, String> ops = new LinkedHashMap<>();
    outputs.forEach((name, value) -> ops.put(value, nodes.lastOp(value)));
    List<String> likely =
        ops.keySet().stream().filter(value -> ACTIVATIONS.contains(ops.get(value))).toList();
    if (likely.isEmpty()) {
      likely = ops.keySet().stream().filter(value -> !BEST.contains(ops.get(value))).toList();
    }
    if (likely.size() != 1) {
      throw new MobileNetException(
          "has the outputs %s, expected one of logits or probabilities"
              .formatted(MobileNetException.abridged(outputs.keySet())));
    }
    return likely.getFirst();
  }

  private static Model model(
      Source source,
      String kind,
      GraphNodes nodes,
      String output,
      Constants constants,
      Tensors tensors) {
    TensorFlowGraph graph =
        new TensorFlowGraph(source.name(), nodes.needed(output), constants, tensors.room());
    return LayerWalk.model(
        graph.network(),
        graph.weights(),
        graph.preprocessing(),
        Optional.empty(),
        Map.of("format", "tensorflow " + kind));
  }
}
