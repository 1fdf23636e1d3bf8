package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.inference.Session;

/** This project. */
final class MobileNet4jEngine implements Engine {
  private final Session session;
  private final Job job;
  private final float[] logits;

  MobileNet4jEngine(Job job) {
    this.job = job;
    InferencePlan plan =
        InferencePlan.compile(job.network(), job.model().weights(), job.precision());
    session = new Session(plan, job.batch(), job.threads());
    logits = new float[job.batch() * job.network().classes()];
  }

  @Override
  public void run() {
    session.run(job.x(), job.batch(), logits);
  }

  @Override
  public float[] logits() {
    return logits.clone();
  }

  @Override
  public void close() {
    session.close();
  }
}
