package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Floats;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1.Block;
import io.github.mobilenet4j.network.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The way of one picture with every layer's output in memory, also what a block's depthwise
 * convolution computes, which a {@link Lane} never keeps. The same kernels add the same numbers in
 * the same order: the outputs are those of inference to the last bit.
 */
final class LayerByLayer {
  /**
   * The output of a layer, and the step that computes it.
   *
   * @param first where the first pixel is
   * @param pixel floats from a pixel to its right neighbour
   * @param row floats from a pixel to the one below
   */
  private record Output(Layer layer, Step step, Floats values, int first, int pixel, int row) {
    private static Output of(Layer layer, Step step, Floats values, Halo halo) {
      return new Output(layer, step, values, halo.at(0, 0), halo.pixel(), halo.row());
    }

    private float[] compute() {
      for (int task = 0; task < step.tasks(); task++) {
        step.body().run(0, task, 0);
      }
      Shape shape = layer.out();
      float[] copy = new float[Math.toIntExact(shape.size())];
      for (int h = 0; h < shape.height(); h++) {
        for (int w = 0; w < shape.width(); w++) {
          int to = (h * shape.width() + w) * shape.channels();
          values.get(first + h * row + w * pixel, copy, to, shape.channels());
        }
      }
      return copy;
    }
  }

  private final List<Output> outputs = new ArrayList<>();
  private final InputImages image = new InputImages();
  private int done;

  /**
   * @param kernels on memory that is there until the last layer is done
   */
  LayerByLayer(InferencePlan plan, Kernels kernels) {
    Floats[] scratch = {kernels.allocate(plan.stem().scratch(1))};
    Lane.Buffers buffers = new Lane.Buffers(kernels);
    Layer.Standard stem = plan.network().stem();
    Halo at = Halo.of(stem.out());
    Floats x = buffers.other(at, null);
    outputs.add(Output.of(stem, plan.stem().step(image, scratch, x, at, 1), x, at));
    List<Block> blocks = plan.network().blocks();
    Floats d =
        kernels.allocate(
            plan.blocks().stream().mapToInt(SeparableBlock::depthwiseSize).max().orElseThrow());
    for (int i = 0; i < blocks.size(); i++) {
      SeparableBlock block = plan.blocks().get(i);
      Layer.Depthwise depthwise = blocks.get(i).depthwise();
      int pixel = block.depthwisePixel();
      outputs.add(
          new Output(
              depthwise,
              block.depthwiseShare(x, d, 1),
              d,
              0,
              pixel,
              depthwise.out().width() * pixel));
      at = block.out();
      Floats y = buffers.other(at, x);
      outputs.add(Output.of(blocks.get(i).pointwise(), block.pointwiseShare(d, y, 1), y, at));
      x = y;
    }
    Head head = plan.head();
    Floats features = kernels.allocate(head.featuresStride());
    Floats logits = kernels.allocate(head.logitsStride());
    Layer pool = plan.network().layers().get(outputs.size());
    outputs.add(new Output(pool, head.pool(x, at, features), features, 0, 0, 0));
    Step classify =
        new Step(head.tasks(1), (_, task, _) -> head.classify(1, task, 1, features, logits));
    outputs.add(new Output(plan.network().classifier(), classify, logits, 0, 0, 0));
  }

  /** Returns whether there is a layer that has not been computed. */
  boolean hasNext() {
    return done < outputs.size();
  }

  /** Returns the layer that was computed last. */
  Layer layer() {
    return outputs.get(done - 1).layer();
  }

  /**
   * Computes the next layer and returns a copy of its output.
   *
   * @param x the image, the same for all layers
   */
  float[] next(float[] x) {
    image.set(x);
    return outputs.get(done++).compute();
  }
}
