from contracts.gold import CohortRevenue
from contracts.silver import CustomersSilver, OrdersSilver
from pyspark.sql import functions as F

from alur.decorators import pipeline
from alur.scheduling import schedule


@schedule(
    cron="cron(0 0 1 * ? *)",
    description="Monthly cohort report",
    enabled=False,
    scope="upstream",
)
@pipeline(
    sources={"orders": OrdersSilver, "customers": CustomersSilver},
    target=CohortRevenue,
    resource_profile="medium",
)
def monthly_cohorts(orders, customers):
    """Can still be run by hand: alur run monthly_cohorts --env local"""
    placed = orders.join(customers, "customer_id").withColumn(
        "months_since",
        (F.year("created_at") - F.year("cohort_month")) * 12
        + (F.month("created_at") - F.month("cohort_month")),
    )
    return placed.groupBy("cohort_month", "months_since").agg(
        F.countDistinct("customer_id").alias("active_customers"),
        F.count("order_id").alias("total_orders"),
        F.sum("amount").alias("total_revenue"),
    )
