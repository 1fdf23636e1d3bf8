package io.github.mobilenet4j.formats.tensorflow;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.protobuf.ProtoMessage;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.weights.DataType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The nodes of a graph. Where one calls a function of the graph's library, the function's nodes
 * stand in its place.
 */
final class GraphNodes {
  /**
   * One step of the graph.
   *
   * @param title its operator and name, for messages
   * @param id different for all nodes, and what others call its output
   * @param op such as {@code Conv2D}
   * @param name in the graph, or the function, that it stands in
   * @param inputs ids of the nodes whose output it takes
   * @param attributes by name
   */
  record Node(
      String title,
      String id,
      String op,
      String name,
      List<String> inputs,
      Map<String, ProtoMessage> attributes) {
    boolean has(String attribute) {
      return attributes.containsKey(attribute);
    }

    String text(String attribute) {
      return has(attribute) ? attributes.get(attribute).text(TensorFlowSchema.ATTRIBUTE_TEXT) : "";
    }

    float number(String attribute, float absent) {
      return has(attribute)
          ? attributes.get(attribute).number(TensorFlowSchema.ATTRIBUTE_FLOAT, absent)
          : absent;
    }

    boolean flag(String attribute, boolean absent) {
      return has(attribute)
          ? attributes.get(attribute).integer(TensorFlowSchema.ATTRIBUTE_BOOL, 0) != 0
          : absent;
    }

    List<Integer> integers(String attribute) {
      return has(attribute)
          ? attributes
              .get(attribute)
              .message(TensorFlowSchema.ATTRIBUTE_LIST)
              .integers(TensorFlowSchema.LIST_INT)
              .stream()
              .map(LayerWalk::toInt)
              .toList()
          : List.of();
    }

    /** Returns a type's code, 0 if there is none. */
    long typeCode(String attribute) {
      return has(attribute)
          ? attributes.get(attribute).integer(TensorFlowSchema.ATTRIBUTE_TYPE, 0)
          : 0;
    }

    /** Returns a type, null if it is none of numbers. */
    DataType type(String attribute) {
      return TensorFlowSchema.TYPES.get(typeCode(attribute));
    }

    /** Returns a shape with −1 for what is open, empty if all of it is. */
    List<Long> shape(String attribute) {
      if (!has(attribute)) {
        return List.of();
      }
      return attributes
          .get(attribute)
          .message(TensorFlowSchema.ATTRIBUTE_SHAPE)
          .messages(TensorFlowSchema.SHAPE_DIMENSION)
          .stream()
          .map(dimension -> dimension.integer(TensorFlowSchema.DIMENSION_SIZE, 0))
          .toList();
    }
  }

  /** The graph, or a function where it is called. */
  private record Scope(
      String prefix,
      int depth,
      Map<String, ProtoMessage> nodes,
      Scope caller,
      Map<String, String> given,
      List<String> results,
      Map<String, String> returns) {}

  /** An output of a node. */
  private record Output(Scope scope, ProtoMessage node, String name, int index, String part) {
    String id() {
      return scope.prefix + name;
    }

    String op() {
      return node.text(TensorFlowSchema.NODE_OP);
    }
  }

  /** A step of the search for the nodes that are needed. */
  private record Visit(Output output, List<Output> inputs, Deque<Output> left) {}

  private static final Set<String> CALLS = Set.of("PartitionedCall", "StatefulPartitionedCall");
  private static final Set<String> ASSIGNS = Set.of("AssignVariableOp", "Assign");

  /** What a node does that gives its input on, for {@link #lastOp}. */
  private static final Set<String> PASSES = Set.of("Identity", "Reshape", "Squeeze");

  /** What is at the end of a graph and no output of it. */
  private static final Set<String> NO_OUTPUTS = Set.of("NoOp", "Const", "Placeholder", "Assert");

  /** Outputs of a node that has several, behind the first. */
  private static final Set<String> LATER_PARTS =
      Set.of("batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2");

  private static final int DEEPEST = 32;

  /** Inputs and attributes that a node has on the average, and how often it is called. */
  private static final long MOST_OF_A_NODE = 16;

  /** Letters of a name that cost no more than one. */
  private static final int MOST_OF_A_NAME = 256;

  private final Map<String, ProtoMessage> functions = new HashMap<>();
  private final Map<String, Scope> scopes = new HashMap<>();
  private final Scope main;
  private final Room room;

  /**
   * @param graph a GraphDef
   * @param limits of nodes
   * @throws MobileNetException without the file's name if it is broken, or asks for more than the
   *     limits allow, as do all methods
   */
  GraphNodes(ProtoMessage graph, ReadLimits limits) {
    room = new Room(MOST_OF_A_NODE * limits.entries(), "steps");
    graph
        .message(TensorFlowSchema.GRAPH_LIBRARY)
        .messages(TensorFlowSchema.LIBRARY_FUNCTION)
        .forEach(function ->
            functions.put(
                function
                    .message(TensorFlowSchema.FUNCTION_SIGNATURE)
                    .text(TensorFlowSchema.SIGNATURE_NAME),
                function));
    main =
        new Scope(
            "",
            0,
            byName(graph.messages(TensorFlowSchema.GRAPH_NODE)),
            null,
            Map.of(),
            List.of(),
            Map.of());
  }

  private Map<String, ProtoMessage> byName(List<ProtoMessage> nodes) {
    room.take(nodes.size(), "the graph");
    Map<String, ProtoMessage> byName = new LinkedHashMap<>();
    for (ProtoMessage node : nodes) {
      String name = node.text(TensorFlowSchema.NODE_NAME);
      room.take(name.length() / MOST_OF_A_NAME, "a name");
      byName.put(name, node);
    }
    return byName;
  }

  /** Returns the names of the graph's nodes whose output no other takes. */
  List<String> ends() {
    Set<String> ends = new LinkedHashSet<>(main.nodes.keySet());
    main.nodes.forEach((name, node) -> {
      if (NO_OUTPUTS.contains(node.text(TensorFlowSchema.NODE_OP))) {
        ends.remove(name);
      }
      inputs(node).forEach(input -> ends.remove(beforeColon(input)));
    });
    return List.copyOf(ends);
  }

  private List<String> inputs(ProtoMessage node) {
    List<String> inputs = node.texts(TensorFlowSchema.NODE_INPUT);
    for (String input : inputs) {
      room.take(1 + input.length() / MOST_OF_A_NAME, "a node");
    }
    return inputs.stream().filter(input -> !input.startsWith("^")).toList();
  }

  private static String beforeColon(String reference) {
    int colon = reference.indexOf(':');
    return colon < 0 ? reference : reference.substring(0, colon);
  }

  /** Returns the operator that makes a value, but for such as only give it on. */
  String lastOp(String reference) {
    Output output = resolve(main, reference);
    while (PASSES.contains(output.op())) {
      List<String> inputs = inputs(output.node);
      if (inputs.isEmpty()) {
        break;
      }
      output = resolve(output.scope, inputs.getFirst());
    }
    return output.op();
  }

  /** Returns the nodes that a value of the graph needs, each behind those whose output it takes. */
  List<Node> needed(String reference) {
    Map<String, Node> done = new LinkedHashMap<>();
    Set<String> begun = new HashSet<>();
    Deque<Visit> open = new ArrayDeque<>();
    open.push(visit(resolve(main, reference)));
    begun.add(open.peek().output.id());
    while (!open.isEmpty()) {
      Visit visit = open.peek();
      if (visit.left.isEmpty()) {
        open.pop();
        done.put(visit.output.id(), node(visit));
        continue;
      }
      Output input = visit.left.pop();
      if (begun.add(input.id())) {
        open.push(visit(input));
      } else if (!done.containsKey(input.id())) {
        throw new MobileNetException(
            MobileNetException.abridged(input.name)
                + " takes a value that is computed from its own");
      }
    }
    return List.copyOf(done.values());
  }

  private Visit visit(Output output) {
    List<Output> inputs = new ArrayList<>();
    for (String input : inputs(output.node)) {
      Output from = resolve(output.scope, input);
      if (from.index != 0 || LATER_PARTS.contains(from.part)) {
        throw new MobileNetException(
            "%s takes a further output of %s, expected its first"
                .formatted(
                    MobileNetException.abridged(output.name),
                    MobileNetException.abridged(from.name)));
      }
      inputs.add(from);
    }
    return new Visit(output, inputs, new ArrayDeque<>(inputs));
  }

  private Node node(Visit visit) {
    Output output = visit.output;
    return new Node(
        "node %s (%s)"
            .formatted(
                MobileNetException.abridged(output.name), MobileNetException.abridged(output.op())),
        output.id(),
        output.op(),
        output.name,
        visit.inputs.stream().map(Output::id).toList(),
        attributes(output.node));
  }

  private Map<String, ProtoMessage> attributes(ProtoMessage node) {
    Map<String, ProtoMessage> attributes = new HashMap<>();
    for (ProtoMessage entry : node.messages(TensorFlowSchema.NODE_ATTRIBUTE)) {
      room.take(1, "a node");
      attributes.put(
          entry.text(TensorFlowSchema.ENTRY_KEY), entry.message(TensorFlowSchema.ENTRY_VALUE));
    }
    return attributes;
  }

  /** Returns what makes a value, through all calls and arguments. */
  private Output resolve(Scope taker, String input) {
    Scope scope = taker;
    String reference = input;
    while (true) {
      room.take(1, "a value");
      if (scope.given.containsKey(reference)) {
        reference = scope.given.get(reference);
        scope = scope.caller;
        continue;
      }
      String[] parts = reference.split(":", -1);
      ProtoMessage node = scope.nodes.get(parts[0]);
      if (node == null || parts.length > 3) {
        throw new MobileNetException(
            "a node takes %s, which is not there"
                .formatted(MobileNetException.abridged(reference)));
      }
      int index = parts.length == 1 ? 0 : index(parts[parts.length - 1]);
      String part = parts.length == 3 ? parts[1] : "";
      String called = called(node);
      if (called == null) {
        return new Output(scope, node, parts[0], index, part);
      }
      scope = scope(scope, parts[0], node, called);
      // A function's own call names its results, the others count them.
      String result = scope.returns.containsKey(part) ? part : result(scope, index);
      reference = scope.returns.getOrDefault(result, "");
    }
  }

  private static String result(Scope scope, int index) {
    return index >= 0 && index < scope.results.size() ? scope.results.get(index) : "";
  }

  private static int index(String text) {
    return text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : -1;
  }

  /** Returns the function that a node calls, null for none. */
  private String called(ProtoMessage node) {
    String op = node.text(TensorFlowSchema.NODE_OP);
    if (!CALLS.contains(op)) {
      return functions.containsKey(op) ? op : null;
    }
    ProtoMessage function = attributes(node).get("f");
    return function == null
        ? ""
        : function
            .message(TensorFlowSchema.ATTRIBUTE_FUNCTION)
            .text(TensorFlowSchema.FUNCTION_NAME);
  }

  private Scope scope(Scope caller, String name, ProtoMessage call, String called) {
    String place = caller.prefix + name;
    Scope known = scopes.get(place);
    if (known != null) {
      return known;
    }
    ProtoMessage function = functions.get(called);
    if (function == null || caller.depth == DEEPEST) {
      throw new MobileNetException(
          "%s calls %s, which is not there or calls itself"
              .formatted(MobileNetException.abridged(name), MobileNetException.abridged(called)));
    }
    ProtoMessage signature = function.message(TensorFlowSchema.FUNCTION_SIGNATURE);
    List<String> arguments = names(signature, TensorFlowSchema.SIGNATURE_INPUT_ARGUMENT);
    List<String> inputs = inputs(call);
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < Math.min(inputs.size(), arguments.size()); i++) {
      given.put(arguments.get(i), inputs.get(i));
    }
    Map<String, String> returns = new HashMap<>();
    function
        .messages(TensorFlowSchema.FUNCTION_RETURN)
        .forEach(entry ->
            returns.put(
                entry.text(TensorFlowSchema.ENTRY_KEY), entry.text(TensorFlowSchema.ENTRY_VALUE)));
    room.take(arguments.size() + returns.size(), "a call");
    Scope scope =
        new Scope(
            "%s/".formatted(scopes.size()),
            caller.depth + 1,
            byName(function.messages(TensorFlowSchema.FUNCTION_NODE)),
            caller,
            given,
            names(signature, TensorFlowSchema.SIGNATURE_OUTPUT_ARGUMENT),
            returns);
    scopes.put(place, scope);
    return scope;
  }

  private static List<String> names(ProtoMessage signature, int field) {
    return signature.messages(field).stream()
        .map(argument -> argument.text(TensorFlowSchema.ARGUMENT_NAME))
        .toList();
  }

  /**
   * Returns under which key of a checkpoint each variable is kept, by what {@link #variable} says:
   * as the node that restores it, or the function that it calls, assigns them.
   *
   * @param restore name of a node; where there is none, no variable is kept
   */
  Map<String, String> keys(String restore) {
    Map<String, String> keys = new HashMap<>();
    ProtoMessage node = main.nodes.get(beforeColon(restore));
    if (node == null) {
      return keys;
    }
    String called = called(node);
    Scope scope = called == null ? main : scope(main, beforeColon(restore), node, called);
    Map<String, List<String>> names = new HashMap<>();
    for (ProtoMessage assign : scope.nodes.values()) {
      List<String> inputs =
          ASSIGNS.contains(assign.text(TensorFlowSchema.NODE_OP)) ? inputs(assign) : List.of();
      if (inputs.size() != 2) {
        continue;
      }
      Output value = resolve(scope, inputs.get(1));
      while (value.op().equals("Identity")) {
        value = resolve(value.scope, inputs(value.node).stream().findFirst().orElse(""));
      }
      if (value.op().equals("RestoreV2")) {
        Output restored = value;
        List<String> all = names.computeIfAbsent(value.id(), _ -> names(restored));
        if (value.index >= 0 && value.index < all.size()) {
          Output to = resolve(scope, inputs.get(0));
          keys.put(variable(to.name, attributes(to.node)), all.get(value.index));
        }
      }
    }
    addOriginals(keys);
    return keys;
  }

  /**
   * Keras' variables are kept as what begins with their value, while functions take themselves:
   * where one has no key of its own, it is that of its copy.
   */
  private void addOriginals(Map<String, String> keys) {
    for (ProtoMessage assign : main.nodes.values()) {
      List<String> inputs =
          ASSIGNS.contains(assign.text(TensorFlowSchema.NODE_OP)) ? inputs(assign) : List.of();
      if (inputs.size() != 2) {
        continue;
      }
      Output from = resolve(main, inputs.get(1));
      List<String> read = from.op().equals("ReadVariableOp") ? inputs(from.node) : List.of();
      if (read.size() == 1) {
        Output original = resolve(from.scope, read.getFirst());
        Output copy = resolve(main, inputs.getFirst());
        String key = keys.get(variable(copy.name, attributes(copy.node)));
        if (key != null && original.op().equals("VarHandleOp")) {
          keys.putIfAbsent(variable(original.name, attributes(original.node)), key);
        }
      }
    }
  }

  /** Returns the keys that a node restores, in the order of its outputs. */
  private List<String> names(Output restore) {
    List<String> inputs = inputs(restore.node);
    if (inputs.size() < 2) {
      return List.of();
    }
    ProtoMessage value = attributes(resolve(restore.scope, inputs.get(1)).node).get("value");
    return value == null
        ? List.of()
        : value.message(TensorFlowSchema.ATTRIBUTE_TENSOR).texts(TensorFlowSchema.TENSOR_TEXTS);
  }

  /** Returns what all nodes of the same variable have in common. */
  static String variable(String name, Map<String, ProtoMessage> attributes) {
    ProtoMessage shared = attributes.get("shared_name");
    String text = shared == null ? "" : shared.text(TensorFlowSchema.ATTRIBUTE_TEXT);
    return text.isEmpty() ? name : text;
  }
}
