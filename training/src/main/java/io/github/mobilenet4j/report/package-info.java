/**
 * What a training or an evaluation has brought, as one HTML page that needs no other file and no
 * network: {@link io.github.mobilenet4j.report.Report}. Charts are SVG, pictures are in the page,
 * and there is no script.
 */
@NullMarked
package io.github.mobilenet4j.report;

import org.jspecify.annotations.NullMarked;
