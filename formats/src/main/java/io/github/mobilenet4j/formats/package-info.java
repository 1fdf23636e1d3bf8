/**
 * Other people's formats: {@link io.github.mobilenet4j.formats.Models} reads them, found by a
 * file's content, and an {@link io.github.mobilenet4j.formats.Export} a format writes them. How it
 * is done is in a package for each family.
 */
@NullMarked
package io.github.mobilenet4j.formats;

import org.jspecify.annotations.NullMarked;
