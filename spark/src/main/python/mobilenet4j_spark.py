"""MobileNet V1 in pipelines of PySpark: thin wrappers of the Java stages, without Python code on executors.

    spark-submit --jars mobilenet4j-spark_2.13-all.jar --py-files mobilenet4j_spark.py app.py

    from mobilenet4j_spark import MobileNetTransformer
    images = spark.read.format("binaryFile").load("photos")
    MobileNetTransformer(topKCol="top").transform(images).select("path", "predictedLabel").show()

Every parameter of the Java stage is a parameter here, of the same name; explainParams() tells them all.
Values are given by name to the constructor or to setParams, or by setters such as setInputCol. A pipeline with
these stages is saved from Python, and loaded by Java or Scala; in Python each stage is loaded by itself.
"""

from pyspark import SparkContext
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.util import JavaMLWritable
from pyspark.ml.wrapper import JavaEstimator, JavaModel, JavaParams, JavaTransformer

__all__ = ["MobileNetTransformer", "MobileNetClassifier", "MobileNetModel"]

_PACKAGE = "io.github.mobilenet4j.spark."

_COLUMNS = [
    "inputCol",
    "predictionCol",
    "probabilityCol",
    "rawPredictionCol",
    "featuresCol",
    "predictedLabelCol",
    "topKCol",
    "unknownCol",
    "errorCol",
]
_IMAGE = {name: TypeConverters.toString for name in [*_COLUMNS, "handleInvalid", "precision"]}
_IMAGE.update(topK=TypeConverters.toInt, batchSize=TypeConverters.toInt)

_TRANSFORMER = {**_IMAGE, "modelFile": TypeConverters.toString}

_CLASSIFIER = {
    **_IMAGE,
    "labelCol": TypeConverters.toString,
    "numWorkers": TypeConverters.toInt,
    "shards": TypeConverters.toInt,
    "shardSize": TypeConverters.toInt,
    "epochs": TypeConverters.toInt,
    "trainingOptions": TypeConverters.toString,
    "validationFraction": TypeConverters.toFloat,
    "modelFile": TypeConverters.toString,
    "runFolder": TypeConverters.toString,
    "resume": TypeConverters.toBoolean,
}


def _with_params(params):
    """Gives a class a Param, a getter and a setter for each name."""

    def accessors(name):
        def get(self):
            return self.getOrDefault(getattr(self, name))

        def set_(self, value):
            return self._set(**{name: value})

        return get, set_

    def decorate(cls):
        for name, converter in params.items():
            setattr(cls, name, Param(Params._dummy(), name, "see the Java stage", converter))
            getter, setter = accessors(name)
            setattr(cls, "get" + name[0].upper() + name[1:], getter)
            setattr(cls, "set" + name[0].upper() + name[1:], setter)
        return cls

    return decorate


class _Stage(JavaParams):
    """A stage that a Java class of the same name implements, with that one's defaults."""

    def _begin(self, java_obj, values):
        self._java_obj = java_obj
        self._resetUid(java_obj.uid())
        for param in self.params:
            java_param = java_obj.getParam(param.name)
            param.doc = java_param.doc()
            if java_obj.hasDefault(java_param):
                self._setDefault(**{param.name: java_obj.getDefault(java_param).get()})
        self._transfer_params_from_java()
        self.setParams(**values)

    def setParams(self, **values):
        """Sets parameters by name."""
        return self._set(**values)

    @classmethod
    def load(cls, path):
        """Loads a stage that was saved by Python, Java or Scala."""
        java_class = SparkContext._jvm
        for name in (_PACKAGE + cls.__name__).split("."):
            java_class = getattr(java_class, name)
        return cls(_java_obj=java_class.load(path))


class _Made(_Stage):
    """A stage that Python code makes."""

    def __init__(self, _java_obj=None, **values):
        super().__init__()
        self._begin(_java_obj or self._new_java_obj(_PACKAGE + type(self).__name__), values)


@_with_params(_TRANSFORMER)
class MobileNetTransformer(_Made, JavaTransformer, JavaMLWritable):
    """Classifies a column of images by a given model."""


@_with_params(_CLASSIFIER)
class MobileNetClassifier(_Made, JavaEstimator, JavaMLWritable):
    """Trains a classifier of images on a cluster."""

    def _create_model(self, java_model):
        return MobileNetModel(java_model)


@_with_params(_IMAGE)
class MobileNetModel(_Stage, JavaModel, JavaMLWritable):
    """What MobileNetClassifier trains."""

    def __init__(self, _java_obj):
        super().__init__(_java_obj)
        self._begin(_java_obj, {})
