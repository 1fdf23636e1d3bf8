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

  /**
   * @param picture where the picture is
   * @param features receives the pooled features
   * @param logits receives the logits
   */
  LayerByLayer(InferencePlan plan, Pictures picture, Floats features, Floats logits) {
    Kernels kernels = plan.kernels();
    Floats[] scratch = {kernels.allocate(plan.stem().scratch(1))};
    Layer.Standard stem = plan.network().stem();
    Halo at = Halo.of(stem.out());
    Floats x = kernels.allocate(Math.toIntExact(at.size()));
    outputs.add(Output.of(stem, plan.stem().step(picture, scratch, x, at, 1), x, at));
    List<Block> blocks = plan.network().blocks();
    for (int i = 0; i < blocks.size(); i++) {
      SeparableBlock block = plan.blocks().get(i);
      Layer.Depthwise depthwise = blocks.get(i).depthwise();
      Floats d = kernels.allocate(block.depthwiseSize());
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
      Floats y = kernels.allocate(Math.toIntExact(at.size()));
      outputs.add(Output.of(blocks.get(i).pointwise(), block.pointwiseShare(d, y, 1), y, at));
      x = y;
    }
    List<Layer> layers = plan.network().layers();
    Layer pool = layers.get(outputs.size());
    outputs.add(new Output(pool, plan.head().pool(x, at, features), features, 0, 0, 0));
    Step classify = new Step(1, (_, task, _) -> plan.head().classify(1, task, 1, features, logits));
    outputs.add(new Output(plan.network().classifier(), classify, logits, 0, 0, 0));
  }

  void run(Session.Trace trace) {
    for (Output output : outputs) {
      trace.output(output.layer(), output.compute());
    }
  }
}
