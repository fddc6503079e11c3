"""Tables of cleaned rows."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from alur import SilverTable


class Orders(SilverTable, key="order_id"):
    """One row per order, without cancelled ones."""

    order_id: str
    customer_id: int
    created_at: datetime = Field(description="When the order was placed (UTC)")
    quantity: int = Field(ge=1)
    amount: Decimal = Field(max_digits=12, decimal_places=2, ge=0, description="Order value in USD")
