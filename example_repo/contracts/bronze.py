from datetime import datetime
from decimal import Decimal

from pydantic import Field

from alur import BronzeTable


class OrdersBronze(BronzeTable, owners=["team:sales"]):
    """Orders as the shop delivers them, one CSV file a month."""

    order_id: str = Field(description="The shop's number of the order")
    customer_id: int = Field(description="Who bought")
    created_at: datetime = Field(description="When the order was placed (UTC)")
    quantity: int = Field(description="Number of CDs")
    amount: Decimal = Field(max_digits=12, decimal_places=2, description="Order value in USD")
