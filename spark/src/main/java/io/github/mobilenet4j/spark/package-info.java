/** Stages of Spark ML that classify images and train MobileNet V1 on a cluster. */
package io.github.mobilenet4j.spark;
