package io.github.mobilenet4j.server.protocol;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the protocol's messages of gRPC: from their bytes into the records, so that a tensor is
 * copied once, from the bytes into its floats.
 */
public final class GrpcReader {
  /**
   * The model that a request is about.
   *
   * @param name which
   * @param version empty if it is not said
   */
  public record ModelName(String name, Optional<String> version) {}

  /**
   * A request for inference.
   *
   * @param model of which model
   * @param request what is asked
   */
  public record ModelInfer(ModelName model, InferRequest request) {}

  private interface Field {
    /** Reads a field; false if it is none that is known. */
    boolean read(int number, int wireType) throws IOException;
  }

  /** What was read of an input so far. */
  private static final class Input {
    private String name = "";
    private String datatype = "";
    private final List<Long> shape = new ArrayList<>();
    private Parameters parameters = Parameters.NONE;
    private Contents contents;
  }

  /** Contents by type; of those that no input has, only that they were there. */
  private static final class Contents {
    private float[] floats = {};
    private int count;
    private final List<byte[]> elements = new ArrayList<>();
    private boolean others;
  }

  private final byte[] bytes;
  private final int offset;
  private final CodedInputStream in;

  private GrpcReader(ByteBuffer message) {
    bytes = message.array();
    offset = message.arrayOffset() + message.position();
    in = CodedInputStream.newInstance(bytes, offset, message.remaining());
  }

  /**
   * Returns the model that a request of readiness or metadata names.
   *
   * @param message with an array below it
   * @throws Refusal if it is no such message
   */
  public static ModelName model(ByteBuffer message) {
    return new GrpcReader(message).reading(GrpcReader::readModel);
  }

  /**
   * Returns a request for inference.
   *
   * @param message with an array below it
   * @throws Refusal if it is no such message
   */
  public static ModelInfer infer(ByteBuffer message) {
    return new GrpcReader(message).reading(GrpcReader::readInfer);
  }

  private interface Reading<T> {
    T read(GrpcReader reader) throws IOException;
  }

  private <T> T reading(Reading<T> reading) {
    try {
      return reading.read(this);
    } catch (IOException e) {
      throw new Refusal(Refusal.Reason.BAD_REQUEST, "the message is broken: " + e.getMessage(), e);
    }
  }

  private ModelName readModel() throws IOException {
    String[] texts = {"", ""};
    fields((number, wireType) -> {
      if (number > texts.length) {
        return false;
      }
      texts[number - 1] = text(wireType);
      return true;
    });
    return name(texts[0], texts[1]);
  }

  private static ModelName name(String name, String version) {
    return new ModelName(name, version.isEmpty() ? Optional.empty() : Optional.of(version));
  }

  private ModelInfer readInfer() throws IOException {
    String[] texts = {"", "", ""};
    Map<String, Object> parameters = new LinkedHashMap<>();
    List<Input> inputs = new ArrayList<>();
    List<RequestedOutput> outputs = new ArrayList<>();
    List<ByteBuffer> raw = new ArrayList<>();
    fields((number, wireType) -> {
      switch (number) {
        case 1, 2, 3 -> texts[number - 1] = text(wireType);
        case 4 -> nested(wireType, () -> readParameter(parameters));
        case 5 -> {
          requireRoom(inputs);
          nested(wireType, () -> inputs.add(readInput()));
        }
        case 6 -> {
          requireRoom(outputs);
          nested(wireType, () -> outputs.add(readOutput()));
        }
        case 7 -> {
          requireRoom(raw);
          raw.add(view(wireType));
        }
        default -> {
          return false;
        }
      }
      return true;
    });
    if (!raw.isEmpty() && raw.size() != inputs.size()) {
      throw Refusal.bad(
          "there are %s raw_input_contents for %s inputs".formatted(raw.size(), inputs.size()));
    }
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      tensors.add(tensor(inputs.get(i), raw.isEmpty() ? null : raw.get(i)));
    }
    return new ModelInfer(
        name(texts[0], texts[1]),
        new InferRequest(
            texts[2].isEmpty() ? Optional.empty() : Optional.of(texts[2]),
            new Parameters(parameters),
            tensors,
            outputs));
  }

  private static void requireRoom(List<?> list) throws IOException {
    if (list.size() == InferRequest.MOST_TENSORS) {
      throw new IOException("there are more than " + InferRequest.MOST_TENSORS + " tensors");
    }
  }

  private static Tensor tensor(Input input, ByteBuffer raw) {
    Contents contents = input.contents;
    TensorData data;
    if (raw != null) {
      if (contents != null) {
        throw Refusal.bad(
            "input %s has both contents and raw_input_contents"
                .formatted(Refusal.abridged(input.name)));
      }
      data = RawTensor.read(input.name, input.datatype, raw);
    } else {
      data = data(input, contents == null ? new Contents() : contents);
    }
    return new Tensor(input.name, input.datatype, input.shape, input.parameters, data);
  }

  private static TensorData data(Input input, Contents contents) {
    boolean floats = contents.count > 0;
    boolean elements = !contents.elements.isEmpty();
    TensorData data =
        switch (input.datatype) {
          case Tensor.FP32 -> new TensorData.Floats(Arrays.copyOf(contents.floats, contents.count));
          case Tensor.BYTES -> new TensorData.Elements(contents.elements);
          default -> throw RawTensor.unknown(input.name, input.datatype);
        };
    if (contents.others || (input.datatype.equals(Tensor.FP32) ? elements : floats)) {
      throw Refusal.bad(
          "input %s of datatype %s has contents of another"
              .formatted(Refusal.abridged(input.name), input.datatype));
    }
    return data;
  }

  private Input readInput() throws IOException {
    Input input = new Input();
    Map<String, Object> parameters = new LinkedHashMap<>();
    fields((number, wireType) -> {
      switch (number) {
        case 1 -> input.name = text(wireType);
        case 2 -> input.datatype = text(wireType);
        case 3 -> readShape(wireType, input.shape);
        case 4 -> nested(wireType, () -> readParameter(parameters));
        case 5 -> {
          Contents contents = input.contents == null ? new Contents() : input.contents;
          input.contents = contents;
          nested(wireType, () -> readContents(contents));
        }
        default -> {
          return false;
        }
      }
      return true;
    });
    input.parameters = new Parameters(parameters);
    return input;
  }

  private void readShape(int wireType, List<Long> shape) throws IOException {
    if (wireType == WireFormat.WIRETYPE_VARINT) {
      addSide(shape);
    } else {
      nested(
          wireType,
          () -> {
            while (!in.isAtEnd()) {
              addSide(shape);
            }
          });
    }
  }

  private void addSide(List<Long> shape) throws IOException {
    if (shape.size() == Tensor.MOST_SIDES) {
      throw new IOException("a shape has more than " + Tensor.MOST_SIDES + " sides");
    }
    shape.add(in.readInt64());
  }

  private void readContents(Contents contents) throws IOException {
    fields((number, wireType) -> {
      if (number == 6 && wireType == WireFormat.WIRETYPE_FIXED32) {
        grow(contents, 1);
        contents.floats[contents.count++] = in.readFloat();
      } else if (number == 6) {
        float[] packed = floats(view(wireType));
        grow(contents, packed.length);
        System.arraycopy(packed, 0, contents.floats, contents.count, packed.length);
        contents.count += packed.length;
      } else if (number == 8) {
        ByteBuffer element = view(wireType);
        byte[] copy = new byte[element.remaining()];
        element.get(copy);
        contents.elements.add(copy);
      } else {
        contents.others = true;
        return false;
      }
      return true;
    });
  }

  private static float[] floats(ByteBuffer packed) {
    return ((TensorData.Floats) RawTensor.read("contents", Tensor.FP32, packed)).values();
  }

  private static void grow(Contents contents, int more) {
    int needed = contents.count + more;
    if (needed > contents.floats.length) {
      contents.floats =
          Arrays.copyOf(contents.floats, more == 1 ? Math.max(needed, 2 * contents.count) : needed);
    }
  }

  private RequestedOutput readOutput() throws IOException {
    String[] name = {""};
    Map<String, Object> parameters = new LinkedHashMap<>();
    fields((number, wireType) -> {
      switch (number) {
        case 1 -> name[0] = text(wireType);
        case 2 -> nested(wireType, () -> readParameter(parameters));
        default -> {
          return false;
        }
      }
      return true;
    });
    return new RequestedOutput(name[0], new Parameters(parameters));
  }

  /** Reads an entry of a map of parameters. */
  private void readParameter(Map<String, Object> parameters) throws IOException {
    String[] name = {""};
    Object[] value = new Object[1];
    fields((number, wireType) -> {
      switch (number) {
        case 1 -> name[0] = text(wireType);
        case 2 -> nested(wireType, () -> value[0] = readValue());
        default -> {
          return false;
        }
      }
      return true;
    });
    if (parameters.size() == Parameters.MOST) {
      throw new IOException("there are more than " + Parameters.MOST + " parameters");
    }
    if (value[0] != null) {
      parameters.put(name[0], value[0]);
    }
  }

  private Object readValue() throws IOException {
    Object[] value = new Object[1];
    fields((number, wireType) -> {
      switch (number) {
        case 1, 2, 5 -> {
          require(wireType, WireFormat.WIRETYPE_VARINT);
          long integer = in.readInt64();
          value[0] = number == 1 ? (Object) (integer != 0) : (Object) integer;
        }
        case 3 -> value[0] = text(wireType);
        case 4 -> {
          require(wireType, WireFormat.WIRETYPE_FIXED64);
          value[0] = in.readDouble();
        }
        default -> {
          return false;
        }
      }
      return true;
    });
    return value[0];
  }

  /** Reads all fields up to the limit. */
  private void fields(Field field) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int number = WireFormat.getTagFieldNumber(tag);
      if (!field.read(number, WireFormat.getTagWireType(tag)) && !in.skipField(tag)) {
        throw new IOException("a group ends that never began");
      }
    }
  }

  private interface Message {
    void read() throws IOException;
  }

  private void nested(int wireType, Message message) throws IOException {
    int limit = in.pushLimit(length(wireType));
    message.read();
    if (!in.isAtEnd()) {
      throw new IOException("a message ends before its length");
    }
    in.popLimit(limit);
  }

  private String text(int wireType) throws IOException {
    require(wireType, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    return in.readStringRequireUtf8();
  }

  /** Returns a field of bytes without a copy. */
  private ByteBuffer view(int wireType) throws IOException {
    int length = length(wireType);
    int from = offset + in.getTotalBytesRead();
    in.skipRawBytes(length);
    return ByteBuffer.wrap(bytes, from, length);
  }

  private int length(int wireType) throws IOException {
    require(wireType, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    return in.readRawVarint32();
  }

  private static void require(int wireType, int expected) throws IOException {
    if (wireType != expected) {
      throw new IOException("a field is of another type");
    }
  }
}
