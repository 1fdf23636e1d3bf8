package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.Mutations;
import java.util.List;
import org.junit.jupiter.api.Test;

class OnnxFuzzTest {
  @Test
  void smallFiles() {
    List<byte[]> seeds =
        List.of(
            Fixtures.bytes("timm.onnx"),
            Fixtures.bytes("kept.onnx"),
            Fixtures.bytes("hugging_face.onnx"),
            OnnxFormatTest.tiny(
                    file -> {
                      file.channelsLast = true;
                      file.padding = TinyOnnx.Pad.SEPARATE;
                      file.transposedKernels = true;
                      file.norm = TinyOnnx.Norm.PRODUCT_AND_SUM;
                      file.head = TinyOnnx.Head.MEAN_MATMUL;
                    })
                .build(),
            new OnnxExport(Export.BatchNormStyle.FOLDED).bytes(ExportTest.small()));
    Mutations.fuzz(seeds, bytes -> OnnxFormat.read("fuzz", bytes));
  }
}
