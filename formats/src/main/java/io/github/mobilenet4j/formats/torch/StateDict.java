package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.Strided;
import io.github.mobilenet4j.formats.torch.TorchObjects.Storage;
import io.github.mobilenet4j.formats.torch.TorchObjects.View;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The dictionary of a PyTorch network's tensors.
 *
 * @param entry which entry of a checkpoint it is, empty where the file holds nothing else
 * @param tensors by name
 */
record StateDict(String entry, Map<String, Tensor> tensors) {
  /**
   * Returns the state dictionary in an object: of the object and its entries the one that holds the
   * most tensors, the first of several. What else a checkpoint has (optimizer, epoch, best
   * accuracy) is not looked at, and its bytes are not read.
   *
   * @param storages gives a storage's bytes, little-endian, or null
   * @param limits of the number of tensors
   * @throws MobileNetException if there is none, there are too many, or a tensor lies outside of
   *     its storage
   */
  static StateDict of(Object root, Function<Storage, ByteBuffer> storages, ReadLimits limits) {
    Map<String, View> views = views(root);
    String entry = "";
    if (root instanceof Map<?, ?> checkpoint) {
      // All entries may be one dictionary.
      Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
      for (Map.Entry<?, ?> candidate : checkpoint.entrySet()) {
        Map<String, View> found =
            seen.add(candidate.getValue()) ? views(candidate.getValue()) : Map.of();
        if (found.size() > views.size()) {
          views = found;
          entry = candidate.getKey().toString();
        }
      }
    }
    if (views.isEmpty()) {
      throw new MobileNetException(
          "holds no dictionary of tensors; in Python, torch.save(model.state_dict(), file)"
              + " writes one");
    }
    if (views.size() > limits.entries()) {
      throw new MobileNetException(
          "holds %s tensors, expected at most %s".formatted(views.size(), limits.entries()));
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Set<String> known = new HashSet<>();
    long room = 0;
    for (Map.Entry<String, View> view : views.entrySet()) {
      Storage storage = view.getValue().storage();
      try {
        Tensor tensor = tensor(view.getValue(), storages);
        // Views may share, but a thousand copies of one storage would take more than the file.
        room += known.add(storage.key()) ? 2 * storage.bytes() : 0;
        room -= tensor.data().limit();
        if (room < 0) {
          throw new MobileNetException("overlaps with the tensors before it");
        }
        tensors.put(view.getKey(), tensor);
      } catch (MobileNetException e) {
        throw e.in(MobileNetException.abridged(view.getKey()));
      }
    }
    return new StateDict(entry, tensors);
  }

  private static Map<String, View> views(Object value) {
    Map<String, View> views = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> map) {
      map.forEach((key, item) -> {
        if (key instanceof String name && item instanceof View view) {
          views.put(name, view);
        }
      });
    }
    return views;
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
