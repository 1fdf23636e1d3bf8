package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes the pickle (protocol 2) in which PyTorch describes a dictionary of tensors: tensor i is
 * the whole of storage i. {@link Unpickler} reads it.
 */
final class TorchPickle {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private TorchPickle() {}

  /** Returns the pickle of an ordered dictionary. */
  static ByteBuffer stateDict(Map<String, Tensor> tensors) {
    TorchPickle pickle = new TorchPickle();
    pickle.code("\u0080\u0002");
    pickle.orderedDict();
    pickle.code("(");
    int key = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      pickle.text(entry.getKey());
      pickle.tensor(entry.getValue(), "" + key++);
    }
    pickle.code("u.");
    return ByteBuffer.wrap(pickle.out.toByteArray());
  }

  /** Calls {@code _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)}. */
  private void tensor(Tensor tensor, String key) {
    global("torch._utils", "_rebuild_tensor_v2");
    code("((");
    text("storage");
    global("torch", storage(tensor.type()));
    text(key);
    text("cpu");
    integer(tensor.size());
    code("tQ");
    integer(0);
    tuple(tensor.shape());
    tuple(strides(tensor.shape()));
    code("\u0089");
    orderedDict();
    code("tR");
  }

  private static String storage(DataType type) {
    return switch (type) {
      case F32 -> "FloatStorage";
      case F16 -> "HalfStorage";
      case BF16 -> "BFloat16Storage";
      case F64 -> "DoubleStorage";
      case BOOL, U8, I8, U16, I16, U32, I32, U64, I64 ->
          throw new MobileNetException("PyTorch's file cannot hold weights of type " + type);
    };
  }

  private static List<Integer> strides(List<Integer> shape) {
    List<Integer> strides = new ArrayList<>();
    int stride = 1;
    for (int size : shape.reversed()) {
      strides.addFirst(stride);
      stride *= size;
    }
    return strides;
  }

  private void orderedDict() {
    global("collections", "OrderedDict");
    code(")R");
  }

  private void tuple(List<Integer> integers) {
    code("(");
    integers.forEach(this::integer);
    code("t");
  }

  private void integer(int value) {
    code("J");
    fourBytes(value);
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    code("X");
    fourBytes(bytes.length);
    out.writeBytes(bytes);
  }

  private void global(String module, String name) {
    code("c" + module + "\n" + name + "\n");
  }

  private void fourBytes(int value) {
    out.writeBytes(
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  /** Writes opcodes, which are bytes. */
  private void code(String opcodes) {
    out.writeBytes(opcodes.getBytes(StandardCharsets.ISO_8859_1));
  }
}
