package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.Strided;
import io.github.mobilenet4j.formats.torch.TorchObjects.Storage;
import io.github.mobilenet4j.formats.torch.TorchObjects.View;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A dictionary of a PyTorch network's tensors.
 *
 * @param entry which entry of a checkpoint it is, with those that it is in, separated by dots;
 *     empty where the file holds nothing else
 * @param tensors by name
 */
record StateDict(String entry, Map<String, Tensor> tensors) {
  /** The smallest network has more, and what an optimizer keeps of one parameter has fewer. */
  private static final int FEWEST = 30;

  /** Dictionaries deeper than this hold no network. */
  private static final int DEEPEST = 6;

  /** What makes tensors; those that are known are tensors by now. */
  private static final String REBUILT = "torch._utils._rebuild";

  private static final int MOST = 8;
  private static final int LONGEST_ENTRY = 200;

  /** A dictionary that has tensors among its entries. */
  private record Candidate(String entry, Map<String, View> views, Optional<String> other) {}

  /**
   * Returns the dictionaries of tensors in an object, in their order: those of as many as a network
   * has, or else the one of most. What else a checkpoint has (optimizer, epoch, best accuracy) is
   * not looked at, and its bytes are not read.
   *
   * @param storages gives a storage's bytes, little-endian, or null
   * @param limits of the number of tensors
   * @throws MobileNetException if there is none, there are too many, or a tensor lies outside of
   *     its storage
   */
  static List<StateDict> of(
      Object root, Function<Storage, ByteBuffer> storages, ReadLimits limits) {
    return of(root, new Reader(storages), limits);
  }

  /** As {@link #of(Object, Function, ReadLimits)}. */
  static List<StateDict> of(Object root, Reader reader, ReadLimits limits) {
    List<Candidate> found = new ArrayList<>();
    // All entries may be one dictionary.
    collect("", root, 0, Collections.newSetFromMap(new IdentityHashMap<>()), found);
    List<Candidate> networks = found.stream().filter(c -> c.views.size() >= FEWEST).toList();
    if (networks.isEmpty()) {
      networks = found.stream().max(Comparator.comparingInt(c -> c.views.size())).stream().toList();
    }
    if (networks.isEmpty()) {
      throw new MobileNetException(
          "holds no dictionary of tensors; in Python, torch.save(model.state_dict(), file)"
              + " writes one");
    }
    List<StateDict> all = new ArrayList<>();
    for (Candidate candidate : networks.subList(0, Math.min(MOST, networks.size()))) {
      if (candidate.views.size() > limits.entries()) {
        throw new MobileNetException(
            "holds %s tensors, expected at most %s"
                .formatted(candidate.views.size(), limits.entries()));
      }
      candidate.other.ifPresent(name -> {
        throw new MobileNetException(name);
      });
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      candidate.views.forEach((name, view) -> {
        try {
          tensors.put(name, reader.read(view));
        } catch (MobileNetException e) {
          throw e.in(MobileNetException.abridged(name));
        }
      });
      all.add(new StateDict(candidate.entry, tensors));
    }
    return all;
  }

  /** Returns whether there is a dictionary of as many tensors as a network has. */
  static boolean isIn(Object root) {
    List<Candidate> found = new ArrayList<>();
    collect("", root, 0, Collections.newSetFromMap(new IdentityHashMap<>()), found);
    return found.stream().anyMatch(c -> c.views.size() >= FEWEST);
  }

  private static void collect(
      String entry, Object value, int depth, Set<Object> seen, List<Candidate> to) {
    Map<?, ?> map = entries(value);
    if (map.isEmpty() || depth > DEEPEST || !seen.add(value)) {
      return;
    }
    Map<String, View> views = new LinkedHashMap<>();
    Optional<String> other = Optional.empty();
    for (Map.Entry<?, ?> item : map.entrySet()) {
      if (item.getKey() instanceof String name) {
        if (item.getValue() instanceof View view) {
          views.put(name, view);
        } else if (item.getValue() instanceof PickledObject object
            && object.className().startsWith(REBUILT)) {
          other =
              Optional.of(
                  "%s is a tensor of a kind that is not read (%s)"
                      .formatted(
                          MobileNetException.abridged(name),
                          MobileNetException.abridged(object.className())));
        }
      }
    }
    if (!views.isEmpty()) {
      to.add(new Candidate(entry, views, other));
    }
    for (Map.Entry<?, ?> item : map.entrySet()) {
      if (item.getKey() instanceof String name && entry.length() + name.length() < LONGEST_ENTRY) {
        collect(entry.isEmpty() ? name : entry + "." + name, item.getValue(), depth + 1, seen, to);
      } else if (item.getKey() instanceof Number) {
        collect(entry, item.getValue(), depth + 1, seen, to);
      }
    }
  }

  /** Returns the entries of a dictionary, also one of a class of its own. */
  private static Map<?, ?> entries(Object value) {
    return switch (value) {
      case Map<?, ?> map -> map;
      case PickledObject object -> object.entries();
      case null, default -> Map.of();
    };
  }

  /** Reads each tensor once, within the size of the storages. */
  static final class Reader {
    private final Function<Storage, ByteBuffer> storages;
    private final Map<View, Tensor> read = new IdentityHashMap<>();
    private final Set<String> known = new HashSet<>();
    private long room;

    Reader(Function<Storage, ByteBuffer> storages) {
      this.storages = storages;
    }

    Tensor read(View view) {
      Tensor before = read.get(view);
      if (before != null) {
        return before;
      }
      Storage storage = view.storage();
      Tensor tensor = tensor(view, storages);
      // Views may share, but a thousand copies of one storage would take more than the file.
      room += known.add(storage.key()) ? 2 * storage.bytes() : 0;
      room -= tensor.data().limit();
      if (room < 0) {
        throw new MobileNetException("overlaps with the tensors before it");
      }
      read.put(view, tensor);
      return tensor;
    }
  }

  private static Tensor tensor(View view, Function<Storage, ByteBuffer> storages) {
    Storage storage = view.storage();
    List<Integer> shape = shape(view);
    ByteBuffer bytes = storages.apply(storage);
    if (bytes == null || bytes.limit() < storage.bytes()) {
      throw new MobileNetException(
          "storage %s has %s bytes, expected %s"
              .formatted(
                  MobileNetException.abridged(storage.key()),
                  bytes == null ? 0 : bytes.limit(),
                  storage.bytes()));
    }
    int size = storage.type().bytes();
    int length = shape.stream().reduce(size, (a, b) -> a * b);
    return new Tensor(
        storage.type(),
        shape,
        length == 0 || isContiguous(view)
            ? bytes.slice((int) view.offset() * size, length)
            : Strided.rowMajor(bytes, size, view.offset(), shape, view.strides()));
  }

  /** Returns the shape, of a tensor that lies in its storage and has no more values than that. */
  private static List<Integer> shape(View view) {
    long available = view.storage().count();
    long count = 1;
    long last = view.offset();
    boolean valid = last >= 0 && view.shape().size() == view.strides().size();
    for (int i = 0; valid && i < view.shape().size(); i++) {
      long size = view.shape().get(i);
      long stride = view.strides().get(i);
      valid = size >= 0 && size <= available && stride >= 0 && stride <= available;
      // No product exceeds 2⁶², because each sum is checked before the next factor.
      count *= size;
      last += Math.max(size - 1, 0) * stride;
      valid &= count <= available && last <= available;
    }
    if (!valid || last >= available && count > 0) {
      throw new MobileNetException(
          "shape %s with strides %s from value %s does not lie in a storage of %s values"
              .formatted(
                  MobileNetException.abridged(view.shape().toString()),
                  MobileNetException.abridged(view.strides().toString()),
                  view.offset(),
                  available));
    }
    return view.shape().stream().map(Long::intValue).toList();
  }

  private static boolean isContiguous(View view) {
    long step = 1;
    for (int i = view.shape().size() - 1; i >= 0; i--) {
      if (view.shape().get(i) > 1 && view.strides().get(i) != step) {
        return false;
      }
      step *= view.shape().get(i);
    }
    return true;
  }
}
