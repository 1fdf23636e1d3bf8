package io.github.mobilenet4j.evaluation;

/**
 * The answers whose confidence lies in {@code (from, to]}.
 *
 * @param images how many there are
 * @param confidence their mean confidence, 0 if there are none
 * @param accuracy the part of them that is correct, 0 if there are none
 */
public record ReliabilityBin(
    double from, double to, int images, double confidence, double accuracy) {}
