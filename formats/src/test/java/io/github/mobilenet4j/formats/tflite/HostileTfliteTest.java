package io.github.mobilenet4j.formats.tflite;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.flatbuffers.FlatBufferBuilder;
import io.github.mobilenet4j.Cost;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import java.io.ByteArrayOutputStream;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hostile files of this family, as {@code HostileFilesTest} means it. */
class HostileTfliteTest {
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
    out.finish(out.endTable(), TfliteSchema.IDENTIFIER);
    byte[] file = out.sizedByteArray();
    assertThat(file.length).isLessThan(5_000_000);
    assertThat(
            Cost.ofRefusing(() -> TfliteFormat.read("hostile.tflite", file, ReadLimits.standard())))
        .contains(message);
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
}
