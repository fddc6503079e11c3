"""Figures by day."""

from contracts.gold import DailySales
from contracts.silver import Orders
from pyspark.sql import functions as F

from alur.decorators import pipeline
from alur.scheduling import schedule


@schedule(cron="cron(0 2 * * ? *)", description="Daily sales", scope="upstream")
@pipeline(sources={"orders": Orders}, target=DailySales, resource_profile="small")
def daily_sales(orders):
    """Every day at 2am UTC, after everything it is made from."""
    daily = orders.withColumn("report_date", F.to_date("created_at"))
    return daily.groupBy("report_date").agg(
        F.count("order_id").alias("total_orders"),
        F.sum("amount").alias("total_revenue"),
        F.countDistinct("customer_id").alias("unique_customers"),
    )
