from alur.decorators import pipeline
from alur.scheduling import schedule
from contracts.silver import OrdersSilver
from contracts.gold import DailySalesMetrics
from pyspark.sql import functions as F


@schedule(cron="cron(0 2 * * ? *)", description="Daily sales rollup")
@pipeline(sources={"orders": OrdersSilver}, target=DailySalesMetrics, resource_profile="medium")
def daily_sales_rollup(orders):
    """Runs automatically every day at 2am UTC."""
    daily = orders.withColumn("report_date", F.to_date("created_at"))
    return daily.groupBy("report_date").agg(
        F.count("order_id").alias("total_orders"),
        F.sum("amount").alias("total_revenue"),
        F.countDistinct("customer_id").alias("unique_customers"))
