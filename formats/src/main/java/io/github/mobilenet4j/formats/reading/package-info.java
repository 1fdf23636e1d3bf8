/**
 * What reading a file is for every family: the formats themselves, the layers in their order,
 * limits, and fields.
 */
package io.github.mobilenet4j.formats.reading;
