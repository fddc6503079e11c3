"""Pipelines are functions: call them with rows, and check the rows they return."""

from datetime import date, datetime, timezone
from decimal import Decimal

from contracts.silver import Orders
from pipelines.daily_sales import daily_sales

from alur.testing import rows


def order(order_id: str, customer_id: int, amount: str) -> Orders:
    placed = datetime(2024, 1, 5, 12, tzinfo=timezone.utc)
    return Orders(
        order_id=order_id,
        customer_id=customer_id,
        created_at=placed,
        quantity=1,
        amount=Decimal(amount),
    )


def test_a_customer_counts_once_a_day(spark):
    orders = rows(spark, [order("A1", 7, "10.00"), order("A2", 7, "2.50"), order("A3", 8, "1.00")])

    (day,) = daily_sales(orders).collect()

    assert day.report_date == date(2024, 1, 5)
    assert (day.total_orders, day.unique_customers) == (3, 2)
    assert day.total_revenue == Decimal("13.50")
