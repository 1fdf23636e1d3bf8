package io.github.mobilenet4j.formats.keras;

import io.github.mobilenet4j.MobileNetException;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.filter.PipelineFilterWithData;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The pieces that HDF5 stores a dataset in, which may be compressed. The library (jHDF)
 * decompresses whatever comes, and all pieces at once; here each is first held against the size
 * that it must have.
 */
final class HdfChunks {
  // Filters by their number in the specification.
  private static final int DEFLATE = 1;
  private static final int SHUFFLE = 2;
  private static final int FLETCHER32 = 3;

  /** In the order in which a writer applies them. */
  private static final List<List<Integer>> PIPELINES =
      List.of(
          List.of(),
          List.of(DEFLATE),
          List.of(SHUFFLE, DEFLATE),
          List.of(FLETCHER32),
          List.of(DEFLATE, FLETCHER32),
          List.of(SHUFFLE, DEFLATE, FLETCHER32));

  private static final int CHECKSUM_BYTES = 4;

  /** A dataset may be smaller than its one piece. */
  private static final long SMALL = 1 << 20;

  private HdfChunks() {}

  /**
   * Checks all pieces of a dataset.
   *
   * @param most bytes that they may have together
   * @param mostChunks how many there may be
   * @throws MobileNetException if they have more, or others than the dataset's
   */
  static void check(ChunkedDataset dataset, long most, int mostChunks) {
    List<Integer> filters =
        dataset.getFilters().stream().map(PipelineFilterWithData::getId).toList();
    expect(PIPELINES.contains(filters), dataset, "has the filters %s", filters);
    int[] sizes = dataset.getDimensions();
    int[] chunk = dataset.getChunkDimensions();
    expect(sizes.length == chunk.length, dataset, "has chunks of %d axes", chunk.length);
    double count = 1;
    double chunkBytes = dataset.getDataType().getSize();
    for (int axis = 0; axis < sizes.length; axis++) {
      expect(chunk[axis] > 0, dataset, "has chunks of size %d", chunk[axis]);
      count *= Math.ceilDiv(sizes[axis], chunk[axis]);
      chunkBytes *= chunk[axis];
    }
    expect(
        count <= mostChunks && count * chunkBytes <= Math.max(most, SMALL),
        dataset,
        "has %.0f chunks of %.0f bytes, expected at most %d and %d bytes in all",
        count,
        chunkBytes,
        mostChunks,
        most);
    long stored = 0;
    int[] offset = new int[sizes.length];
    for (int i = 0; i < count; i++) {
      ByteBuffer bytes = dataset.getRawChunkBuffer(offset);
      stored += bytes.remaining();
      checkLength(dataset, bytes, filters, (int) chunkBytes);
      for (int axis = sizes.length - 1; axis >= 0; axis--) {
        offset[axis] += chunk[axis];
        if (offset[axis] < sizes[axis]) {
          break;
        }
        offset[axis] = 0;
      }
    }
    expect(stored == dataset.getStorageInBytes(), dataset, "has chunks outside of it");
  }

  private static void checkLength(
      ChunkedDataset dataset, ByteBuffer bytes, List<Integer> filters, int expected) {
    int checksum = filters.contains(FLETCHER32) ? CHECKSUM_BYTES : 0;
    long length =
        filters.contains(DEFLATE)
            ? inflated(dataset, bytes, expected)
            : bytes.remaining() - checksum;
    expect(length == expected, dataset, "has a chunk of %d bytes, not %d", length, expected);
  }

  /** Returns the length of compressed bytes, or one that is larger than {@code most}. */
  private static long inflated(ChunkedDataset dataset, ByteBuffer bytes, int most) {
    Inflater inflater = new Inflater();
    byte[] buffer = new byte[Math.min(most + 1, 8192)];
    try {
      inflater.setInput(bytes);
      while (!inflater.finished() && inflater.getBytesWritten() <= most) {
        expect(inflater.inflate(buffer) > 0, dataset, "has a chunk that is cut off");
      }
      return inflater.getBytesWritten();
    } catch (DataFormatException e) {
      throw new MobileNetException("the compression of %s is broken".formatted(title(dataset)), e);
    } finally {
      inflater.end();
    }
  }

  private static String title(ChunkedDataset dataset) {
    return "dataset " + MobileNetException.abridged(dataset.getPath());
  }

  private static void expect(
      boolean valid, ChunkedDataset dataset, String otherwise, Object... arguments) {
    if (!valid) {
      throw new MobileNetException(
          title(dataset) + " " + String.format(Locale.ROOT, otherwise, arguments));
    }
  }
}
