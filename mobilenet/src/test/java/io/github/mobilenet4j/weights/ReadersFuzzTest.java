package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.fuzz.Fuzzer;
import io.github.mobilenet4j.fuzz.SafetensorsGrammar;
import io.github.mobilenet4j.fuzz.Target;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

public class ReadersFuzzTest {
  private static final long MOST_MACS = 20_000_000;

  public static List<Target> targets() {
    byte[] model = Fixtures.bytes("model.safetensors");
    byte[] tutorial = Fixtures.bytes("tutorial.safetensors");
    return List.of(
        target(
            "safetensors",
            List.of(model, tutorial),
            bytes -> Safetensors.read("fuzz", bytes).tensors().values().forEach(Tensor::floats)),
        target("model-file", List.of(model), bytes -> ModelFile.read("fuzz", bytes)),
        target("model-run", List.of(model), bytes -> run(ModelFile.read("fuzz", bytes))),
        target(
            "dialect",
            List.of(tutorial),
            bytes -> Dialect.read("fuzz", Safetensors.read("fuzz", bytes).tensors())));
  }

  /** What is accepted must run: machine code trusts its callers. */
  private static void run(Model model) {
    MobileNetV1 network = model.network();
    if (network.macs() < MOST_MACS) {
      try (Session session = Session.of(network, model.weights(), 1, 1)) {
        session.run(
            new float[3 * network.height() * network.width()], 1, new float[network.classes()]);
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
