/**
 * Pages to try a model, to teach it and to understand it, and what stands behind them: projects,
 * which are plain folders of images, the features of these, a classifier that learns of them at
 * once, and trainings. Begin with {@link io.github.mobilenet4j.server.studio.Studio}.
 */
@NullMarked
package io.github.mobilenet4j.server.studio;

import org.jspecify.annotations.NullMarked;
