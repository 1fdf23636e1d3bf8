package io.github.mobilenet4j.data;

/**
 * A picture that could not be read and was left out.
 *
 * @param index its number in the data set
 * @param name what the data set calls it
 * @param reason why, a line for people
 */
public record Unreadable(int index, String name, String reason) {}
