package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.Mutations;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadersFuzzTest {
  private final byte[] model = Fixtures.bytes("model.safetensors");
  private final byte[] tutorial = Fixtures.bytes("tutorial.safetensors");

  @Test
  void container() {
    Mutations.fuzz(
        List.of(model, tutorial),
        bytes -> Safetensors.read("fuzz", bytes).tensors().values().forEach(Tensor::floats));
  }

  @Test
  void modelFile() {
    Mutations.fuzz(List.of(model), bytes -> ModelFile.read("fuzz", bytes));
  }

  @Test
  void dialect() {
    Mutations.fuzz(
        List.of(tutorial),
        bytes -> Dialect.read("fuzz", Safetensors.read("fuzz", bytes).tensors()));
  }
}
