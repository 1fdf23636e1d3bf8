package io.github.mobilenet4j.formats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.flatbuffers.FlatBufferBuilder;
import com.google.protobuf.ByteString;
import io.github.mobilenet4j.Cost;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.DatasetCreationOptions;
import io.jhdf.api.WritableGroup;
import io.jhdf.filter.DeflatePipelineFilter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files in which everything is legal but the amounts: what is mentioned once more, or announced, or
 * compressed, costs a file next to nothing, and a careless reader gigabytes or minutes.
 */
class HostileFilesTest {
  /** A pickle in the making. Value i of the memo is {@code put(i)} and {@code get(i)}. */
  private static final class Pickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pickle code(String opcodes) {
      out.writeBytes(opcodes.getBytes(ISO_8859_1));
      return this;
    }

    Pickle text(String text) {
      code("X").int32(text.length());
      return code(text);
    }

    Pickle int32(int value) {
      out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
      return this;
    }

    Pickle function(String module, String name) {
      return code("c" + module + "\n" + name + "\n");
    }

    Pickle storage() {
      return code("(")
          .text("storage")
          .function("torch", "FloatStorage")
          .text("0")
          .text("cpu")
          .code("K\u0001tQ");
    }

    /** Remembers the value on the stack and takes it away. */
    Pickle put(int index) {
      return code("q" + (char) index + "0");
    }

    Pickle get(int index) {
      return code("h" + (char) index);
    }

    Pickle each(int count, IntConsumer action) {
      IntStream.range(0, count).forEach(action);
      return this;
    }

    String refusal() {
      code(".");
      ByteBuffer bytes = ByteBuffer.wrap(out.toByteArray());
      assertThat(bytes.limit()).isLessThan(5_000_000);
      return Cost.ofRefusing(() ->
          StateDict.of(
              Unpickler.load(bytes, new TorchObjects()), storage -> ByteBuffer.allocate(4)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "400000, 'J\0\0\0\0', R, steps",
    "400000, '', R0, steps",
    "9, 'J\0\0\0\0', R, 9 axes"
  })
  void aShapeIsNotCopiedForEachTensor(int axes, String key, String call, String message) {
    Pickle pickle = new Pickle().code("\u0080\u0002").storage().put(1).code("(");
    pickle.each(axes, i -> pickle.code("K\u0001")).code("t").put(2);
    pickle.function("torch._utils", "_rebuild_tensor_v2").put(3);
    pickle.code("(").get(1).code("K\0").get(2).get(2).code("t").put(4).code("}(");
    pickle.each(140_000, i -> pickle.code(key).get(3).get(4).code(call));
    assertThat(pickle.code("u").refusal()).contains(message);
  }

  @Test
  void aDictionaryIsNotCopiedAgainAndAgain() {
    Pickle pickle =
        new Pickle().code("\u0080\u0002").function("collections", "OrderedDict").put(3).code("(");
    pickle.each(100_000, i -> pickle.code("(").text(Integer.toHexString(i)).code("K\u0001t"));
    pickle.code("l").put(2).code("(").get(2).code("t").put(4).code("}(");
    pickle.each(100_000, i -> pickle.code("J").int32(i).get(3).get(4).code("R"));
    assertThat(pickle.code("u").refusal()).contains("steps and copies");
  }

  @Test
  void entriesThatAreOneDictionaryAreLookedAtOnce() {
    Pickle pickle = new Pickle().code("\u0080\u0002").storage().put(1);
    pickle.function("torch._utils", "_rebuild_tensor_v2").code("(").get(1);
    pickle.code("K\0(K\u0001t(K\u0001ttR").put(5).code("}(");
    pickle.each(230_000, i -> pickle.text("" + i).get(5)).code("u").put(6).code("}(");
    pickle.each(200_000, i -> pickle.code("J").int32(i).get(6));
    assertThat(pickle.code("u").refusal()).contains("holds 230000 tensors, expected at most 16384");
  }

  @Test
  void longKeysAreNotCompared() {
    String key = "k".repeat(1_500_000);
    Pickle pickle = new Pickle().code("\u0080\u0002").text(key).put(1).text(key).put(2).code("}");
    pickle.each(150_000, i -> pickle.get(1).code("K\0s").get(2).code("K\0s"));
    assertThat(pickle.refusal()).contains("a key of 1500000 characters");
  }

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
    return Cost.ofRefusing(() -> OnnxFormat.read("hostile.onnx", file));
  }

  @ParameterizedTest
  @CsvSource({
    "400000, 1, 1, 1, 'a vector has 400000 elements, expected at most 16384 (field 3)'",
    "16000, 400000, 1, 1, 'a vector has 400000 elements, expected at most 8 (field 0)'",
    "16000, 1, 400000, 1, 'a vector has 400000 elements, expected at most 64 (field 1)'",
    "16000, 1, 1, 400000, 'ends before stem'",
  })
  void operatorsThatAreAllTheSameAreCheap(
      int operators, int axes, int inputs, int scales, String message) {
    FlatBufferBuilder out = new FlatBufferBuilder(1 << 22);
    int data = table(out, 0, out.createByteVector(new byte[8]));
    int[] buffers = {table(out), data};
    int quantization = table(out, 2, floats(out, scales));
    int image = table(out, 0, ints(out, 1, 224, 224, 3));
    int constantShape = ints(out, IntStream.generate(() -> 1).limit(axes).toArray());
    out.startTable(5);
    out.addOffset(0, constantShape, 0);
    out.addByte(1, (byte) 3, 0);
    out.addInt(2, 1, 0);
    out.addOffset(4, quantization, 0);
    int constant = out.endTable();
    int operatorInputs = ints(out, IntStream.generate(() -> 1).limit(inputs).toArray());
    int operatorOutputs = ints(out, 1);
    int operator = table(out, 1, operatorInputs, 2, operatorOutputs);
    out.startTable(4);
    out.addByte(0, (byte) 6, 0);
    out.addInt(3, 6, 0);
    int code = out.endTable();
    int[] all = IntStream.generate(() -> operator).limit(operators).toArray();
    int graph =
        table(
            out,
            0,
            out.createVectorOfTables(new int[] {image, constant}),
            1,
            ints(out, 0),
            2,
            ints(out, 0),
            3,
            out.createVectorOfTables(all));
    int codes = out.createVectorOfTables(new int[] {code});
    int graphs = out.createVectorOfTables(new int[] {graph});
    int allBuffers = out.createVectorOfTables(buffers);
    out.startTable(5);
    out.addInt(0, 3, 0);
    out.addOffset(1, codes, 0);
    out.addOffset(2, graphs, 0);
    out.addOffset(4, allBuffers, 0);
    out.finish(out.endTable(), TfliteFile.IDENTIFIER);
    byte[] file = out.sizedByteArray();
    assertThat(file.length).isLessThan(5_000_000);
    assertThat(Cost.ofRefusing(() -> TfliteFormat.read("hostile.tflite", file))).contains(message);
  }

  /** Returns a table of offsets: field, offset, field, offset … */
  private static int table(FlatBufferBuilder out, int... fields) {
    out.startTable(5);
    for (int i = 0; i < fields.length; i += 2) {
      out.addOffset(fields[i], fields[i + 1], 0);
    }
    return out.endTable();
  }

  private static int ints(FlatBufferBuilder out, int... values) {
    out.startVector(4, values.length, 4);
    for (int i = values.length - 1; i >= 0; i--) {
      out.addInt(values[i]);
    }
    return out.endVector();
  }

  private static int floats(FlatBufferBuilder out, int count) {
    out.startVector(4, count, 4);
    for (int i = 0; i < count; i++) {
      out.addFloat(1);
    }
    return out.endVector();
  }

  @Test
  void labelsAreNotReadBeyondTheClasses() throws Exception {
    byte[] lines = "\n".repeat(900_000).getBytes(ISO_8859_1);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(file)) {
      for (int i = 0; i < 16; i++) {
        zip.putNextEntry(new ZipEntry(i + ".txt"));
        zip.write(lines);
      }
    }
    assertThat(
            Cost.ofRefusing(() -> {
              assertThat(AppendedLabels.find(file.toByteArray(), 10)).isEmpty();
              throw new MobileNetException("no labels");
            }))
        .isEqualTo("no labels");
  }

  /** Deflate, but of ever more zeros behind what is written. */
  private static final class MoreAndMore extends DeflatePipelineFilter {
    @Override
    public byte[] encode(byte[] data, int[] settings) {
      return super.encode(Arrays.copyOf(data, 1 << 28), settings);
    }
  }

  @Test
  void chunksAreNoLargerThanTheFileVouchesFor(@TempDir Path folder) throws Exception {
    byte[] large = chunked(folder, new float[4_000_000], DatasetCreationOptions.Builder::deflate);
    assertThat(Cost.ofRefusing(() -> KerasFormat.read("hostile.h5", large)))
        .contains("takes 16000000 bytes, expected at most ");

    byte[] stream = chunked(folder, new float[10], o -> o.filter(new MoreAndMore(), 9));
    assertThat(stream.length).isLessThan(5_000_000);
    assertThat(Cost.ofRefusing(() -> KerasFormat.read("hostile.h5", stream)))
        .contains("dataset /a/w has a chunk of 41 bytes, not 40");
  }

  @Test
  void compressedChunksAreRead(@TempDir Path folder) throws Exception {
    float[] values = new float[1000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i);
    }
    byte[] file = chunked(folder, values, o -> o.chunkDimensions(300).shuffle().deflate());
    ModelFormat.Named named = (ModelFormat.Named) KerasFormat.read("legal.h5", file);
    assertThat(named.tensors().get("w").floats()).isEqualTo(values);
  }

  /** Returns a file of weights alone, in one dataset. */
  private static byte[] chunked(
      Path folder, float[] values, UnaryOperator<DatasetCreationOptions.Builder> options)
      throws Exception {
    Path path = folder.resolve("a.h5");
    try (WritableHdfFile file = HdfFile.write(path)) {
      file.putAttribute("layer_names", new String[] {"a"});
      WritableGroup group = file.putGroup("a");
      group.putAttribute("weight_names", new String[] {"w"});
      DatasetCreationOptions.Builder all =
          DatasetCreationOptions.builder().chunkDimensions(values.length);
      group.putDataset("w", values, options.apply(all).build());
    }
    return Files.readAllBytes(path);
  }

  @Test
  void aFileDoesNotDecideOverTheSizeOfTheInput(@TempDir Path folder) {
    Path path = folder.resolve("large.safetensors");
    ModelFile.write(path, ModelFile.bundled().withInput(64, 5000));
    assertThat(Cost.ofRefusing(() -> Models.read(path)))
        .isEqualTo(
            path
                + ": the model has 5000 columns, expected at most 4096"
                + " (-Dmobilenet4j.limits.inputSide allows more)");
    assertThatThrownBy(() -> ModelFile.read(path)).hasMessageContaining("5000 columns");
    ReadLimits limits = ReadLimits.DEFAULT.withInputSide(5000);
    Model model = Models.read(path, limits);
    assertThat(model.network().width()).isEqualTo(5000);
    assertThat(ModelFile.read(path, limits).network()).isEqualTo(model.network());
    assertThatThrownBy(() -> Models.read(path, limits.withActivationBytes(1 << 20)))
        .hasMessageContaining("bytes of activations for one image, expected at most 1048576");
    assertThatThrownBy(() -> Models.read(path, limits.withWeightBytes(1 << 20)))
        .hasMessageContaining("bytes of weights, expected at most 1048576");
  }

  @Test
  void messagesAreShort(@TempDir Path folder) throws Exception {
    String name = "N".repeat(2_000_000);
    String header =
        "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}".formatted(name);
    ByteBuffer file = ByteBuffer.allocate(12 + header.length()).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(header.length()).put(header.getBytes(ISO_8859_1));
    Path path = folder.resolve("name.safetensors");
    Files.write(path, file.array());
    assertThat(Cost.ofRefusing(() -> Models.read(path))).hasSizeLessThan(1000);
  }
}
