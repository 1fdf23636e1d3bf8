package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import java.util.Arrays;

/**
 * Brings preprocessed images from the size, the channels and the scale of numbers of one network to
 * those of another. Sizes: the triangle filter, widened when shrinking, as Pillow's BILINEAR on
 * images of single precision ({@code mode F}), columns first. Grey is ITU-R BT.601's luma.
 */
final class TeacherInput {
  /** Luma of red, green and blue. */
  private static final double[] GREY = {0.299, 0.587, 0.114};

  private final Side rows;
  private final Side columns;
  private final int channels;
  private final int ownChannels;

  /** From a number of the student's to one of the teacher's: {@code factor · v + addend}. */
  private final float[] factor;

  private final float[] addend;

  /** What a grey pixel is of the student's red, green and blue; empty where none is made grey. */
  private final float[] grey;

  private final boolean changes;
  private final float[] narrowed;
  private final float[] result;

  /**
   * The weighted sums of a side: output {@code o} is {@code Σ weights[o][i] · input[first[o] + i]}.
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Side(int length, int size, int[] first, float[][] weights) {
    static Side of(int length, int size) {
      double scale = (double) length / size;
      double stretch = Math.max(scale, 1);
      int[] first = new int[size];
      float[][] weights = new float[size][];
      for (int o = 0; o < size; o++) {
        double centre = (o + 0.5) * scale;
        int begin = (int) Math.max(centre - stretch + 0.5, 0);
        int end = (int) Math.min(centre + stretch + 0.5, length);
        double[] row = new double[end - begin];
        for (int i = 0; i < row.length; i++) {
          row[i] = Math.max(1 - Math.abs((begin + i - centre + 0.5) / stretch), 0);
        }
        double sum = Arrays.stream(row).sum();
        first[o] = begin;
        weights[o] = new float[row.length];
        for (int i = 0; i < row.length; i++) {
          weights[o][i] = (float) (row[i] / sum);
        }
      }
      return new Side(length, size, first, weights);
    }
  }

  private TeacherInput(
      MobileNetV1 from, MobileNetV1 to, Preprocessing own, Preprocessing wanted, int batch) {
    rows = Side.of(from.height(), to.height());
    columns = Side.of(from.width(), to.width());
    channels = to.channels();
    ownChannels = from.channels();
    factor = new float[channels];
    addend = new float[channels];
    grey = new float[ownChannels > channels ? ownChannels : 0];
    boolean same = channels == ownChannels;
    for (int c = 0; c < channels; c++) {
      double std = grey.length > 0 ? 1 : own.std().get(c % ownChannels);
      double mean = grey.length > 0 ? 0 : own.mean().get(c % ownChannels);
      for (int i = 0; i < grey.length; i++) {
        grey[i] = (float) (GREY[i] * own.std().get(i));
        mean += GREY[i] * own.mean().get(i);
      }
      factor[c] = (float) (std / wanted.std().get(c));
      addend[c] = (float) ((mean - wanted.mean().get(c)) / wanted.std().get(c));
      same &= factor[c] == 1 && addend[c] == 0;
    }
    changes = !same || !from.input().equals(to.input());
    narrowed = new float[changes ? from.height() * to.width() * channels : 0];
    result = new float[changes ? Math.toIntExact(batch * to.input().size()) : 0];
  }

  /**
   * @param student whose images come
   * @param teacher who wants them
   * @param batch the most images of a call
   */
  static TeacherInput of(Model student, Model teacher, int batch) {
    return new TeacherInput(
        student.network(),
        teacher.network(),
        student.preprocessing(),
        teacher.preprocessing(),
        batch);
  }

  /**
   * Returns {@code [n, H, W, C]} of the teacher; x itself where nothing changes, else an array that
   * the next call writes again.
   */
  float[] of(float[] x, int n) {
    if (!changes) {
      return x;
    }
    int size = rows.length * columns.length * ownChannels;
    for (int image = 0; image < n; image++) {
      narrow(x, image * size);
      widen(image * rows.size * columns.size * channels);
    }
    return result;
  }

  /** Brings an image's columns to their number, and its pixels to the teacher's channels. */
  private void narrow(float[] x, int offset) {
    int to = 0;
    for (int y = 0; y < rows.length; y++) {
      int row = offset + y * columns.length * ownChannels;
      for (int o = 0; o < columns.size; o++) {
        float[] weights = columns.weights[o];
        for (int c = 0; c < channels; c++) {
          float sum = 0;
          for (int i = 0; i < weights.length; i++) {
            sum += weights[i] * channel(x, row + (columns.first[o] + i) * ownChannels, c);
          }
          narrowed[to++] = sum;
        }
      }
    }
  }

  private float channel(float[] x, int pixel, int c) {
    return grey.length > 0
        ? grey[0] * x[pixel] + grey[1] * x[pixel + 1] + grey[2] * x[pixel + 2]
        : x[pixel + c % ownChannels];
  }

  /** Brings an image's rows to their number, and its values to the teacher's scale. */
  private void widen(int offset) {
    int row = columns.size * channels;
    for (int o = 0; o < rows.size; o++) {
      int to = offset + o * row;
      Arrays.fill(result, to, to + row, 0);
      float[] weights = rows.weights[o];
      for (int i = 0; i < weights.length; i++) {
        int from = (rows.first[o] + i) * row;
        for (int k = 0; k < row; k++) {
          result[to + k] += weights[i] * narrowed[from + k];
        }
      }
      for (int k = 0; k < row; k++) {
        int c = k % channels;
        result[to + k] = factor[c] * result[to + k] + addend[c];
      }
    }
  }
}
