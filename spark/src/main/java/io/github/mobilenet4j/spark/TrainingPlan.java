package io.github.mobilenet4j.spark;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/**
 * What the workers of a training are told by the driver.
 *
 * @param workers their number
 * @param classes by label
 * @param images keys of all images, in their order
 * @param weights the model file to begin with; empty for none
 * @param options JSON of the training's options
 * @param validation the part of the images for validation, in [0, 1)
 * @param runFolder URI
 * @param secret that workers know each other by
 * @param hadoop how to reach file systems
 */
@SuppressWarnings("ArrayRecordComponent")
record TrainingPlan(
    int workers,
    List<String> classes,
    Broadcast<ImageKey[]> images,
    Broadcast<byte[]> weights,
    String options,
    double validation,
    String runFolder,
    byte[] secret,
    SerializableConfiguration hadoop)
    implements Serializable {}
