from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from alur import SilverTable, months


class OrdersSilver(
    SilverTable, key="order_id", partition_by=months("created_at"), owners=["team:sales"]
):
    """One row per order that was paid for, without repeats."""

    order_id: str = Field(pattern=r"^CD\d{6}$", description="The shop's number of the order")
    customer_id: int = Field(ge=1, description="Who bought")
    created_at: datetime = Field(description="When the order was placed (UTC)")
    quantity: int = Field(ge=1, description="Number of CDs")
    amount: Decimal = Field(max_digits=12, decimal_places=2, gt=0, description="Order value in USD")


class CustomersSilver(SilverTable, key="customer_id", owners=["team:sales"]):
    """One row per customer who has ordered."""

    customer_id: int = Field(ge=1, description="Who bought")
    first_order_at: datetime = Field(description="When the first order was placed (UTC)")
    cohort_month: date = Field(description="First day of the month of the first order")
