from datetime import date
from decimal import Decimal

from pydantic import Field

from alur import GoldTable


class DailySalesMetrics(GoldTable, key="report_date", owners=["team:analytics"]):
    """Sales by day."""

    report_date: date = Field(description="The day (UTC)")
    total_orders: int = Field(ge=1, description="Number of orders")
    total_revenue: Decimal = Field(
        max_digits=14, decimal_places=2, ge=0, description="Sum of order values in USD"
    )
    unique_customers: int = Field(ge=1, description="Number of different customers")


class CohortRevenue(GoldTable, key=("cohort_month", "months_since"), owners=["team:analytics"]):
    """What each month's new customers spend, month after month."""

    cohort_month: date = Field(description="Month of the customers' first order")
    months_since: int = Field(ge=0, description="Months between the first order and these")
    active_customers: int = Field(ge=1, description="Customers of the cohort who ordered")
    total_orders: int = Field(ge=1, description="Their orders")
    total_revenue: Decimal = Field(
        max_digits=14, decimal_places=2, ge=0, description="Sum of order values in USD"
    )
