package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.weights.DataType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the names in a pickle of {@code torch.save} mean: tensors, the storages that they are views
 * of, and the dictionary that keeps them in order. No other name has a meaning, so a file can do
 * nothing but describe tensors.
 */
final class TorchObjects implements Unpickler.Names {
  /**
   * Values that tensors share.
   *
   * @param key its name in the file
   * @param count how many values it has
   */
  record Storage(DataType type, String key, long count) {
    long bytes() {
      return count * type.bytes();
    }
  }

  /**
   * A tensor: value {@code [i, j, …]} is the storage's value {@code offset + i · strides[0] + j ·
   * strides[1] + …}.
   */
  record View(Storage storage, long offset, List<Long> shape, List<Long> strides) {}

  private static final Map<String, DataType> STORAGES =
      Map.ofEntries(
          Map.entry("FloatStorage", DataType.F32),
          Map.entry("DoubleStorage", DataType.F64),
          Map.entry("HalfStorage", DataType.F16),
          Map.entry("BFloat16Storage", DataType.BF16),
          Map.entry("LongStorage", DataType.I64),
          Map.entry("IntStorage", DataType.I32),
          Map.entry("ShortStorage", DataType.I16),
          Map.entry("CharStorage", DataType.I8),
          Map.entry("ByteStorage", DataType.U8),
          Map.entry("BoolStorage", DataType.BOOL));

  private final Map<String, Unpickler.Function> functions =
      Map.of(
          "collections.OrderedDict",
          TorchObjects::orderedDict,
          "torch._utils._rebuild_tensor",
          this::view,
          "torch._utils._rebuild_tensor_v2",
          this::view,
          "torch._utils._rebuild_parameter",
          TorchObjects::first,
          "torch._utils._rebuild_parameter_with_state",
          TorchObjects::first,
          "torch._tensor._rebuild_from_type_v2",
          TorchObjects::ofType);

  private final Map<String, Storage> storages = new LinkedHashMap<>();
  private final int mostAxes;

  /** The standard limits. */
  TorchObjects() {
    this(ReadLimits.standard());
  }

  /**
   * @param limits of the axes of tensors
   */
  TorchObjects(ReadLimits limits) {
    mostAxes = limits.rank();
  }

  /** Returns the storages that were mentioned so far, by key. */
  Map<String, Storage> storages() {
    return Collections.unmodifiableMap(storages);
  }

  @Override
  public Object global(String name) {
    if (functions.containsKey(name)) {
      return functions.get(name);
    }
    return storageType(name).<Object>map(type -> type).orElseGet(() -> new Unpickler.Global(name));
  }

  /** A parameter is its tensor. */
  private static Object first(List<Object> arguments) {
    return arguments.isEmpty() ? new PickledObject("", arguments) : arguments.getFirst();
  }

  /** A tensor of another class, or with attributes: {@code (function, class, arguments, state)}. */
  private static Object ofType(List<Object> arguments) {
    return arguments.size() >= 3
            && arguments.get(0) instanceof Unpickler.Function function
            && arguments.get(2) instanceof List<?> inner
        ? function.call(Collections.unmodifiableList(inner))
        : new PickledObject("torch._tensor._rebuild_from_type_v2", arguments);
  }

  /** Storages of a GPU have a module of their own: {@code torch.cuda.FloatStorage}. */
  private static Optional<DataType> storageType(String name) {
    String bare = name.substring(name.lastIndexOf('.') + 1);
    return name.equals("torch." + bare) || name.equals("torch.cuda." + bare)
        ? Optional.ofNullable(STORAGES.get(bare))
        : Optional.empty();
  }

  /**
   * Returns a storage: {@code ("storage", type, key, device, count)}, and before PyTorch 1.6 a
   * sixth, which is always null since storages have no views.
   */
  @Override
  public Object persistent(Object id) {
    List<?> fields = id instanceof List<?> list ? list : List.of();
    if (fields.size() >= 2 && "module".equals(fields.getFirst())) {
      return fields.get(1); // A class, and its source.
    }
    if (fields.size() >= 5 && fields.get(1) instanceof Unpickler.Global other) {
      return new PickledObject(other.name(), List.of()); // Of a type that no network has.
    }
    if (fields.size() >= 5
        && "storage".equals(fields.get(0))
        && fields.get(1) instanceof DataType type
        && fields.get(2) instanceof String key
        && key.length() <= Unpickler.LONGEST_KEY
        && fields.get(4) instanceof Long count
        && count >= 0
        && count <= Integer.MAX_VALUE / type.bytes()
        && (fields.size() == 5 || fields.get(5) == null)) {
      Storage storage = new Storage(type, key, count);
      storages.putIfAbsent(key, storage);
      return storage;
    }
    throw new MobileNetException("the pickle refers to something outside that is no storage");
  }

  /** {@code (storage, offset, shape, strides, …)}; what follows matters to training only. */
  private Object view(List<Object> arguments) {
    if (!arguments.isEmpty() && arguments.getFirst() instanceof PickledObject other) {
      return other;
    }
    return new View(
        argument(arguments, 0, Storage.class),
        argument(arguments, 1, Long.class),
        longs(arguments, 2),
        longs(arguments, 3));
  }

  private List<Long> longs(List<Object> arguments, int index) {
    List<?> list = argument(arguments, index, List.class);
    if (list.size() > mostAxes) {
      throw new MobileNetException(
          "the pickle describes a tensor of %s axes, expected at most %s"
              .formatted(list.size(), mostAxes));
    }
    if (!list.stream().allMatch(Long.class::isInstance)) {
      throw new MobileNetException("the pickle describes a tensor whose shape is not of integers");
    }
    return list.stream().map(Long.class::cast).toList();
  }

  /** Python 2 hands the entries over, as a list of pairs. */
  private static Map<Object, Object> orderedDict(List<Object> arguments) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (Object pair : arguments.isEmpty() ? List.of() : argument(arguments, 0, List.class)) {
      if (!(pair instanceof List<?> entry)
          || entry.size() != 2
          || !(entry.getFirst() instanceof String key)
          || key.length() > Unpickler.LONGEST_KEY) {
        throw new MobileNetException("the pickle has a dictionary of something else than pairs");
      }
      map.put(key, entry.get(1));
    }
    return map;
  }

  private static <T> T argument(List<Object> arguments, int index, Class<T> type) {
    if (index < arguments.size() && type.isInstance(arguments.get(index))) {
      return type.cast(arguments.get(index));
    }
    throw new MobileNetException(
        "the pickle describes a tensor without the %s at argument %s"
            .formatted(type.getSimpleName(), index));
  }
}
