package io.github.mobilenet4j.model;

import io.github.mobilenet4j.weights.BundledModel;
import java.io.InputStream;

/** 202 everyday things on photographs; {@code docs/bundled-model.md} tells all about it. */
public final class PhotographModel implements BundledModel {
  private static final String FILE = "photographs.safetensors";

  /** For {@link java.util.ServiceLoader}. */
  public PhotographModel() {}

  @Override
  public String name() {
    return FILE;
  }

  @Override
  public InputStream open() {
    return PhotographModel.class.getResourceAsStream(FILE);
  }
}
