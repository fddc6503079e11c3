"""Tables of rows as they arrived."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from alur import BronzeTable


class OrdersBronze(BronzeTable, name="orders_bronze"):
    """Orders as the shop delivers them."""

    order_id: str
    customer_id: int
    created_at: datetime = Field(description="When the order was placed (UTC)")
    quantity: int
    amount: Decimal = Field(max_digits=12, decimal_places=2, description="Order value in USD")
