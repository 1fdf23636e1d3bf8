package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.fuzz.Choices;
import io.github.mobilenet4j.fuzz.FileBytes;
import io.github.mobilenet4j.fuzz.Fuzzer;
import io.github.mobilenet4j.fuzz.SafetensorsGrammar;
import io.github.mobilenet4j.fuzz.Target;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

public class ReadersFuzzTest {
  private static final long MOST_MACS = 20_000_000;

  public static List<Target> targets() {
    byte[] model = Fixtures.bytes("model.safetensors");
    byte[] tutorial = Fixtures.bytes("tutorial.safetensors");
    List<byte[]> quantized =
        List.of(
            Fixtures.bytesOf(Fixtures.quantized(DataType.I8, true, true)),
            Fixtures.bytesOf(Fixtures.quantized(DataType.U8, false, false)));
    return List.of(
        target(
            "safetensors",
            List.of(model, tutorial),
            bytes -> Safetensors.read("fuzz", bytes).tensors().values().forEach(Tensor::floats)),
        target("model-file", List.of(model), bytes -> ModelFile.read("fuzz", bytes)),
        target("model-run", List.of(model), bytes -> run(ModelFile.read("fuzz", bytes))),
        target("model-file-quantized", quantized, bytes -> run(ModelFile.read("fuzz", bytes))),
        new Target(
            "npy",
            List.of(npy("<f4", "(1, 3, 2, 2)", 48), npy("|u1", "(5,)", 5)),
            ReadersFuzzTest::npy,
            bytes -> Npy.read("fuzz", bytes).floats()),
        target(
            "dialect",
            List.of(tutorial),
            bytes -> Dialect.read("fuzz", Safetensors.read("fuzz", bytes).tensors())));
  }

  /** A file of any type and shape, whose lengths may be others than the header's. */
  private static byte[] npy(Choices choices) {
    String type =
        choices.of("", "<", ">", "|")
            + choices.of("f4", "u1", "f2", "f8", "i8", "b1", "O", "f" + choices.number());
    StringBuilder shape = new StringBuilder("(");
    for (int axes = choices.count(5); axes > 0; axes--) {
      shape.append(choices.coin() ? choices.below(4) : choices.number()).append(", ");
    }
    return npy(type, shape + ")", choices.count(100));
  }

  private static byte[] npy(String type, String shape, int bytes) {
    String header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }".formatted(type, shape);
    return new FileBytes()
        .bytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
        .little(header.length(), 2)
        .bytes(header.getBytes(StandardCharsets.ISO_8859_1))
        .bytes(new byte[bytes])
        .toArray();
  }

  /** What is accepted must run: machine code trusts its callers. */
  private static void run(Model model) {
    MobileNetV1 network = model.network();
    if (network.macs() < MOST_MACS) {
      try (Session session = Session.of(network, model.weights(), 1, 1)) {
        session.run(new float[(int) network.input().size()], 1, new float[network.outputs()]);
      }
    }
  }

  private static Target target(String name, List<byte[]> seeds, Target.Reader reader) {
    return new Target(name, seeds, choices -> SafetensorsGrammar.like(seeds, choices), reader);
  }

  @TestFactory
  Stream<DynamicTest> readers() {
    return Fuzzer.tests(targets());
  }
}
