package io.github.mobilenet4j.inference;

/**
 * One class that a picture may belong to.
 *
 * @param index the class, 0-based
 * @param label its name
 * @param probability in [0, 1]
 */
public record Prediction(int index, String label, float probability) {}
