from contracts.bronze import OrdersBronze
from contracts.silver import CustomersSilver, OrdersSilver
from pyspark.sql import Window
from pyspark.sql import functions as F

from alur.decorators import pipeline
from alur.scheduling import schedule


@schedule(cron="cron(0/15 * * * ? *)", description="Keep silver fresh")
@pipeline(sources={"orders": OrdersBronze}, target=OrdersSilver)
def clean_orders(orders):
    """Drops free orders, and orders that repeat an earlier one under another number."""
    repeats = Window.partitionBy("customer_id", "created_at", "quantity", "amount")
    return (
        orders.filter(F.col("amount") != 0)
        .withColumn("occurrence", F.row_number().over(repeats.orderBy("order_id")))
        .filter("occurrence = 1")
        .select("order_id", "customer_id", "created_at", "quantity", "amount")
    )


@pipeline(sources={"orders": OrdersSilver}, target=CustomersSilver)
def find_customers(orders):
    """When each customer first ordered."""
    first = orders.groupBy("customer_id").agg(F.min("created_at").alias("first_order_at"))
    return first.withColumn("cohort_month", F.to_date(F.date_trunc("month", "first_order_at")))
