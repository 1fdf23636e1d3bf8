package io.github.mobilenet4j.evaluation;

/**
 * Pictures of one class that are taken for another.
 *
 * @param truth the class they belong to
 * @param predicted the class they are taken for
 * @param images how many
 */
public record Confusion(int truth, int predicted, int images) {}
