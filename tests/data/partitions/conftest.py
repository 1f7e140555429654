"""Scripts that tests run in processes of their own are no tests; without Java there is no Spark to test."""

from spark_rows import has_java

collect_ignore = ["spark_connect.py", "spark_kill.py"] + ([] if has_java() else ["test_spark.py"])
