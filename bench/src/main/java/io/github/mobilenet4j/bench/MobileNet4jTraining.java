package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.training.Optimization;
import io.github.mobilenet4j.training.Optimizer;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.training.WeightDecay;
import io.github.mobilenet4j.weights.Weights;

/** This project. */
final class MobileNet4jTraining implements TrainingEngine {
  private final TrainingGraph graph;
  private final Optimization optimization;
  private final float[] x;
  private final int batch;
  private final double learningRate;
  private final float[] targets;
  private final float[] logits;

  MobileNet4jTraining(Job job) {
    // Not the first weights: the graph has copied them.
    Engine.Job input = job.input();
    x = input.x();
    batch = input.batch();
    learningRate = job.learningRate();
    int classes = input.network().classes();
    graph =
        new TrainingGraph(
            input.network(),
            input.weights(),
            input.batch(),
            input.threads(),
            0,
            BATCH_NORM_MOMENTUM);
    optimization =
        new Optimization(
            new Optimizer.Sgd(MOMENTUM, false), new WeightDecay(0, WeightDecay.Scope.ALL), graph);
    targets = new float[input.batch() * classes];
    for (int n = 0; n < input.batch(); n++) {
      targets[n * classes + job.labels()[n]] = 1;
    }
    logits = new float[targets.length];
  }

  @Override
  public float step() {
    float loss = graph.step(x, targets, batch, 0, logits);
    optimization.step(learningRate, learningRate, Double.POSITIVE_INFINITY);
    return loss;
  }

  @Override
  public Weights weights() {
    return graph.weights();
  }

  @Override
  public void close() {
    graph.close();
  }
}
