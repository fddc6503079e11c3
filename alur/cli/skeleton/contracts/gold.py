"""Tables of figures for people."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from alur import GoldTable


class DailySales(GoldTable, name="daily_sales", key="report_date"):
    """Sales by day."""

    report_date: date
    total_orders: int = Field(ge=1)
    total_revenue: Decimal = Field(max_digits=14, decimal_places=2, ge=0)
    unique_customers: int = Field(ge=1)
