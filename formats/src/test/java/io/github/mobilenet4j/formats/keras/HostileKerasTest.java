package io.github.mobilenet4j.formats.keras;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.Cost;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.DatasetCreationOptions;
import io.jhdf.api.WritableGroup;
import io.jhdf.filter.DeflatePipelineFilter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hostile files of this family, as {@code HostileFilesTest} means it. */
class HostileKerasTest {
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
    assertThat(Cost.ofRefusing(() -> KerasFormat.read("hostile.h5", large, ReadLimits.standard())))
        .contains("takes 16000000 bytes, expected at most ");

    byte[] stream = chunked(folder, new float[10], o -> o.filter(new MoreAndMore(), 9));
    assertThat(stream.length).isLessThan(5_000_000);
    assertThat(Cost.ofRefusing(() -> KerasFormat.read("hostile.h5", stream, ReadLimits.standard())))
        .contains("dataset /a/w has a chunk of 41 bytes, not 40");
  }

  @Test
  void compressedChunksAreRead(@TempDir Path folder) throws Exception {
    float[] values = new float[1000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i);
    }
    byte[] file = chunked(folder, values, o -> o.chunkDimensions(300).shuffle().deflate());
    ModelFormat.Named named =
        (ModelFormat.Named) KerasFormat.read("legal.h5", file, ReadLimits.standard());
    assertThat(named.entries().getFirst().tensors().get("w").floats()).isEqualTo(values);
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
}
